// The shim: preloaded into a process, it writes down what the process does to the files below one directory,
// and makes one of these operations fail when told to (operations.h says what is written).
//
//     XINWANG_SHIM_DIR    the directory, as an absolute path
//     XINWANG_SHIM_LOG    where the operations are appended
//     XINWANG_SHIM_MARKS  a file, anywhere: what is written to it is a mark among the operations
//     XINWANG_SHIM_FAULT  kind:number[+]: the number-th operation of that kind (from 1), with + also all behind
//     it,
//                         goes wrong (`Fault` below says how)
//
// lock.mdb is left out: LMDB makes it anew whenever nobody else has the store open. Memory mapped for writing
// would not be seen; LMDB maps data.mdb read-only without WRITEMAP, and the shim ends the process should it
// ever be otherwise.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>

#include "tests/crash/operations.h"

namespace {

using xinwang::crash::Kind;

// The real function behind ours.
template <class F>
F* real(F*, const char* name) {
    return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}
#define REAL(name) real(&::name, #name)

enum class Seen : std::uint8_t { nothing, file, file_dsync, directory, marks };

constexpr int files_max = 4096;
struct Descriptor {
    std::atomic<Seen> seen{Seen::nothing};
    std::uint64_t inode = 0;
    char path[256] = {};  // below the directory
};
Descriptor descriptors[files_max];

// One mutex over "do it and write it down", so that the log's order is the order of what happened.
std::recursive_mutex order;

const char* setting(const char* name) {
    const char* value = ::getenv(name);
    return value == nullptr ? "" : value;
}

int log_file() {
    static const int file = static_cast<int>(
        ::syscall(SYS_open, setting("XINWANG_SHIM_LOG"), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
    return file;
}

// The part of `path` below the directory; nullptr when it lies elsewhere or is not looked at.
const char* below(const char* path) {
    static const std::string directory = setting("XINWANG_SHIM_DIR");
    if (directory.empty() || path == nullptr || std::strncmp(path, directory.c_str(), directory.size()) != 0)
        return nullptr;
    const char* rest = path + directory.size();
    if (*rest == '/') ++rest;
    const char* name = std::strrchr(rest, '/');
    return std::strcmp(name == nullptr ? rest : name + 1, "lock.mdb") == 0 ? nullptr : rest;
}

[[noreturn]] void stop(const char* why) {
    std::fprintf(stderr, "shim: %s\n", why);
    ::_exit(99);
}

void note(Kind kind, std::uint64_t file, std::uint64_t number, const iovec* parts, int count,
          std::size_t size) {
    char header[xinwang::crash::operation_header_bytes];
    const auto length = static_cast<std::uint32_t>(size);
    header[0] = static_cast<char>(kind);
    std::memcpy(header + 1, &file, 8);
    std::memcpy(header + 9, &number, 8);
    std::memcpy(header + 17, &length, 4);
    std::string record(header, sizeof header);
    for (int i = 0; i < count && size > 0; ++i) {
        const std::size_t taken = std::min(size, parts[i].iov_len);
        record.append(static_cast<const char*>(parts[i].iov_base), taken);
        size -= taken;
    }
    if (::syscall(SYS_write, log_file(), record.data(), record.size()) != static_cast<long>(record.size()))
        stop("the log of operations cannot be written");
}
void note(Kind kind, std::uint64_t file, std::uint64_t number, const void* bytes, std::size_t size) {
    const iovec part{const_cast<void*>(bytes), size};
    note(kind, file, number, &part, 1, size);
}
void note_path(Kind kind, std::uint64_t file, const char* path) {
    note(kind, file, 0, path, std::strlen(path));
}

Descriptor* seen(int fd) {
    if (fd < 0 || fd >= files_max || descriptors[fd].seen == Seen::nothing) return nullptr;
    return &descriptors[fd];
}

// How an operation goes wrong. Those with a number hit one; those with + a run, as a test's proof that the
// checkers see it.
enum class Fault {
    none,
    sync,        // sync:      fdatasync or fsync fails with EIO, and nothing was synced
    sync_lies,   // sync-lies: it says yes, and nothing was synced
    write,       // write:     a write of pages fails with EIO, and nothing was written
    cut,         // cut:       half of it is written, as on a full disk
    meta,        // meta:      the write of the meta page fails with EIO, and nothing was written
    meta_false,  // meta-false: it fails with EIO, was written all the same, and so the old one cannot be put
                 // back
    meta_lazy,   // meta-lazy: it is written as if O_DSYNC had not been asked for
};

struct Plan {
    Fault fault = Fault::none;
    unsigned first = 0;
    bool all = false;
    unsigned count = 0;
    bool put_back_fails = false;

    Plan() {
        const std::string text = setting("XINWANG_SHIM_FAULT");
        const std::size_t colon = text.find(':');
        if (colon == std::string::npos) return;
        constexpr std::pair<const char*, Fault> names[] = {
            {"sync", Fault::sync},          {"sync-lies", Fault::sync_lies},
            {"write", Fault::write},        {"cut", Fault::cut},
            {"meta", Fault::meta},          {"meta-false", Fault::meta_false},
            {"meta-lazy", Fault::meta_lazy}};
        for (const auto& [name, what] : names)
            if (text.substr(0, colon) == name) fault = what;
        first = static_cast<unsigned>(std::strtoul(text.c_str() + colon + 1, nullptr, 10));
        all = text.back() == '+';
        if (fault == Fault::none || first == 0) stop("XINWANG_SHIM_FAULT: kind:number");
    }
    // Counts an operation that `one` or `other` could hit.
    bool hits(Fault one, Fault other, Fault third = Fault::none) {
        if (fault == Fault::none || (fault != one && fault != other && fault != third)) return false;
        ++count;
        return count == first || (all && count > first);
    }
};
Plan& plan() {
    static Plan the_plan;
    return the_plan;
}

int fail_io() {
    errno = EIO;
    return -1;
}

// A write of `parts` at `offset` that `really` does, with its fault if it is its turn.
template <class Really>
ssize_t write_noted(Descriptor& file, const iovec* parts, int count, std::uint64_t offset,
                    const Really& really) {
    const std::lock_guard lock(order);
    Plan& p = plan();
    bool lazy = false;
    if (file.seen == Seen::file_dsync) {
        if (p.hits(Fault::meta, Fault::meta_false, Fault::meta_lazy)) {
            if (p.fault == Fault::meta) return fail_io();
            p.put_back_fails = p.fault == Fault::meta_false;
            lazy = p.fault == Fault::meta_lazy;
        }
    } else if (std::exchange(p.put_back_fails, false)) {
        return fail_io();
    } else if (p.hits(Fault::write, Fault::cut)) {
        if (p.fault == Fault::write) return fail_io();
        const std::size_t half = parts[0].iov_len / 2;
        const long done = ::syscall(SYS_pwrite64, &file - descriptors, parts[0].iov_base, half, offset);
        if (done > 0) note(Kind::write, file.inode, offset, parts, 1, static_cast<std::size_t>(done));
        return done;
    }
    const ssize_t done = really();
    if (done > 0) {
        const bool durable = file.seen == Seen::file_dsync && !lazy;
        note(durable ? Kind::write_sync : Kind::write, file.inode, offset, parts, count,
             static_cast<std::size_t>(done));
    }
    return p.put_back_fails ? fail_io() : done;
}

int sync_noted(int fd, int (*really)(int)) {
    Descriptor* file = seen(fd);
    if (file == nullptr || file->seen == Seen::marks) return really(fd);
    const std::lock_guard lock(order);
    if (file->seen == Seen::directory) {
        const int rc = really(fd);
        if (rc == 0) note_path(Kind::sync_dir, file->inode, file->path);
        return rc;
    }
    if (plan().hits(Fault::sync, Fault::sync_lies)) return plan().fault == Fault::sync ? fail_io() : 0;
    const int rc = really(fd);
    if (rc == 0) note(Kind::sync, file->inode, 0, nullptr, 0);
    return rc;
}

int opened(int fd, const char* path, int flags, bool existed) {
    if (fd < 0 || fd >= files_max) return fd;
    Descriptor& file = descriptors[fd];
    static const std::string marks = setting("XINWANG_SHIM_MARKS");
    if (!marks.empty() && marks == path) {
        file.seen = Seen::marks;
        return fd;
    }
    const char* name = below(path);
    if (name == nullptr || std::strlen(name) >= sizeof file.path) return fd;
    struct stat about {};
    if (::fstat(fd, &about) != 0) return fd;
    file.inode = about.st_ino;
    std::strcpy(file.path, name);
    file.seen = S_ISDIR(about.st_mode)   ? Seen::directory
                : (flags & O_DSYNC) != 0 ? Seen::file_dsync
                                         : Seen::file;
    if (!existed) note_path(Kind::create, file.inode, name);
    if (existed && (flags & O_TRUNC) != 0) note(Kind::truncate, file.inode, 0, nullptr, 0);
    return fd;
}

int open_noted(int at, const char* path, int flags, mode_t mode) {
    static auto* const really = real<int(int, const char*, int, ...)>(nullptr, "openat");
    if (below(path) == nullptr && std::strcmp(path, setting("XINWANG_SHIM_MARKS")) != 0)
        return really(at, path, flags, mode);
    const std::lock_guard lock(order);
    const bool existed = ::access(path, F_OK) == 0;
    return opened(really(at, path, flags, mode), path, flags, existed || (flags & O_CREAT) == 0);
}

mode_t mode_of(int flags, va_list rest) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(rest, int)) : 0;
}

int rename_noted(const char* from, const char* to) {
    const char *old_name = below(from), *new_name = below(to);
    const std::lock_guard lock(order);
    const int rc = REAL(rename)(from, to);
    if (rc == 0 && old_name != nullptr && new_name != nullptr) {
        std::string names = std::string(old_name) + '\0' + new_name;
        note(Kind::rename, 0, 0, names.data(), names.size());
    }
    return rc;
}

template <class Really>
int unlink_noted(const char* path, const Really& really) {
    const char* name = below(path);
    const std::lock_guard lock(order);
    const int rc = really();
    if (rc == 0 && name != nullptr) note_path(Kind::unlink, 0, name);
    return rc;
}

// unlinkat of libstdc++'s remove_all names a file by its directory's descriptor.
std::string path_at(int at, const char* path) {
    if (path[0] == '/' || at == AT_FDCWD) return path;
    char link[64], target[4096];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    const ssize_t size = ::readlink(link, target, sizeof target);
    return std::string(target, size < 0 ? 0 : static_cast<std::size_t>(size)) + "/" + path;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_noted(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_noted(AT_FDCWD, path, flags, mode);
}
int close(int fd) {
    if (Descriptor* file = seen(fd)) file->seen = Seen::nothing;
    return REAL(close)(fd);
}

ssize_t write(int fd, const void* bytes, size_t size) {
    static auto* const really = REAL(write);
    Descriptor* file = seen(fd);
    if (file == nullptr) return really(fd, bytes, size);
    if (file->seen == Seen::marks) {
        const std::lock_guard lock(order);
        note(Kind::mark, 0, 0, bytes, size);
        return really(fd, bytes, size);
    }
    const iovec part{const_cast<void*>(bytes), size};
    const auto offset = static_cast<std::uint64_t>(::lseek(fd, 0, SEEK_CUR));
    return write_noted(*file, &part, 1, offset, [&] { return really(fd, bytes, size); });
}
ssize_t writev(int fd, const iovec* parts, int count) {
    static auto* const really = REAL(writev);
    Descriptor* file = seen(fd);
    if (file == nullptr) return really(fd, parts, count);
    const auto offset = static_cast<std::uint64_t>(::lseek(fd, 0, SEEK_CUR));
    return write_noted(*file, parts, count, offset, [&] { return really(fd, parts, count); });
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
    static auto* const really = REAL(pwrite);
    Descriptor* file = seen(fd);
    if (file == nullptr) return really(fd, bytes, size, offset);
    const iovec part{const_cast<void*>(bytes), size};
    return write_noted(*file, &part, 1, static_cast<std::uint64_t>(offset),
                       [&] { return really(fd, bytes, size, offset); });
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off_t offset) {
    return pwrite(fd, bytes, size, offset);
}
ssize_t pwritev(int fd, const iovec* parts, int count, off_t offset) {
    static auto* const really = REAL(pwritev);
    Descriptor* file = seen(fd);
    if (file == nullptr) return really(fd, parts, count, offset);
    return write_noted(*file, parts, count, static_cast<std::uint64_t>(offset),
                       [&] { return really(fd, parts, count, offset); });
}

int fdatasync(int fd) {
    static auto* const really = REAL(fdatasync);
    return sync_noted(fd, really);
}
int fsync(int fd) {
    static auto* const really = REAL(fsync);
    return sync_noted(fd, really);
}

int ftruncate(int fd, off_t size) {
    const std::lock_guard lock(order);
    const int rc = REAL(ftruncate)(fd, size);
    if (Descriptor* file = seen(fd); file != nullptr && rc == 0)
        note(Kind::truncate, file->inode, static_cast<std::uint64_t>(size), nullptr, 0);
    return rc;
}
int posix_fallocate(int fd, off_t offset, off_t size) {
    const std::lock_guard lock(order);
    const int rc = REAL(posix_fallocate)(fd, offset, size);
    if (Descriptor* file = seen(fd); file != nullptr && rc == 0)
        note(Kind::allocate, file->inode, static_cast<std::uint64_t>(offset + size), nullptr, 0);
    return rc;
}

int rename(const char* from, const char* to) {
    return rename_noted(from, to);
}
int unlink(const char* path) {
    return unlink_noted(path, [&] { return REAL(unlink)(path); });
}
int remove(const char* path) {
    return unlink_noted(path, [&] { return REAL(remove)(path); });
}
int rmdir(const char* path) {
    return unlink_noted(path, [&] { return REAL(rmdir)(path); });
}
int unlinkat(int at, const char* path, int flags) {
    return unlink_noted(path_at(at, path).c_str(), [&] { return REAL(unlinkat)(at, path, flags); });
}
int mkdir(const char* path, mode_t mode) {
    const std::lock_guard lock(order);
    const int rc = REAL(mkdir)(path, mode);
    if (const char* name = below(path); name != nullptr && rc == 0) note_path(Kind::make_dir, 0, name);
    return rc;
}

void* mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset) {
    static auto* const really = REAL(mmap);
    if (seen(fd) != nullptr && (protection & PROT_WRITE) != 0 && (flags & MAP_SHARED) != 0)
        stop("a file of the store is mapped for writing: its writes cannot be numbered");
    return really(at, size, protection, flags, fd, offset);
}

// Frames as they are before CURVE. Only what the program hands over itself comes by here.
int zmq_send(void* socket, const void* bytes, size_t size, int flags) {
    static auto* const really = real<int(void*, const void*, size_t, int)>(nullptr, "zmq_send");
    {
        const std::lock_guard lock(order);
        note(Kind::frame, 0, 0, bytes, size);
    }
    return really(socket, bytes, size, flags);
}

// Answers of the node's API.
ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    static auto* const really = REAL(sendmsg);
    sockaddr_storage name{};
    socklen_t name_size = sizeof name;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &name_size) == 0 && name.ss_family == AF_UNIX) {
        std::size_t size = 0;
        for (std::size_t i = 0; i < message->msg_iovlen; ++i) size += message->msg_iov[i].iov_len;
        const std::lock_guard lock(order);
        note(Kind::answer, 0, 0, message->msg_iov, static_cast<int>(message->msg_iovlen), size);
    }
    return really(fd, message, flags);
}

}  // extern "C"
