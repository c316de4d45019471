#include "storage/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace xinwang {

Result<DirectoryLock> DirectoryLock::take(const std::filesystem::path& directory) {
    const int file = ::open((directory / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0) return refuse(Code::store_unusable, "store", directory.string(), std::strerror(errno));
    DirectoryLock lock(file);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) return refuse(Code::store_locked, "store", directory.string());
    return lock;
}

DirectoryLock::~DirectoryLock() {
    if (file_ >= 0) ::close(file_);
}

}  // namespace xinwang
