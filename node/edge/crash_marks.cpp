#include "node/edge/crash_marks.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fstream>

namespace xinwang {
namespace {

int marks_fd = -1;

// Only what signal-safety(7) allows: a clock, one write, and the signal again with its default action.
void mark_and_die(int signal) {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    const std::int64_t seconds = now.tv_sec;
    (void)!::write(marks_fd, &seconds, sizeof seconds);
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

}  // namespace

Result<void> leave_crash_marks(const std::filesystem::path& file) {
    marks_fd = ::open(file.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (marks_fd < 0) return refuse(Code::cannot_write_file, file.string(), std::strerror(errno));
    for (const int signal : {SIGABRT, SIGBUS, SIGSEGV, SIGFPE, SIGILL}) std::signal(signal, mark_and_die);
    return {};
}

std::size_t recent_crashes(const std::filesystem::path& file, Instant now, Duration within) {
    std::ifstream marks(file, std::ios::binary);
    std::size_t recent = 0;
    for (std::int64_t seconds = 0; marks.read(reinterpret_cast<char*>(&seconds), sizeof seconds);) {
        const std::int64_t age_ms = now.ms - seconds * 1000;
        if (age_ms <= within.count() && age_ms >= -within.count()) ++recent;
    }
    return recent;
}

}  // namespace xinwang
