#include "storage/ballast.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace xinwang {

Ballast::Ballast(std::filesystem::path file, std::uint64_t bytes) : file_(std::move(file)), bytes_(bytes) {}

bool Ballast::held() const {
    constexpr std::uint64_t block_bytes = 512;  // of st_blocks, whatever the file system's own are
    struct stat file {};
    return ::stat(file_.c_str(), &file) == 0 &&
           static_cast<std::uint64_t>(file.st_blocks) * block_bytes >= bytes_;
}

std::uint64_t Ballast::disk_free_bytes() const {
    struct statvfs disk {};
    if (::statvfs(file_.parent_path().c_str(), &disk) != 0) return 0;
    return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

std::uint64_t Ballast::free_bytes() const {
    const std::uint64_t owed = held() ? 0 : bytes_;
    const std::uint64_t free = disk_free_bytes();
    return free > owed ? free - owed : 0;
}

void Ballast::take() const {
    // A reserve that itself fills the disk would only move the wall.
    if (bytes_ == 0 || held() || disk_free_bytes() < 2 * bytes_) return;
    const int file = ::open(file_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) return;
    const bool taken = ::posix_fallocate(file, 0, static_cast<off_t>(bytes_)) == 0;
    ::close(file);
    if (!taken) release();
}

void Ballast::release() const {
    std::error_code none;
    std::filesystem::remove(file_, none);
}

}  // namespace xinwang
