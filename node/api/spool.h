// A file on its way in: the body of an upload, written piece by piece below the node's spool directory.
//
//   open ── write* ──> finish (synced) ── keep(to) ──> durable under its own name
//      └───────────────────┴── destroyed ──> gone
//
// Owned by one thread. Refuses spool_failed for every failure of the machine (no space, no permission, no
// descriptor, a failed sync): the spooled file is then gone, and the sender still has the original.
#pragma once

#include <filesystem>
#include <functional>

#include "protocol/base/bytes.h"
#include "protocol/base/refusal.h"

namespace xinwang {

class FileSpool {
  public:
    // Takes every byte as it comes, for a hash that need not read the file again. May be empty.
    using Watch = std::function<void(View)>;

    static Result<std::unique_ptr<FileSpool>> open(const std::filesystem::path& directory, Watch watch = {});
    ~FileSpool();
    FileSpool(const FileSpool&) = delete;
    FileSpool& operator=(const FileSpool&) = delete;

    Result<void> write(View bytes);
    // Ends the writing: all bytes are on the disk on return, and no more may be written.
    Result<void> finish();
    // Moves the file to `to` in the same file system, durably. Requires finish(). Replaces what is there.
    Result<void> keep(const std::filesystem::path& to);

    const std::filesystem::path& path() const { return path_; }
    std::uint64_t bytes() const { return bytes_; }

  private:
    FileSpool(std::filesystem::path path, int fd, Watch watch);

    std::filesystem::path path_;
    int fd_;
    Watch watch_;
    std::uint64_t bytes_ = 0;
    bool kept_ = false;
};

// Removes the files that uploads of an earlier life left behind. Call before the server opens.
void clear_spool(const std::filesystem::path& directory);

}  // namespace xinwang
