#include "storage/ballast.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace xinwang {

Ballast::Ballast(std::filesystem::path file, std::uint64_t bytes) : file_(std::move(file)), bytes_(bytes) {}

bool Ballast::held() const {
    std::error_code none;
    return bytes_ > 0 && std::filesystem::exists(file_, none);
}

std::uint64_t Ballast::free_bytes() const {
    struct statvfs fs {};
    if (statvfs(file_.parent_path().c_str(), &fs) != 0) return 0;
    return static_cast<std::uint64_t>(fs.f_bavail) * fs.f_frsize;
}

void Ballast::take() {
    // Twice its size must be free: a reserve that itself fills the disk would only move the wall.
    if (bytes_ == 0 || held() || free_bytes() < 2 * bytes_) return;
    const int fd = ::open(file_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC | O_EXCL, 0600);
    if (fd < 0) return;
    const bool taken = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes_)) == 0;
    ::close(fd);
    if (!taken) release();
}

void Ballast::release() {
    std::error_code none;
    std::filesystem::remove(file_, none);
}

}  // namespace xinwang
