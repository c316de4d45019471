// Records made before a clock starts: licences of the generator, encoded, in one file of `u32 length | entry`,
// synced and so in the page cache. Every one has its own document number, subject and natural key.
#pragma once

#include <filesystem>
#include <fstream>
#include <vector>

#include "protocol/entry.h"

namespace xinwang::bench {

struct EntryFile {
    std::filesystem::path path;
    std::uint64_t records = 0;
    double record_bytes = 0;  // mean, as encoded
};
EntryFile write_entries(const std::filesystem::path& path, std::uint64_t records);
// The same records as lines of CSV for systems that speak SQL: record key as \x and hexadecimal, subject,
// catalogue, date as yyyymmdd, and the fields as one cell, itself a line of CSV. Returns their mean with the
// line's end.
EntryFile write_csv(const std::filesystem::path& path, std::uint64_t records);

class EntryReader {
  public:
    explicit EntryReader(const std::filesystem::path& path) : file_(path, std::ios::binary) {}
    // Up to `max` more; fewer only at the end.
    std::vector<Bytes> next(std::size_t max);

  private:
    std::ifstream file_;
};

}  // namespace xinwang::bench
