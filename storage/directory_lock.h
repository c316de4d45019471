// The lock that keeps a second process out of a store's directory: flock on the file `lock` in it. A
// DirectoryLock holds it for its whole life, also when the directory is moved meanwhile.
#pragma once

#include <filesystem>

#include "protocol/base/refusal.h"

namespace xinwang {

class DirectoryLock {
  public:
    // Refuses store_locked when another process holds the lock, store_unusable.
    static Result<DirectoryLock> take(const std::filesystem::path& directory);
    DirectoryLock(DirectoryLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    DirectoryLock& operator=(DirectoryLock&&) = delete;
    ~DirectoryLock();

  private:
    explicit DirectoryLock(int file) : file_(file) {}
    int file_;
};

}  // namespace xinwang
