// The ballast: disk space held in reserve, given up when the disk is full (RELIABILITY.md section 2, rule 12).
#pragma once

#include <cstdint>
#include <filesystem>

namespace xinwang {

class Ballast {
  public:
    // `bytes` 0: no ballast.
    Ballast(std::filesystem::path file, std::uint64_t bytes);
    // Takes the space if it is not held and enough remains beside it.
    void take();
    void release();
    bool held() const;
    // Free bytes on the store's file system for this user.
    std::uint64_t free_bytes() const;

  private:
    std::filesystem::path file_;
    std::uint64_t bytes_;
};

}  // namespace xinwang
