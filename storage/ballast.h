// The ballast: disk space held in reserve, given up when the disk is full (node/DESIGN.md, D9).
// Any thread. Failing to take it is no error: the disk is then as full as has_room() says.
#pragma once

#include <cstdint>
#include <filesystem>

namespace xinwang {

class Ballast {
  public:
    // `bytes` 0: no ballast.
    Ballast(std::filesystem::path file, std::uint64_t bytes);
    // Takes the space when it is not held and twice as much is free.
    void take() const;
    void release() const;
    // Free bytes on the store's file system, less the ballast when that is still to be taken.
    std::uint64_t free_bytes() const;
    std::uint64_t disk_free_bytes() const;

  private:
    // By its blocks, not its length: a crash while it is taken, or a copy, leaves a file that reserves nothing.
    bool held() const;

    const std::filesystem::path file_;
    const std::uint64_t bytes_;
};

}  // namespace xinwang
