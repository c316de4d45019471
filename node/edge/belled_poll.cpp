#include "node/edge/belled_poll.h"

namespace xinwang {

BelledPoll::BelledPoll() : poll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (poll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    watch(bell_.fd(), bell);
}

BelledPoll::~BelledPoll() {
    ::close(poll_);
}

void BelledPoll::watch(int fd, Number number) const {
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.u64 = number;
    if (::epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &wanted) != 0 && errno != EEXIST)
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

bool BelledPoll::watch_edges(int fd, Number number) const {
    epoll_event wanted{};
    wanted.events = EPOLLIN | EPOLLET;
    wanted.data.u64 = number;
    return ::epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &wanted) == 0 || errno == EEXIST;
}

std::span<const BelledPoll::Number> BelledPoll::wait(int timeout_ms) {
    const int count = ::epoll_wait(poll_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
    std::size_t n = 0;
    for (; static_cast<int>(n) < count; ++n) {
        rung_[n] = events_[n].data.u64;
        if (rung_[n] == bell) bell_.hush();
    }
    return {rung_.data(), n};
}

}  // namespace xinwang
