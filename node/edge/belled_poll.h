// An epoll with a bell: a thread sleeps on many descriptors, and any other thread can wake it.
//
// Threads: wait() is called by the sleeper alone; ring() by any thread; watch() by the sleeper or, before it
// runs, by the thread that made it.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "node/edge/wake_up.h"

namespace xinwang {

class BelledPoll {
  public:
    using Number = std::uint64_t;
    static constexpr Number bell = 0;

    // Throws std::system_error when the process may open no more descriptors.
    BelledPoll();
    ~BelledPoll();
    BelledPoll(const BelledPoll&) = delete;
    BelledPoll& operator=(const BelledPoll&) = delete;

    // Watches `fd`: wait() returns `number`, which is not 0, when it can be read. A descriptor that is
    // watched already stays as it is; a closed one leaves by itself. Throws std::system_error.
    void watch(int fd, Number number) const;
    // Watches `fd`, but reports it once for each arrival, however much is left unread: for descriptors that
    // other code reads. False when `fd` is no open descriptor any more.
    bool watch_edges(int fd, Number number) const;
    void ring() const { bell_.ring(); }
    // Sleeps until a descriptor can be read or the bell rings, at most `timeout_ms` milliseconds; negative:
    // without end. Returns the numbers of the descriptors that can be read, and `bell` when it was rung since
    // the last call; the span is valid until the next call.
    std::span<const Number> wait(int timeout_ms);

  private:
    WakeUp bell_;
    int poll_ = -1;
    std::array<epoll_event, 64> events_{};
    std::array<Number, 64> rung_{};
};

}  // namespace xinwang
