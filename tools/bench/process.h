// Another process under measurement: started, spoken to by lines over its standard input and output, and what
// the kernel counts of it. Used by one thread. What the machine refuses is a std::system_error.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace xinwang::bench {

// As the kernel counts it for one process.
struct Usage {
    double cpu_s = 0;              // user and system
    std::uint64_t rss_bytes = 0;   // resident, pages of the mapped store that were touched among them
    std::uint64_t anon_bytes = 0;  // of these, the process's own
};
Usage usage_of(pid_t pid);

// The directory of the running program, where the others were built, too.
std::string program_directory();

class Process {
  public:
    explicit Process(const std::vector<std::string>& command);
    // Ends it with SIGTERM, and waits.
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t id() const { return id_; }
    void say(std::string_view line);
    // The next line it says, without its end. Throws std::runtime_error when it has ended.
    std::string hear();

  private:
    pid_t id_ = -1;
    int in_ = -1;
    int out_ = -1;
    std::string heard_;
};

}  // namespace xinwang::bench
