#include "node/edge/curve_sockets.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>

#include "protocol/base/check.h"

namespace xinwang {
namespace {

// Hidden by Debian's header as a draft, and in force all the same (node/DESIGN.md, Z1).
constexpr int option_zap_enforce_domain = 93;
// A TTL over 65.5 s overflows inside libzmq and drops healthy peers (finding 3).
constexpr Duration heartbeat_ttl_max{60'000};
constexpr Duration verdict_wait_max{10'000};
constexpr int backlog = 4096;
// What CURVE puts around a body: "\x07MESSAGE", nonce, tag and flags are 33 bytes; the limit counts them.
constexpr std::int64_t curve_overhead_bytes = 64;

int count(Duration d) {
    return static_cast<int>(d.count());
}

void set_limits(zmq::socket_t& socket, const LinkLimits& limits) {
    const auto frame_bytes_max = static_cast<std::int64_t>(limits.frame_bytes_max) + curve_overhead_bytes;
    socket.set(zmq::sockopt::maxmsgsize, frame_bytes_max);
    // Set with the wrong width it would stay unlimited, silently (finding 6).
    std::int64_t in_force = -1;
    std::size_t size = sizeof in_force;
    if (zmq_getsockopt(socket.handle(), ZMQ_MAXMSGSIZE, &in_force, &size) != 0 || size != sizeof in_force ||
        in_force != frame_bytes_max)
        throw TransportFailure("libzmq does not keep the frame limit");
    socket.set(zmq::sockopt::sndbuf, limits.send_buffer_bytes);
    socket.set(zmq::sockopt::rcvbuf, limits.receive_buffer_bytes);
    socket.set(zmq::sockopt::sndhwm, limits.queue_messages_max);
    socket.set(zmq::sockopt::rcvhwm, limits.queue_messages_max);
}

void set_liveness(zmq::socket_t& socket, const TransportOptions& options) {
    socket.set(zmq::sockopt::heartbeat_ivl, count(options.heartbeat));
    socket.set(zmq::sockopt::heartbeat_timeout, count(3 * options.heartbeat));
    socket.set(zmq::sockopt::heartbeat_ttl, count(std::min(4 * options.heartbeat, heartbeat_ttl_max)));
    socket.set(zmq::sockopt::tcp_keepalive, 1);
    socket.set(zmq::sockopt::tcp_keepalive_idle, 60);
    socket.set(zmq::sockopt::tcp_keepalive_intvl, 15);
    socket.set(zmq::sockopt::tcp_keepalive_cnt, 4);
    socket.set(zmq::sockopt::linger, 0);
}

void set_keys(zmq::socket_t& socket, const TransportKeys& keys) {
    const auto raw = [](const auto& block) {
        return zmq::const_buffer(block.bytes.data(), block.bytes.size());
    };
    socket.set(zmq::sockopt::curve_publickey, raw(keys.public_key));
    socket.set(zmq::sockopt::curve_secretkey, raw(keys.secret_key));
}

void enforce_zap(zmq::socket_t& socket) {
    const int on = 1;
    int in_force = 0;
    std::size_t size = sizeof in_force;
    if (zmq_setsockopt(socket.handle(), option_zap_enforce_domain, &on, sizeof on) != 0 ||
        zmq_getsockopt(socket.handle(), option_zap_enforce_domain, &in_force, &size) != 0 || in_force != 1)
        throw TransportFailure("this libzmq cannot enforce ZAP: it would admit anybody");
}

Result<void> refuse_address(const zmq::error_t& error, const std::string& address, std::string_view field) {
    switch (error.num()) {
        case EINVAL:
        case EPROTONOSUPPORT:
        case ENOCOMPATPROTO:
            return refuse(Code::bad_address, field, address);
        case EADDRINUSE:
            return refuse(Code::address_taken, field, address);
        case EADDRNOTAVAIL:
        case ENODEV:
        case EACCES:
            return refuse(Code::address_not_here, field, address);
        default:
            throw error;
    }
}

}  // namespace

TransportKeys generate_transport_keys() {
    std::array<char, 41> public_text{};
    std::array<char, 41> secret_text{};
    if (zmq_curve_keypair(public_text.data(), secret_text.data()) != 0)
        throw TransportFailure("this libzmq has no CURVE");
    TransportKeys keys;
    XW_CHECK(zmq_z85_decode(keys.public_key.bytes.data(), public_text.data()) != nullptr);
    XW_CHECK(zmq_z85_decode(keys.secret_key.bytes.data(), secret_text.data()) != nullptr);
    return keys;
}

TransportPublicKey transport_public_key(const TransportSecretKey& secret) {
    std::array<char, 41> public_text{};
    std::array<char, 41> secret_text{};
    XW_CHECK(zmq_z85_encode(secret_text.data(), secret.bytes.data(), secret.bytes.size()) != nullptr);
    if (zmq_curve_public(public_text.data(), secret_text.data()) != 0)
        throw TransportFailure("this libzmq has no CURVE");
    TransportPublicKey key;
    XW_CHECK(zmq_z85_decode(key.bytes.data(), public_text.data()) != nullptr);
    return key;
}

zmq::socket_t make_listener(zmq::context_t& context, const TransportKeys& keys, std::string_view zap_domain,
                            const LinkLimits& limits, const TransportOptions& options) {
    zmq::socket_t socket(context, zmq::socket_type::router);
    set_limits(socket, limits);
    set_liveness(socket, options);
    set_keys(socket, keys);
    socket.set(zmq::sockopt::curve_server, true);
    socket.set(zmq::sockopt::zap_domain, std::string(zap_domain));
    enforce_zap(socket);
    socket.set(zmq::sockopt::handshake_ivl, count(options.handshake));
    socket.set(zmq::sockopt::router_mandatory, true);
    socket.set(zmq::sockopt::router_handover, false);
    socket.set(zmq::sockopt::backlog, backlog);
    return socket;
}

zmq::socket_t make_client(zmq::context_t& context, const TransportKeys& keys, const TransportPublicKey& server,
                          const LinkLimits& limits, const TransportOptions& options, Duration reconnect_first) {
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    set_limits(socket, limits);
    set_liveness(socket, options);
    set_keys(socket, keys);
    socket.set(zmq::sockopt::curve_serverkey, zmq::const_buffer(server.bytes.data(), server.bytes.size()));
    // Longer than the server's: then a server that waits out its own interval is seen to hang up, and only one
    // that says nothing at all runs into ours (parent_diagnosis.h).
    socket.set(zmq::sockopt::handshake_ivl, count(options.handshake * 3 / 2));
    socket.set(zmq::sockopt::immediate, true);
    socket.set(zmq::sockopt::reconnect_ivl, count(reconnect_first));
    socket.set(zmq::sockopt::reconnect_ivl_max, count(options.reconnect_max));
    socket.set(zmq::sockopt::connect_timeout, count(options.connect_timeout));
    return socket;
}

Result<void> bind_to(zmq::socket_t& socket, const std::string& address, std::string_view field) {
    if (!address.starts_with("tcp://")) return refuse(Code::bad_address, field, address);
    try {
        socket.bind(address);
    } catch (const zmq::error_t& error) {
        return refuse_address(error, address, field);
    }
    return {};
}

Result<void> connect_to(zmq::socket_t& socket, const std::string& address, std::string_view field) {
    if (!address.starts_with("tcp://")) return refuse(Code::bad_address, field, address);
    try {
        socket.connect(address);
    } catch (const zmq::error_t& error) {
        return refuse_address(error, address, field);
    }
    return {};
}

void check_that_strangers_are_rejected(zmq::context_t& context, zmq::socket_t& listener,
                                       const TransportKeys& keys, const TransportOptions& options) {
    static std::atomic<std::uint64_t> next{0};  // listeners of several nodes may be at it
    const std::string endpoint = "inproc://listener-self-test-" + std::to_string(next++);
    const int verdicts = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    if (zmq_socket_monitor(listener.handle(), endpoint.c_str(), verdicts) != 0) throw zmq::error_t();
    zmq::socket_t monitor(context, zmq::socket_type::pair);
    monitor.set(zmq::sockopt::linger, 0);
    monitor.set(zmq::sockopt::rcvtimeo, count(verdict_wait_max));
    monitor.connect(endpoint);

    auto stranger = make_client(context, generate_transport_keys(), keys.public_key, thin_link, options,
                                options.reconnect_first);
    stranger.connect(listener.get(zmq::sockopt::last_endpoint));

    zmq::message_t event;
    const bool told = monitor.recv(event).has_value() && event.size() >= sizeof(std::uint16_t);
    std::uint16_t kind = 0;
    if (told) std::memcpy(&kind, event.data(), sizeof kind);
    // Stops the monitor: unread, it would block the thread that serves everybody (finding 5).
    zmq_socket_monitor(listener.handle(), nullptr, 0);
    if (kind != ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
        throw TransportFailure(told ? "the data listener let a stranger in"
                                    : "the data listener's self-test had no verdict");
}

}  // namespace xinwang
