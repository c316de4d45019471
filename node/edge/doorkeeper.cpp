#include "node/edge/doorkeeper.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "node/edge/door_limits.h"
#include "node/edge/file_limit.h"

namespace xinwang {
namespace {

// After each look: a busy listener is looked at a hundred times a second and not at every frame.
constexpr std::chrono::milliseconds rest_after_look{10};
constexpr std::chrono::seconds descriptors_counted_every{10};
constexpr std::uint64_t connection_mark = std::uint64_t{1} << 63;

std::uint64_t connection_number(std::uint32_t door, int descriptor) {
    return connection_mark | std::uint64_t{door} << 32 | static_cast<std::uint32_t>(descriptor);
}

std::uint16_t port_in(const std::string& endpoint) {
    std::uint16_t port = 0;
    const std::size_t colon = endpoint.rfind(':');
    if (colon != std::string::npos)
        std::from_chars(endpoint.data() + colon + 1, endpoint.data() + endpoint.size(), port);
    return port;
}

struct ConnectionEnd {
    std::string address;
    std::uint16_t port = 0;
};
// Of one end of a connection; nothing when the descriptor is none any more.
std::optional<ConnectionEnd> end_of(int descriptor, decltype(&::getsockname) ask) {
    sockaddr_storage at{};
    socklen_t size = sizeof at;
    if (ask(descriptor, reinterpret_cast<sockaddr*>(&at), &size) != 0) return std::nullopt;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (at.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(at);
        inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
        return ConnectionEnd{text.data(), ntohs(v4.sin_port)};
    }
    if (at.ss_family != AF_INET6) return std::nullopt;
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(at);
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return ConnectionEnd{text.data(), ntohs(v6.sin6_port)};
}

// What has come of a connection in all, as the kernel counts; nothing for what is no TCP connection.
std::optional<std::uint64_t> bytes_from_peer(int descriptor) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
    return info.tcpi_bytes_received;
}

struct DoorEvent {
    std::uint16_t kind = 0;
    int descriptor = -1;
};
std::optional<DoorEvent> next_door_event(zmq::socket_t& monitor) {
    zmq::message_t frame;
    if (!monitor.recv(frame, zmq::recv_flags::dontwait)) return std::nullopt;
    DoorEvent event;
    std::int32_t value = 0;
    if (frame.size() != sizeof event.kind + sizeof value) std::abort();
    std::memcpy(&event.kind, frame.data(), sizeof event.kind);
    std::memcpy(&value, frame.data<char>() + sizeof event.kind, sizeof value);
    event.descriptor = value;
    while (frame.more())
        if (!monitor.recv(frame)) std::abort();
    return event;
}

}  // namespace

Doorkeeper::Doorkeeper() {
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "xw-doors");
}

Doorkeeper::~Doorkeeper() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    poll_.ring();
    thread_.join();
}

void Doorkeeper::run() noexcept {
    for (;;) {
        for (const std::uint64_t number : poll_.wait(-1)) {
            const std::lock_guard lock(mutex_);
            if (number == BelledPoll::bell)
                take_new();
            else if ((number & connection_mark) != 0)
                look(static_cast<Number>((number & ~connection_mark) >> 32),
                     static_cast<int>(number & 0xffffffffu));
            else
                drain(static_cast<Number>(number));
        }
        {
            const std::lock_guard lock(mutex_);
            if (ending_) return;
            judge();
        }
        std::this_thread::sleep_for(rest_after_look);
    }
}

// What a socket has before it is polled rings no more: it is read once right away.
void Doorkeeper::take_new() {
    for (const Number number : std::exchange(new_, {})) {
        poll_.watch(posts_.at(number).monitor.get(zmq::sockopt::fd), number);
        drain(number);
    }
}

// libzmq's descriptor rings for news and not for what waits: everything is read each time. False: the door is
// closed.
bool Doorkeeper::drain(Number number) {
    const auto it = posts_.find(number);
    if (it == posts_.end()) return false;
    while (const auto event = next_door_event(it->second.monitor)) {
        if (event->kind == ZMQ_EVENT_ACCEPTED) note_accepted(number, it->second, event->descriptor);
        if (event->kind == ZMQ_EVENT_DISCONNECTED) it->second.book.closed(event->descriptor);
        if (event->kind != ZMQ_EVENT_MONITOR_STOPPED) continue;
        posts_.erase(it);
        ended_.notify_all();
        return false;
    }
    return true;
}

