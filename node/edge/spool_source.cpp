#include "node/edge/spool_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace xinwang {

Result<std::unique_ptr<SpoolSource>> SpoolSource::open(const std::filesystem::path& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat found {};
    if (fd < 0 || ::fstat(fd, &found) != 0) {
        if (fd >= 0) ::close(fd);
        // Not the file's fault: it is read when the machine lets it.
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
            return refuse(Code::machine_refuses, "open " + file.filename().string(),
                          std::generic_category().message(errno));
        return refuse(Code::cannot_read_file, file.filename().string());
    }
    return std::unique_ptr<SpoolSource>(new SpoolSource(fd, static_cast<std::uint64_t>(found.st_size)));
}

SpoolSource::~SpoolSource() {
    ::close(fd_);
}

std::size_t SpoolSource::read(std::uint64_t offset, std::span<std::uint8_t> into) {
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t n =
            ::pread(fd_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw std::system_error(errno, std::generic_category(), "pread");
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    return done;
}

}  // namespace xinwang
