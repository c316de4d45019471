// An epoll with a bell: a thread sleeps on many descriptors, and any other thread can wake it.
//
// wait() is the sleeper's; ring() anybody's; watch() the sleeper's or, before it runs, its maker's.
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

    // `number`, not 0, is what wait() returns when `fd` can be read. A descriptor that is watched already stays
    // as it is; a closed one leaves by itself. Throws std::system_error.
    void watch(int fd, Number number) const;
    // The same, but that it rings once for each arrival, however much is left unread: for descriptors of
    // others. False when it is none any more.
    bool watch_edges(int fd, Number number) const;
    void ring() const { bell_.ring(); }
    // Sleeps until something can be read or the bell rings; milliseconds, negative: without end. Returns the
    // numbers of what can be read, `bell` among them when it was rung since the last time; valid until the next
    // call.
    std::span<const Number> wait(int timeout_ms);

  private:
    WakeUp bell_;
    int poll_ = -1;
    std::array<epoll_event, 64> events_{};
    std::array<Number, 64> rung_{};
};

}  // namespace xinwang
