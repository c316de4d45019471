// The ballast: disk space held in reserve, given up when the disk is full (node/DESIGN.md, D9). Any thread. A
// ballast that cannot be taken is no error: the disk is then as full as has_room() says.
#pragma once

#include <cstdint>
#include <filesystem>

namespace xinwang {

class Ballast {
  public:
    // `bytes` 0: no ballast.
    Ballast(std::filesystem::path file, std::uint64_t bytes);
    // Takes the space when the ballast is not held and twice as much is free.
    void take() const;
    void release() const;
    // The free bytes on the store's file system, less the ballast when the ballast is still to be taken.
    std::uint64_t free_bytes() const;
    std::uint64_t disk_free_bytes() const;

  private:
    // Judges by the file's blocks, not its length: a crash during take(), or a copy, leaves a file that
    // reserves nothing.
    bool held() const;

    const std::filesystem::path file_;
    const std::uint64_t bytes_;
};

}  // namespace xinwang
