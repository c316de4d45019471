// Another process under measurement: started, spoken to by lines over its standard input and output, and
// measured by the kernel's counts. Used by one thread. A failure of the machine is a std::system_error.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace xinwang::bench {

// The kernel's counts for one process.
struct Usage {
    double cpu_s = 0;              // user and system
    std::uint64_t rss_bytes = 0;   // resident, with the touched pages of the mapped store
    std::uint64_t anon_bytes = 0;  // part of rss_bytes: the process's own
};
Usage usage_of(pid_t pid);

// The directory of the running program; the other programs were built there too.
std::string program_directory();

class Process {
  public:
    explicit Process(const std::vector<std::string>& command);
    // Ends the process with SIGTERM, and waits.
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t id() const { return id_; }
    void say(std::string_view line);
    // The next line from the process, without its line end. Throws std::runtime_error when the process has
    // ended.
    std::string hear();

  private:
    pid_t id_ = -1;
    int in_ = -1;
    int out_ = -1;
    std::string heard_;
};

}  // namespace xinwang::bench
