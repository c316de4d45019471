// Small files that must survive a power cut: keys, configuration, and what users hand in (the spool).
//
// A name appears only with its whole content behind it: written beside its place, synced, renamed, and the
// directory synced. Blocking; any thread. Errors: what an operator can mend is a refusal (missing, too large,
// not permitted, disk full, not a file); every other failure of the machine, a failed sync above all, is a
// std::system_error, and a sync that failed is never tried again (RELIABILITY.md section 2).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "protocol/base/bytes.h"
#include "protocol/base/refusal.h"

namespace xinwang {

using Path = std::filesystem::path;

enum class FileMode : std::uint16_t { secret = 0600, shared = 0640, open = 0644 };

// Refuses a missing, unreadable or irregular file, and one of more than `bytes_max` bytes.
Result<Bytes> read_file(const Path& path, std::size_t bytes_max);
// Replaces `path` as a whole and durably, or leaves it as it was.
Result<void> write_file_atomic(const Path& path, View content, FileMode mode);
// Makes `path` with its parents, rwx for the owner alone when it is new. An existing directory is fine.
Result<void> make_dir(const Path& path);
// Durable; true when there was such a file.
Result<bool> remove_file(const Path& path);

// A file under way into the spool. Unpublished it vanishes with the object, or at the next start with
// Spool::open.
class SpoolEntry {
  public:
    SpoolEntry(SpoolEntry&& other) noexcept;
    SpoolEntry& operator=(SpoolEntry&&) = delete;
    ~SpoolEntry();

    // Refuses disk_full; the entry is then only good for destruction.
    Result<void> append(View bytes);
    // Syncs and gives it its name: after this it survives a power cut. Requires that it was not published yet.
    // An entry of that name is replaced. Returns its path.
    Result<Path> publish(const std::string& name);
    std::uint64_t bytes() const { return bytes_; }

  private:
    friend class Spool;
    SpoolEntry(Path partial, int fd) : partial_(std::move(partial)), fd_(fd) {}
    Path partial_;
    int fd_ = -1;
    std::uint64_t bytes_ = 0;
};

// A directory of files handed in, each whole and durable. Names are the caller's, plain (no '/', no leading
// dot).
class Spool {
  public:
    // Makes the directory and removes what was under way when the last process ended.
    static Result<Spool> open(const Path& directory);
    Result<SpoolEntry> begin() const;
    Path path_of(const std::string& name) const;
    // Names of all published entries, sorted.
    Result<std::vector<std::string>> names() const;
    Result<bool> remove(const std::string& name) const { return remove_file(path_of(name)); }

  private:
    explicit Spool(Path directory) : directory_(std::move(directory)) {}
    Path directory_;
};

}  // namespace xinwang
