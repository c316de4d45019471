// Records made before a clock starts: licences from the generator, encoded, in one file of `u32 length |
// entry`, synced and so in the page cache. Every record has its own document number, subject and natural key.
#pragma once

#include <filesystem>
#include <fstream>
#include <vector>

#include "protocol/entry_block.h"

namespace xinwang::bench {

// Syncs the file to the disk before a clock starts: the kernel would otherwise write it during the run.
void sync_file(const std::filesystem::path& path);

struct EntryFile {
    std::filesystem::path path;
    std::uint64_t records = 0;
    double record_bytes = 0;  // mean, as encoded
};
EntryFile write_entries(const std::filesystem::path& path, std::uint64_t records);
// Writes the same records as lines of CSV for systems that speak SQL: record key as \x and hexadecimal,
// subject, catalogue, date as yyyymmdd, and the fields as one cell, itself a line of CSV. Returns the mean
// size with the line's end.
EntryFile write_csv(const std::filesystem::path& path, std::uint64_t records);

// Reads the records back, 128 KiB at a time: so much stays in the processor's cache.
class EntryReader {
  public:
    explicit EntryReader(const std::filesystem::path& path)
        : file_(path, std::ios::binary), read_(128u << 10) {}
    // The next records, up to `max`; fewer only at the end.
    EntryBlock next(std::size_t max);

  private:
    bool refill();

    std::ifstream file_;
    Bytes read_;
    View rest_;  // part of read_ not yet given
};

}  // namespace xinwang::bench
