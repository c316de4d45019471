#include "node/api/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "protocol/base/check.h"

namespace xinwang {
namespace {

constexpr std::string_view suffix = ".upload";

tl::unexpected<Refusal> failed(int error) {
    return refuse(Code::spool_failed, "spool", std::generic_category().message(error));
}

Result<void> sync_names_in(const std::filesystem::path& directory) {
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return failed(errno);
    const int rc = ::fsync(fd);
    const int error = errno;
    ::close(fd);
    if (rc != 0) return failed(error);
    return {};
}

}  // namespace

FileSpool::FileSpool(std::filesystem::path path, int fd, Watch watch)
    : path_(std::move(path)), fd_(fd), watch_(std::move(watch)) {}

FileSpool::~FileSpool() {
    if (fd_ >= 0) ::close(fd_);
    if (!kept_) ::unlink(path_.c_str());
}

Result<std::unique_ptr<FileSpool>> FileSpool::open(const std::filesystem::path& directory, Watch watch) {
    std::string name = (directory / fmt::format("XXXXXX{}", suffix)).string();
    const int fd = ::mkostemps(name.data(), static_cast<int>(suffix.size()), O_CLOEXEC);
    if (fd < 0) return failed(errno);
    return std::unique_ptr<FileSpool>(new FileSpool(name, fd, std::move(watch)));
}

Result<void> FileSpool::write(View bytes) {
    XW_CHECK(fd_ >= 0);
    if (watch_) watch_(bytes);
    bytes_ += bytes.size();
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed(errno);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> FileSpool::finish() {
    XW_CHECK(fd_ >= 0);
    // A full disk may show only here, with delayed allocation. Whatever it is, the file is given up, so no sync
    // is retried.
    if (::fdatasync(fd_) != 0) return failed(errno);
    ::close(fd_);
    fd_ = -1;
    return {};
}

Result<void> FileSpool::keep(const std::filesystem::path& to) {
    XW_CHECK(fd_ < 0 && !kept_);
    if (::rename(path_.c_str(), to.c_str()) != 0) return failed(errno);
    path_ = to;  // goes from there unless its name is durable
    XW_TRY_VOID(sync_names_in(to.parent_path()));
    kept_ = true;
    return {};
}

void clear_spool(const std::filesystem::path& directory) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(directory, ignored))
        if (entry.path().extension() == suffix) std::filesystem::remove(entry.path(), ignored);
}

}  // namespace xinwang