void Doorkeeper::note_accepted(Number number, Post& post, int descriptor) {
    const auto here = end_of(descriptor, ::getsockname), there = end_of(descriptor, ::getpeername);
    if (!here || !there || here->port != post.port) return;  // gone again
    touched_.insert(number);
    post.book.accepted(descriptor, there->address);
    if (!poll_.watch_edges(descriptor, connection_number(number, descriptor))) post.book.closed(descriptor);
}

void Doorkeeper::look(Number number, int descriptor) {
    const auto it = posts_.find(number);
    if (it == posts_.end() || !it->second.book.holds(descriptor)) return;
    touched_.insert(number);
    const auto bytes = bytes_from_peer(descriptor);
    bytes ? it->second.book.received(descriptor, *bytes) : it->second.book.closed(descriptor);
}

void Doorkeeper::judge() {
    if (touched_.empty()) return;
    const std::size_t unproven = unproven_max();
    for (const Number number : std::exchange(touched_, {})) {
        const auto it = posts_.find(number);
        if (it == posts_.end()) continue;
        Post& post = it->second;
        for (DoorBook::Cut& cut : post.book.judge(unproven)) {
            const auto here = end_of(cut.descriptor, ::getsockname);
            if (!here || here->port != post.port) continue;
            ::shutdown(cut.descriptor, SHUT_RDWR);
            if (post.cuts.size() < limits::door_cuts_told_max) post.cuts.push_back(std::move(cut));
        }
        if (!post.cuts.empty()) post.news();
    }
}

// What the process may have open, less what it has open for anything else, less the reserve; half of it for
// those that have not proven who they are.
std::size_t Doorkeeper::unproven_max() {
    std::size_t accepted = 0;
    for (const auto& [number, post] : posts_) accepted += post.book.size();
    const auto now = std::chrono::steady_clock::now();
    if (now - counted_ > descriptors_counted_every) {
        counted_ = now;
        const std::size_t open = open_files();
        others_ = open - std::min(open, accepted);
    }
    const std::size_t taken = others_ + limits::descriptors_reserved, most = open_files_max();
    const std::size_t room = most > taken ? most - taken : 0;
    const std::size_t half = std::clamp(room / 2, limits::unproven_least, limits::unproven_most);
    // Those that are proven leave less.
    return room > accepted ? half : std::min(half, limits::unproven_least);
}

Doorkeeper::Door::Door(Doorkeeper& keeper, zmq::context_t& context, zmq::socket_t& listener,
                       const DoorLimits& limits, std::function<void()> news)
    : keeper_(keeper), listener_(listener) {
    static std::atomic<std::uint64_t> next{0};  // endpoints are unique even while an old one is being closed
    const std::string endpoint = "inproc://doorkeeper-" + std::to_string(next++);
    const int wanted = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED;
    if (zmq_socket_monitor(listener.handle(), endpoint.c_str(), wanted | ZMQ_EVENT_MONITOR_STOPPED) != 0)
        throw zmq::error_t();
    zmq::socket_t monitor(context, zmq::socket_type::pair);
    monitor.set(zmq::sockopt::linger, 0);
    monitor.connect(endpoint);
    const std::uint16_t port = port_in(listener.get(zmq::sockopt::last_endpoint));
    const std::lock_guard lock(keeper_.mutex_);
    number_ = keeper_.next_++;
    keeper_.posts_.emplace(number_, Post{std::move(monitor), port, std::move(news), DoorBook(limits), {}});
    keeper_.new_.insert(number_);
    keeper_.poll_.ring();
}

Doorkeeper::Door::~Door() {
    zmq_socket_monitor(listener_.handle(), nullptr, 0);
    std::unique_lock lock(keeper_.mutex_);
    keeper_.ended_.wait(lock, [&] { return !keeper_.posts_.contains(number_); });
}

void Doorkeeper::Door::heard(int descriptor) {
    const std::lock_guard lock(keeper_.mutex_);
    keeper_.posts_.at(number_).book.heard(descriptor);
}

void Doorkeeper::Door::shut(int descriptor) {
    const std::lock_guard lock(keeper_.mutex_);
    Post& post = keeper_.posts_.at(number_);
    const auto here = end_of(descriptor, ::getsockname);
    if (here && here->port == post.port) ::shutdown(descriptor, SHUT_RDWR);
    post.book.closed(descriptor);
}

std::vector<DoorBook::Cut> Doorkeeper::Door::take_cuts() {
    const std::lock_guard lock(keeper_.mutex_);
    return std::exchange(keeper_.posts_.at(number_).cuts, {});
}

}  // namespace xinwang
