// Work that may end its process: a child does it, tells how far it is in memory that both see, and is started
// again behind the place where it ended.
#pragma once

#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>

namespace xinwang::crash {

// A T that children made by fork() share. T holds no pointers and needs no destruction.
template <class T>
class Shared {
  public:
    Shared() : memory_(::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
        if (memory_ == MAP_FAILED) throw std::bad_alloc();
        value_ = new (memory_) T;
    }
    ~Shared() { ::munmap(memory_, sizeof(T)); }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    T* operator->() const { return value_; }
    T& operator*() const { return *value_; }

  private:
    void* memory_;
    T* value_;
};

// The first few findings, each with the place where it was made.
struct Findings {
    static constexpr std::size_t kept_max = 8;
    std::uint64_t count = 0;
    char kept[kept_max][512] = {};
    char place[128] = {};  // of what is being looked at

    void add(const std::string& what) {
        if (count < kept_max)
            std::strncpy(kept[count], (std::string(place) + ": " + what).c_str(), sizeof kept[0] - 1);
        ++count;
    }
    std::size_t shown() const { return std::min<std::uint64_t>(count, kept_max); }
};

// This process ends by SIGPROF when it works so long without being told so again: a loop on damaged pages. Time
// of the processor, because a busy machine lets anybody wait.
inline void limit_cpu(int seconds) {
    const itimerval limit{{0, 0}, {seconds, 0}};
    if (::setitimer(ITIMER_PROF, &limit, nullptr) != 0) throw std::runtime_error("setitimer");
}

// Runs `body` in children until one returns; `died` is told the wait status of each that did not. What a child
// says on stderr is not heard: LMDB's assertions and sanitizers speak there of the damage they were given.
inline void run_apart(const std::function<void()>& body, const std::function<void(int status)>& died) {
    for (;;) {
        const pid_t child = ::fork();
        if (child < 0) throw std::runtime_error("fork");
        if (child == 0) {
            for (const int s : {SIGABRT, SIGBUS, SIGSEGV, SIGFPE, SIGPROF}) ::signal(s, SIG_DFL);
            if (std::freopen("/dev/null", "w", stderr) == nullptr) std::_Exit(97);
            try {
                body();
            } catch (...) {
                std::_Exit(98);
            }
            std::_Exit(0);
        }
        int status = 0;
        if (::waitpid(child, &status, 0) != child) throw std::runtime_error("waitpid");
        if (status == 0) return;
        died(status);
    }
}

}  // namespace xinwang::crash
