#include "node/links/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace xinwang {
namespace {

void sync_or_throw(int fd, const std::string& what) {
    // A failed sync may have dropped the pages: trying again would report success for bytes that are gone.
    if (fsync(fd) != 0) throw std::system_error(errno, std::generic_category(), "fsync " + what);
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Descriptor::~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

tl::unexpected<Refusal> Folder::refused(std::string_view name, int error) const {
    const std::string where = name.empty() ? path_ : path_ + "/" + std::string(name);
    if (error == ENOSPC || error == EDQUOT) return refuse(Code::folder_full, where);
    return refuse(Code::folder_unusable, where, std::generic_category().message(error));
}

Result<Folder> Folder::open(const std::string& path, Making making) {
    if (making == Making::may_make) ::mkdir(path.c_str(), 0700);  // open() below tells what went wrong
    Folder folder(Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), path);
    if (!folder.fd_) return folder.refused("", errno);
    return folder;
}

Result<Folder> Folder::inner(const std::string& name, Making making) const {
    if (making == Making::may_make && ::mkdirat(fd_.get(), name.c_str(), 0700) == 0) sync();
    Folder folder(
        Descriptor(::openat(fd_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)),
        path_ + "/" + name);
    if (!folder.fd_) return folder.refused("", errno);
    return folder;
}

bool Folder::is_plain_name(std::string_view name) {
    return !name.empty() && name.size() <= 255 && name.front() != '.' && name.find('/') == name.npos &&
           name.find('\0') == name.npos;
}

Result<std::vector<std::string>> Folder::names() const {
    const int fd = ::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);  // a position of its own
    if (fd < 0) return refused("", errno);
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(fd), ::closedir);
    if (!directory) return refused("", errno);
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(directory.get())) names.emplace_back(entry->d_name);
    std::sort(names.begin(), names.end());
    return names;
}

Result<Descriptor> Folder::open_file(const std::string& name) const {
    Descriptor file(
        ::openat(fd_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (file || errno == ENOENT) return file;
    if (errno == ELOOP) return refuse(Code::unsafe_inbox_file, name, "", "no symbolic link");
    return refused(name, errno);
}

Result<void> Folder::write_part(const std::string& name, View bytes) const {
    const std::string part = name + ".part";
    remove(part);
    const Descriptor file(
        ::openat(fd_.get(), part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640));
    if (!file) return refused(part, errno);
    while (!bytes.empty()) {
        const ssize_t wrote = ::write(file.get(), bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) {
            const int error = errno;
            remove(part);
            return refused(part, error);
        }
        bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    }
    sync_or_throw(file.get(), part);
    return {};
}

Result<bool> Folder::publish_part(const std::string& name) const {
    return move(name + ".part", *this, name);
}

Result<bool> Folder::move(const std::string& name, const Folder& to, const std::string& to_name) const {
    if (::renameat2(fd_.get(), name.c_str(), to.fd_.get(), to_name.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno == EEXIST) return false;
    if (errno != EINVAL && errno != ENOSYS) return refused(name, errno);
    // Some network file systems cannot refuse to replace; we are the only one who uses these names.
    if (::faccessat(to.fd_.get(), to_name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) return false;
    if (::renameat(fd_.get(), name.c_str(), to.fd_.get(), to_name.c_str()) != 0) return refused(name, errno);
    return true;
}

void Folder::remove(const std::string& name) const {
    ::unlinkat(fd_.get(), name.c_str(), 0);
}

void Folder::sync() const {
    sync_or_throw(fd_.get(), path_);
}

Result<Bytes> read_whole(const Descriptor& file, std::string_view name, std::size_t bytes_max) {
    if (::lseek(file.get(), 0, SEEK_SET) != 0) return refuse(Code::folder_unusable, name, "cannot seek");
    Bytes bytes;
    for (;;) {
        const std::size_t have = bytes.size();
        bytes.resize(have + std::min<std::size_t>(64u << 10, bytes_max + 1 - have));
        const ssize_t got = ::read(file.get(), bytes.data() + have, bytes.size() - have);
        if (got < 0 && errno != EINTR)
            return refuse(Code::folder_unusable, name, std::generic_category().message(errno));
        bytes.resize(have + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (bytes.size() > bytes_max)
            return refuse(Code::too_large, name, std::to_string(bytes.size()), std::to_string(bytes_max));
        if (got == 0) return bytes;
    }
}

struct stat status_of(const Descriptor& file) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) throw std::system_error(errno, std::generic_category(), "fstat");
    return status;
}

}  // namespace xinwang
