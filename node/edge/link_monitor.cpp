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

// Until the monitor has stopped. A monitor message is (u16 event | u32 value), then the address.
void drain(zmq::socket_t& monitor, LinkEvents& events) noexcept {
    while (true) {
        std::uint16_t event = 0;
        std::uint32_t value = 0;
        zmq::message_t frame;
        if (!monitor.recv(frame) || frame.size() != sizeof event + sizeof value) std::abort();
        std::memcpy(&event, frame.data(), sizeof event);
        std::memcpy(&value, frame.data<char>() + sizeof event, sizeof value);
        while (frame.more())
            if (!monitor.recv(frame)) std::abort();
        if (event == ZMQ_EVENT_MONITOR_STOPPED) return;
        if (const auto kind = kind_of(event)) events.push(*kind, value_is_descriptor(*kind) ? 0 : value);
    }
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

LinkMonitor::LinkMonitor(zmq::context_t& context, zmq::socket_t& socket, LinkEvents& events) : socket_(socket) {
    static std::atomic<std::uint64_t> next{0};  // endpoints are unique even while an old one is being closed
    const std::string endpoint = "inproc://link-monitor-" + std::to_string(next++);
    if (zmq_socket_monitor(socket.handle(), endpoint.c_str(), ZMQ_EVENT_ALL) != 0) throw zmq::error_t();
    auto monitor = std::make_unique<zmq::socket_t>(context, zmq::socket_type::pair);
    monitor->set(zmq::sockopt::linger, 0);
    monitor->connect(endpoint);
    thread_ = std::thread([own = std::move(monitor), &events] { drain(*own, events); });
    pthread_setname_np(thread_.native_handle(), "xw-monitor");
}

LinkMonitor::~LinkMonitor() {
    zmq_socket_monitor(socket_.handle(), nullptr, 0);
    thread_.join();
}

}  // namespace xinwang
