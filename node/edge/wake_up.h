// A counter in the kernel that a poll sees: one thread wakes another that sleeps on descriptors. Threads:
// ring() and hush() from any. Throws std::system_error when the process may open no more descriptors.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace xinwang {

class WakeUp {
  public:
    WakeUp() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    }
    ~WakeUp() { ::close(fd_); }
    WakeUp(const WakeUp&) = delete;
    WakeUp& operator=(const WakeUp&) = delete;
    // Fails only when the counter is full, and then it is readable anyway.
    void ring() const { (void)!::eventfd_write(fd_, 1); }
    void hush() const {
        eventfd_t ignored = 0;
        (void)!::eventfd_read(fd_, &ignored);
    }
    int fd() const { return fd_; }

  private:
    int fd_;
};

}  // namespace xinwang
