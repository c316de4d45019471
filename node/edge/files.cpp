#include "node/edge/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "protocol/base/check.h"

namespace xinwang {
namespace {

constexpr std::string_view partial_prefix = ".partial-";

// Nobody knows what a failed sync has left on the disk: only a restart can tell.
[[noreturn]] void fail_sync(const Path& path) {
    throw std::system_error(errno, std::generic_category(), "fsync " + path.string());
}

tl::unexpected<Refusal> refuse_errno(const char* call, const Path& path) {
    switch (errno) {
        case ENOENT:
        case ENOTDIR:
            return refuse(Code::file_missing, path.string());
        case EACCES:
        case EPERM:
        case EROFS:
            return refuse(Code::file_not_permitted, path.string());
        case ENOSPC:
        case EDQUOT:
            return refuse(Code::disk_full, path.string());
        case EISDIR:
        case ELOOP:
        case EEXIST:
            return refuse(Code::not_a_file, path.string());
        default:
            return refuse(Code::machine_refuses, std::string(call) + " " + path.string(),
                          std::generic_category().message(errno));
    }
}

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }

  private:
    int fd_;
};

Path directory_of(const Path& path) {
    return path.has_parent_path() ? path.parent_path() : Path(".");
}

Result<void> write_all(int fd, View bytes, const Path& path) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return refuse_errno("write", path);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return {};
}

// A new file beside the place it is meant for, under a name of its own.
struct Partial {
    Path path;
    int fd;
};
Result<Partial> make_partial(const Path& directory, FileMode mode) {
    std::string pattern = (directory / (std::string(partial_prefix) + "XXXXXX")).string();
    Descriptor fd(::mkostemp(pattern.data(), O_CLOEXEC));
    if (fd.get() < 0) return refuse_errno("mkostemp", directory);
    if (::fchmod(fd.get(), static_cast<mode_t>(mode)) != 0) return refuse_errno("fchmod", pattern);
    return Partial{pattern, fd.release()};
}

// Syncs the content, then the name. A full disk may show itself only here. Closes the file.
Result<void> put_in_place(int fd, const Path& partial, const Path& path) {
    const Descriptor file(fd);
    if (::fsync(file.get()) != 0) {
        // Delayed allocation: the disk may prove full only now. The partial is given up, so no sync is retried.
        if (errno == ENOSPC || errno == EDQUOT) return refuse_errno("fsync", partial);
        fail_sync(partial);
    }
    if (::rename(partial.c_str(), path.c_str()) != 0) return refuse_errno("rename", path);
    return sync_directory(directory_of(path));
}

}  // namespace

Result<void> sync_directory(const Path& directory) {
    const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0) return refuse_errno("open", directory);
    if (::fsync(fd.get()) != 0) fail_sync(directory);
    return {};
}

Result<Bytes> read_file(const Path& path, std::size_t bytes_max) {
    // Not blocking: a pipe or a terminal of that name must not hang the node before it is recognised.
    const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (fd.get() < 0) return refuse_errno("open", path);
    struct stat about {};
    if (::fstat(fd.get(), &about) != 0) return refuse_errno("fstat", path);
    if (!S_ISREG(about.st_mode)) return refuse(Code::not_a_file, path.string());
    const auto too_large = [&](std::uint64_t size) {
        return refuse(Code::too_large, path.string(), std::to_string(size), std::to_string(bytes_max));
    };
    if (static_cast<std::uint64_t>(about.st_size) > bytes_max)
        return too_large(static_cast<std::uint64_t>(about.st_size));
    // One byte more than the file claims to have, so that growth while reading is noticed.
    Bytes content(static_cast<std::size_t>(about.st_size) + 1);
    std::size_t have = 0;
    while (true) {
        const ssize_t n = ::read(fd.get(), content.data() + have, content.size() - have);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return refuse_errno("read", path);
        if (n == 0) break;
        have += static_cast<std::size_t>(n);
        if (have > bytes_max) return too_large(have);
        if (have == content.size()) content.resize(std::min(bytes_max + 1, 2 * have));
    }
    content.resize(have);
    return content;
}

Result<void> write_file_atomic(const Path& path, View content, FileMode mode) {
    XW_TRY(partial, make_partial(directory_of(path), mode));
    auto written = write_all(partial.fd, content, partial.path);
    if (written) {
        written = put_in_place(partial.fd, partial.path, path);
    } else {
        ::close(partial.fd);
    }
    if (!written) ::unlink(partial.path.c_str());
    return written;
}

Result<void> make_dir(const Path& path) {
    if (::mkdir(path.c_str(), 0700) == 0) return sync_directory(directory_of(path));
    if (errno == EEXIST) {
        std::error_code ignored;
        if (std::filesystem::is_directory(path, ignored)) return {};
        return refuse(Code::not_a_file, path.string());
    }
    if (errno != ENOENT || !path.has_parent_path() || path.parent_path() == path)
        return refuse_errno("mkdir", path);
    XW_TRY_VOID(make_dir(path.parent_path()));
    if (path.filename().empty()) return {};  // "a/b/": the parent was it
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return refuse_errno("mkdir", path);
    return sync_directory(directory_of(path));
}

Result<bool> remove_file(const Path& path) {
    if (::unlink(path.c_str()) != 0) {
        if (errno == ENOENT) return false;
        return refuse_errno("unlink", path);
    }
    XW_TRY_VOID(sync_directory(directory_of(path)));
    return true;
}

}  // namespace xinwang
