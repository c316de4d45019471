#include "tools/bench/process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace xinwang::bench {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

// A field of /proc/<pid>/status in bytes.
std::uint64_t status_bytes(pid_t pid, std::string_view field) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(field)) return std::stoull(line.substr(field.size() + 1)) * 1024;
    return 0;
}

}  // namespace

// The process's own clock: the ticks of /proc are too coarse for a short run.
Usage usage_of(pid_t pid) {
    clockid_t clock{};
    timespec used{};
    if (const int error = ::clock_getcpuclockid(pid, &clock); error != 0) {
        errno = error;
        fail("clock_getcpuclockid");
    }
    if (::clock_gettime(clock, &used) != 0) fail("clock_gettime");
    return {static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9,
            status_bytes(pid, "VmRSS:"), status_bytes(pid, "RssAnon:")};
}

std::string program_directory() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
}

Process::Process(const std::vector<std::string>& command) {
    std::array<int, 2> in{}, out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) fail("pipe2");
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    id_ = ::fork();
    if (id_ < 0) fail("fork");
    if (id_ == 0) {
        ::dup2(in[0], STDIN_FILENO);
        ::dup2(out[1], STDOUT_FILENO);
        ::execv(arguments.front(), arguments.data());
        ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    in_ = in[1];
    out_ = out[0];
}

Process::~Process() {
    ::close(in_);
    ::close(out_);
    ::kill(id_, SIGTERM);
    ::waitpid(id_, nullptr, 0);
}

void Process::say(std::string_view line) {
    const std::string text = std::string(line) + "\n";
    if (::write(in_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail("write");
}

std::string Process::hear() {
    std::array<char, 4096> buffer{};
    std::size_t end = 0;
    while ((end = heard_.find('\n')) == std::string::npos) {
        const ssize_t got = ::read(out_, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) throw std::runtime_error("process " + std::to_string(id_) + " has ended");
        heard_.append(buffer.data(), static_cast<std::size_t>(got));
    }
    std::string line = heard_.substr(0, end);
    heard_.erase(0, end + 1);
    return line;
}

}  // namespace xinwang::bench
