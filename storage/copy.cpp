#include "storage/copy.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "protocol/base/hash.h"
#include "protocol/guarded.h"
#include "storage/kv.h"

namespace xinwang {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t block_bytes = 1u << 20;
constexpr std::uint64_t sync_every_bytes = 32u << 20;
constexpr std::chrono::milliseconds watch_every{100};

[[noreturn]] void fail(const char* call, const std::filesystem::path& path) {
    throw StoreFailure(std::string(call) + " " + path.string() + ": " + std::strerror(errno));
}

tl::unexpected<Refusal> refuse_errno(const char* call, const std::filesystem::path& path) {
    switch (errno) {
        case ENOENT:
            return refuse(Code::file_missing, path.string());
        case EACCES:
        case EPERM:
        case EROFS:
            return refuse(Code::file_not_permitted, path.string());
        case ENOSPC:
        case EDQUOT:
            return refuse(Code::disk_full, path.string());
        case EEXIST:
        case EISDIR:
            return refuse(Code::not_a_file, path.string());
        default:
            fail(call, path);
    }
}

class Descriptor {
  public:
    explicit Descriptor(int file) : file_(file) {}
    ~Descriptor() {
        if (file_ >= 0) ::close(file_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return file_; }

  private:
    int file_;
};

class Copy {
  public:
    Copy(int source, int target, const std::filesystem::path& path, const CopyRule& rule)
        : source_(source), target_(target), path_(path), rule_(rule) {}

    Result<Copied> run() {
        Bytes block(block_bytes);
        const WipeOnExit wiped(block);  // a backup may take keys along
        for (;;) {
            const ssize_t n = ::read(source_, block.data(), block.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) fail("read", path_);
            if (n == 0) break;
            XW_TRY_VOID(take(View(block).first(static_cast<std::size_t>(n))));
        }
        XW_TRY_VOID(sync());
        hasher_.finish(copied_.hash.bytes);
        return copied_;
    }

  private:
    Result<void> take(View bytes) {
        hasher_.add(bytes);
        for (View rest = bytes; !rest.empty();) {
            const ssize_t n = ::write(target_, rest.data(), rest.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return refuse_errno("write", path_);
            rest = rest.subspan(static_cast<std::size_t>(n));
        }
        copied_.bytes += bytes.size();
        if (copied_.bytes - synced_bytes_ >= sync_every_bytes) XW_TRY_VOID(sync());
        return keep_pace();
    }

    Result<void> sync() {
        if (::fsync(target_) != 0) return refuse_errno("fsync", path_);
        ::posix_fadvise(target_, 0, 0, POSIX_FADV_DONTNEED);
        synced_bytes_ = copied_.bytes;
        return {};
    }

    Result<void> keep_pace() {
        Clock::time_point due = started_;
        if (rule_.bytes_per_s_max > 0)
            due += std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                static_cast<double>(copied_.bytes) / static_cast<double>(rule_.bytes_per_s_max)));
        for (;;) {
            const auto now = Clock::now();
            if (now >= next_watch_) {
                next_watch_ = now + watch_every;
                if (rule_.watch && !rule_.watch(copied_.bytes))
                    return refuse(Code::copy_stopped, path_.string());
            }
            if (now >= due) return {};
            std::this_thread::sleep_for(std::min<Clock::duration>(due - now, watch_every));
        }
    }

    const int source_;
    const int target_;
    const std::filesystem::path& path_;
    const CopyRule& rule_;
    Blake2b hasher_{Hash256::size};
    Copied copied_;
    std::uint64_t synced_bytes_ = 0;
    Clock::time_point started_ = Clock::now();
    Clock::time_point next_watch_ = started_;
};

}  // namespace

Result<Copied> copy_stream(int source, const std::filesystem::path& target, const CopyRule& rule) {
    const Descriptor file(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0) return refuse_errno("open", target);
    auto copied = Copy(source, file.get(), target, rule).run();
    if (!copied) ::unlink(target.c_str());
    return copied;
}

Result<Copied> copy_durably(const std::filesystem::path& source, const std::filesystem::path& target,
                            const CopyRule& rule) {
    const Descriptor file(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return refuse_errno("open", source);
    return copy_stream(file.get(), target, rule);
}

}  // namespace xinwang
