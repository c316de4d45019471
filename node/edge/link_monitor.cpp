#include "node/edge/link_monitor.h"

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>

#include "protocol/base/limits.h"

namespace xinwang {
namespace {

Instant monotonic_now() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return Instant{std::chrono::duration_cast<Duration>(since).count()};
}

std::optional<LinkEvent::Kind> kind_of(int event) {
    switch (event) {
        case ZMQ_EVENT_CONNECT_DELAYED:
            return LinkEvent::Kind::connect_delayed;
        case ZMQ_EVENT_CONNECT_RETRIED:
            return LinkEvent::Kind::connect_retried;
        case ZMQ_EVENT_CONNECTED:
            return LinkEvent::Kind::connected;
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
            return LinkEvent::Kind::handshake_succeeded;
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
            return LinkEvent::Kind::handshake_failed_protocol;
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            return LinkEvent::Kind::handshake_failed_auth;
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            return LinkEvent::Kind::handshake_failed_silent;
        case ZMQ_EVENT_DISCONNECTED:
            return LinkEvent::Kind::disconnected;
        case ZMQ_EVENT_CLOSED:
            return LinkEvent::Kind::closed;
        default:
            return std::nullopt;
    }
}

// The value of these is a file descriptor, which says nothing and differs from run to run.
bool value_is_descriptor(LinkEvent::Kind kind) {
    return kind == LinkEvent::Kind::connected || kind == LinkEvent::Kind::disconnected ||
           kind == LinkEvent::Kind::closed;
}

// One event: (u16 event | u32 value), then the address. Nothing when none waits.
std::optional<std::pair<int, std::uint32_t>> next_event(zmq::socket_t& monitor) {
    zmq::message_t frame;
    if (!monitor.recv(frame, zmq::recv_flags::dontwait)) return std::nullopt;
    std::uint16_t event = 0;
    std::uint32_t value = 0;
    if (frame.size() != sizeof event + sizeof value) std::abort();
    std::memcpy(&event, frame.data(), sizeof event);
    std::memcpy(&value, frame.data<char>() + sizeof event, sizeof value);
    while (frame.more())
        if (!monitor.recv(frame)) std::abort();
    return std::pair<int, std::uint32_t>(event, value);
}

}  // namespace

void LinkEvents::push(LinkEvent::Kind kind, std::int64_t value) {
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= limits::link_events_max) {
            waiting_.pop_front();
            ++lost_;
        }
        waiting_.push_back({kind, value, monotonic_now()});
    }
    arrived_();
}

std::vector<LinkEvent> LinkEvents::take() {
    const std::lock_guard lock(mutex_);
    std::vector<LinkEvent> all(waiting_.begin(), waiting_.end());
    waiting_.clear();
    return all;
}

bool LinkEvents::empty() const {
    const std::lock_guard lock(mutex_);
    return waiting_.empty();
}

std::uint64_t LinkEvents::lost() const {
    const std::lock_guard lock(mutex_);
    return lost_;
}

MonitorThread::MonitorThread() {
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "xw-monitor");
}

MonitorThread::~MonitorThread() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    poll_.ring();
    thread_.join();
}

MonitorThread::Ticket MonitorThread::add(zmq::socket_t reading_end, LinkEvents& events) {
    const std::lock_guard lock(mutex_);
    const Ticket ticket = next_++;
    open_.insert(ticket);
    new_.emplace(ticket, Watch{std::move(reading_end), &events});
    poll_.ring();
    return ticket;
}

void MonitorThread::await_end(Ticket ticket) {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [&] { return !open_.contains(ticket); });
}

void MonitorThread::run() noexcept {
    for (;;) {
        for (const Ticket ticket : poll_.wait(-1)) {
            if (ticket != BelledPoll::bell) {
                drain(ticket);
                continue;
            }
            take_new();
            const std::lock_guard lock(mutex_);
            if (ending_) return;
        }
    }
}

// What a socket has before it is polled rings no more: it is read once right away.
void MonitorThread::take_new() {
    std::map<Ticket, Watch> fresh;
    {
        const std::lock_guard lock(mutex_);
        fresh.swap(new_);
    }
    for (auto& [ticket, watch] : fresh) {
        poll_.watch(watch.socket.get(zmq::sockopt::fd), ticket);
        watches_.emplace(ticket, std::move(watch));
        drain(ticket);
    }
}

// libzmq's descriptor rings for news and not for what waits: everything is read each time.
void MonitorThread::drain(Ticket ticket) {
    const auto it = watches_.find(ticket);
    if (it == watches_.end()) return;
    while (const auto event = next_event(it->second.socket)) {
        if (event->first != ZMQ_EVENT_MONITOR_STOPPED) {
            if (const auto kind = kind_of(event->first))
                it->second.events->push(*kind, value_is_descriptor(*kind) ? 0 : event->second);
            continue;
        }
        watches_.erase(it);
        const std::lock_guard lock(mutex_);
        open_.erase(ticket);
        ended_.notify_all();
        return;
    }
}

LinkMonitor::LinkMonitor(MonitorThread& thread, zmq::context_t& context, zmq::socket_t& socket,
                         LinkEvents& events)
    : thread_(thread), socket_(socket) {
    static std::atomic<std::uint64_t> next{0};  // endpoints are unique even while an old one is being closed
    const std::string endpoint = "inproc://link-monitor-" + std::to_string(next++);
    if (zmq_socket_monitor(socket.handle(), endpoint.c_str(), ZMQ_EVENT_ALL) != 0) throw zmq::error_t();
    zmq::socket_t reading_end(context, zmq::socket_type::pair);
    reading_end.set(zmq::sockopt::linger, 0);
    reading_end.connect(endpoint);
    ticket_ = thread_.add(std::move(reading_end), events);
}

LinkMonitor::~LinkMonitor() {
    zmq_socket_monitor(socket_.handle(), nullptr, 0);
    thread_.await_end(ticket_);
}

}  // namespace xinwang
