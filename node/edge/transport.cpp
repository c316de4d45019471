#include "node/edge/transport.h"

#include <array>
#include <random>
#include <zmq.hpp>

#include "node/edge/connections.h"
#include "node/edge/curve_sockets.h"
#include "node/edge/door_limits.h"
#include "node/edge/link_monitor.h"
#include "node/edge/wake_up.h"
#include "protocol/base/check.h"

namespace xinwang {
namespace {

// libzmq numbers its connections itself; an id of any other form was chosen by the peer, which ours never do.
constexpr std::size_t routing_id_bytes = 5;

constexpr int last_words_ms = 200;
constexpr LinkLimits enrol_limits{limits::enrol_frame_bytes_max, 16 << 10, 16 << 10, 4};

Duration draw_reconnect(const TransportOptions& options) {
    std::mt19937_64 random(options.jitter_seed);
    const auto first = static_cast<std::uint64_t>(options.reconnect_first.count());
    return Duration(static_cast<std::int64_t>(first + random() % (2 * first + 1)));
}

// Every frame of the next message; empty when none waits. What exceeds `frames_max` is read and not kept.
struct Frames {
    std::vector<zmq::message_t> frames;
    std::size_t count = 0;
};
Frames read_message(zmq::socket_t& socket, std::size_t frames_max) {
    Frames message;
    bool more = true;
    while (more) {
        zmq::message_t frame;
        if (!socket.recv(frame, zmq::recv_flags::dontwait)) break;
        more = frame.more();
        if (message.count++ < frames_max) message.frames.push_back(std::move(frame));
    }
    return message;
}

Bytes bytes_of(const zmq::message_t& frame) {
    return {frame.data<std::uint8_t>(), frame.data<std::uint8_t>() + frame.size()};
}

// Whom the ZAP handler admitted on the connection that `body` came by. Read from the body: on 4.3.4 the routing
// id's frame may lack it (node/DESIGN.md, Z8).
std::optional<TransportPublicKey> proven_key(const zmq::message_t& body) {
    const char* user_id = zmq_msg_gets(body.handle(), "User-Id");
    if (user_id == nullptr) return std::nullopt;
    return TransportPublicKey::parse_hex(user_id);
}

// The operating system's descriptor of the connection; -1 when it is not told.
int descriptor_of(const zmq::message_t& body) {
    return zmq_msg_get(body.handle(), ZMQ_SRCFD);
}

// What libzmq itself may hold of one peer: its queue, and the kernel's buffers, which are twice what was asked.
DoorLimits door_limits(const LinkLimits& link) {
    const auto queue = static_cast<std::size_t>(link.queue_messages_max) * link.frame_bytes_max;
    const auto buffers = 2 * static_cast<std::size_t>(link.receive_buffer_bytes);
    return {queue + limits::proven_buffers * buffers, limits::unproven_frames * link.frame_bytes_max};
}

}  // namespace

struct Transport::Parts {
    // A ROUTER and what is known of its peers.
    struct Listener {
        Inbound::From from;
        Connections connections;
        std::optional<zmq::socket_t> socket{};
        std::unique_ptr<Doorkeeper::Door> door{};
        std::string address{};
        void close() {
            door.reset();  // before its socket
            socket.reset();
        }
    };

    const TransportKeys keys;
    TransportKeys client_keys;
    const TransportOptions options;
    const std::shared_ptr<TransportHub> hub;
    const Duration reconnect_first;
    WakeUp wake_up;
    LinkEvents events{[this] { wake_up.ring(); }};
    std::optional<ZapNumber> zap_number;
    std::shared_ptr<const AdmittedKeys> admitted;
    Listener data{Inbound::From::child,
                  Connections(limits::child_connections_max, limits::connections_per_key_max)};
    Listener enrol{Inbound::From::enrol,
                   Connections(limits::enrol_connections_max, limits::connections_per_key_max)};
    std::string parent_address;
    TransportPublicKey parent_key;
    std::optional<zmq::socket_t> parent;
    std::unique_ptr<LinkMonitor> monitor;
    std::size_t next_source = 0;
    std::uint64_t generation = 1;
    TransportStats stats;

    Parts(const TransportKeys& k, TransportOptions o, std::shared_ptr<TransportHub> shared)
        : keys(k),
          client_keys(k),
          options(std::move(o)),
          hub(shared ? std::move(shared) : std::make_shared<TransportHub>(options.io_threads)),
          reconnect_first(draw_reconnect(options)) {}
    ~Parts();

    Result<void> open(Listener& listener, const std::string& address, std::string_view domain,
                      const LinkLimits& limits, std::string_view field);
    Result<void> open_parent();
    void close_parent();
    bool take_from(std::size_t source, std::vector<Inbound>& into);
    bool take_from(Listener& listener, std::vector<Inbound>& into);
    bool take_from_parent(std::vector<Inbound>& into);
    bool heard(const Listener& listener, const TransportPublicKey& key) const;
    void keep_door(Listener& listener, const LinkLimits& link);
    void cut(Listener& listener, std::uint64_t connection);
    void take_cuts(Listener& listener, std::vector<ConnectionCut>& into);
    Sent send(Listener& listener, std::uint64_t connection, View body);
    Sent send_on_parent(View body);
    Sent sent(View body);
    template <class Visit>
    void each_socket(const Visit& visit);
};

template <class Visit>
void Transport::Parts::each_socket(const Visit& visit) {
    for (auto* socket : {&parent, &data.socket, &enrol.socket})
        if (*socket) visit(**socket);
}

Transport::Parts::~Parts() {
    close_parent();
    data.close();
    enrol.close();
    if (zap_number) hub->zap().leave(*zap_number);
}

Result<void> Transport::Parts::open(Listener& listener, const std::string& address, std::string_view domain,
                                    const LinkLimits& link, std::string_view field) {
    auto socket = make_listener(hub->context(), keys, zap_domain(domain, *zap_number), link, options);
    XW_TRY_VOID(bind_to(socket, address, field));
    listener.address = socket.get(zmq::sockopt::last_endpoint);
    listener.socket = std::move(socket);
    ++generation;
    return {};
}

// After the self-test, which has the listener's one monitor until then.
void Transport::Parts::keep_door(Listener& listener, const LinkLimits& link) {
    listener.door = std::make_unique<Doorkeeper::Door>(hub->doors(), hub->context(), *listener.socket,
                                                       door_limits(link), [this] { wake_up.ring(); });
}

void Transport::Parts::cut(Listener& listener, std::uint64_t connection) {
    const Connections::Connection* gone = listener.connections.find(connection);
    if (gone == nullptr) return;
    if (listener.door && gone->descriptor >= 0) listener.door->shut(gone->descriptor);
    listener.connections.forget(connection);
}

void Transport::Parts::take_cuts(Listener& listener, std::vector<ConnectionCut>& into) {
    if (!listener.door) return;
    for (const DoorBook::Cut& cut : listener.door->take_cuts()) {
        ConnectionCut told{0,         std::nullopt, cut.address, cut.why == DoorBook::Why::crowd,
                           cut.bytes, cut.bytes_max};
        if (cut.proven && listener.from == Inbound::From::child)
            told.connection = listener.connections.with_descriptor(cut.descriptor);
        if (const auto* peer = listener.connections.find(told.connection)) told.key = peer->key;
        into.push_back(std::move(told));
    }
}

Result<void> Transport::Parts::open_parent() {
    parent = make_client(hub->context(), client_keys, parent_key, options.parent, options, reconnect_first);
    monitor = std::make_unique<LinkMonitor>(hub->monitors(), hub->context(), *parent, events);
    ++generation;
    const auto connecting = connect_to(*parent, parent_address, "parent");
    if (!connecting) close_parent();
    return connecting;
}

void Transport::Parts::close_parent() {
    if (!parent) return;
    monitor.reset();
    parent.reset();
    events.push(LinkEvent::Kind::recreated, 0);
}

Transport::Transport(const TransportKeys& keys, TransportOptions options, std::shared_ptr<TransportHub> hub)
    : parts_(std::make_unique<Parts>(keys, std::move(options), std::move(hub))) {}

Transport::~Transport() = default;

Result<void> Transport::listen() {
    Parts& p = *parts_;
    XW_CHECK(!p.zap_number);
    if (p.options.data_listen.empty() && p.options.enrol_listen.empty()) return {};
    p.zap_number = p.hub->zap().enter();
    if (!p.options.data_listen.empty()) {
        XW_TRY_VOID(p.open(p.data, p.options.data_listen, zap_domain_data, p.options.children, "data_listen"));
        check_that_strangers_are_rejected(p.hub->context(), *p.data.socket, p.keys, p.options);
        p.keep_door(p.data, p.options.children);
    }
    if (!p.options.enrol_listen.empty()) {
        p.enrol.address = p.options.enrol_listen;
        XW_TRY_VOID(open_enrolment(true));
    }
    p.hub->zap().admit(*p.zap_number, p.admitted);
    return {};
}

const std::string& Transport::data_address() const {
    return parts_->data.address;
}

const std::string& Transport::enrol_address() const {
    return parts_->enrol.address;
}

Result<void> Transport::open_enrolment(bool open) {
    Parts& p = *parts_;
    if (p.enrol.address.empty() || open == p.enrol.socket.has_value()) return {};
    if (!open) {
        p.enrol.close();
        p.enrol.connections.forget_all();
        ++p.generation;
        return {};
    }
    try {
        XW_TRY_VOID(
            p.open(p.enrol, std::string(p.enrol.address), zap_domain_enrol, enrol_limits, "enrol_listen"));
        p.keep_door(p.enrol, enrol_limits);
    } catch (const zmq::error_t& error) {
        p.enrol.close();
        return refuse(Code::machine_refuses, "enrol_listen", error.what());
    }
    return {};
}

void Transport::cut_child(std::uint64_t connection) {
    parts_->cut(parts_->data, connection);
}

std::vector<ConnectionCut> Transport::take_cuts() {
    std::vector<ConnectionCut> cuts;
    parts_->take_cuts(parts_->data, cuts);
    parts_->take_cuts(parts_->enrol, cuts);
    return cuts;
}

std::optional<TransportPublicKey> Transport::key_of(std::uint64_t connection) const {
    const Connections::Connection* peer = parts_->data.connections.find(connection);
    return peer == nullptr ? std::nullopt : std::optional(peer->key);
}

void Transport::admit(std::shared_ptr<const AdmittedKeys> keys) {
    parts_->admitted = keys;
    if (parts_->zap_number) parts_->hub->zap().admit(*parts_->zap_number, std::move(keys));
}

Result<void> Transport::connect_parent(const std::string& address, const TransportPublicKey& parent) {
    close_parent();
    parts_->parent_address = address;
    parts_->parent_key = parent;
    return parts_->open_parent();
}

void Transport::use_as_client(const TransportKeys& keys) {
    parts_->client_keys = keys;
}

void Transport::recreate_parent() {
    XW_CHECK(parts_->parent);
    parts_->close_parent();
    const auto connecting = parts_->open_parent();
    XW_CHECK(connecting);  // the address was good the first time
}

void Transport::close_parent() {
    parts_->close_parent();
}

void Transport::leave_parent(View last_words) {
    if (!parts_->parent) return;
    // libzmq keeps what it has of a closed socket for so long, in the background.
    parts_->parent->set(zmq::sockopt::linger, last_words_ms);
    if (parts_->send_on_parent(last_words) != Sent::yes) parts_->parent->set(zmq::sockopt::linger, 0);
    parts_->close_parent();
}

// Connected peers that lost their admission are no longer heard.
bool Transport::Parts::heard(const Listener& listener, const TransportPublicKey& key) const {
    if (!admitted || admitted->revoked.contains(key)) return false;
    return listener.from == Inbound::From::enrol ? admitted->may_enrol(key) : admitted->admitted.contains(key);
}

// True when there was a message, also one that was dropped.
bool Transport::Parts::take_from(Listener& listener, std::vector<Inbound>& into) {
    if (!listener.socket) return false;
    Frames message = read_message(*listener.socket, 2);
    if (message.count == 0) return false;
    const auto drop = [&] {
        ++stats.dropped;
        return true;
    };
    const int descriptor = descriptor_of(message.frames.back());
    if (message.count != 2) {  // ours has one part: nobody sends another by mistake
        if (listener.door && descriptor >= 0) listener.door->shut(descriptor);
        return drop();
    }
    if (message.frames[1].size() == 0) return drop();
    const std::string routing_id = message.frames[0].to_string();
    if (routing_id.size() != routing_id_bytes || routing_id.front() != '\0') return drop();
    const auto key = proven_key(message.frames[1]);
    if (!key || !heard(listener, *key)) return drop();
    const std::uint64_t connection = listener.connections.arrived(routing_id, *key, descriptor);
    if (listener.door) {
        listener.door->heard(descriptor);
        for (const int gone : listener.connections.take_given_way()) listener.door->shut(gone);
    }
    if (listener.from == Inbound::From::enrol &&
        listener.connections.find(connection)->messages > limits::enrol_messages_max) {
        cut(listener, connection);
        return drop();
    }
    into.push_back({listener.from, connection, *key, bytes_of(message.frames[1])});
    return true;
}

bool Transport::Parts::take_from_parent(std::vector<Inbound>& into) {
    if (!parent) return false;
    Frames message = read_message(*parent, 1);
    if (message.count == 0) return false;
    if (message.count != 1 || message.frames[0].size() == 0) {
        ++stats.dropped;
        return true;
    }
    into.push_back({Inbound::From::parent, 0, parent_key, bytes_of(message.frames[0])});
    return true;
}

bool Transport::Parts::take_from(std::size_t source, std::vector<Inbound>& into) {
    switch (source % 3) {
        case 0:
            return take_from_parent(into);
        case 1:
            return take_from(data, into);
        default:
            return take_from(enrol, into);
    }
}

std::size_t Transport::receive(std::vector<Inbound>& into, std::size_t max) {
    Parts& p = *parts_;
    const std::size_t before = into.size();
    std::size_t silent = 0;  // sources in a row that had nothing
    for (std::size_t looked_at = 0; looked_at < max && silent < 3;) {
        const bool any = p.take_from(p.next_source++, into);
        silent = any ? 0 : silent + 1;
        if (any) ++looked_at;
    }
    for (std::size_t i = before; i < into.size(); ++i) p.stats.bytes_in += into[i].body.size();
    p.stats.messages_in += into.size() - before;
    return into.size() - before;
}

Sent Transport::Parts::sent(View body) {
    ++stats.messages_out;
    stats.bytes_out += body.size();
    return Sent::yes;
}

Sent Transport::Parts::send(Listener& listener, std::uint64_t connection, View body) {
    XW_CHECK(!body.empty());
    const Connections::Connection* to = listener.connections.find(connection);
    if (to == nullptr || !listener.socket) return Sent::gone;
    const auto gone = [&] {
        listener.connections.forget(connection);
        return Sent::gone;
    };
    if (!heard(listener, to->key)) return gone();
    try {
        // With ROUTER_MANDATORY the first frame tells whether there is such a peer and whether it has room.
        const auto flags = zmq::send_flags::dontwait | zmq::send_flags::sndmore;
        if (!listener.socket->send(zmq::buffer(to->routing_id), flags)) return Sent::would_block;
        const auto taken =
            listener.socket->send(zmq::buffer(body.data(), body.size()), zmq::send_flags::dontwait);
        XW_CHECK(taken);  // the room was promised with the first frame
    } catch (const zmq::error_t& error) {
        if (error.num() == EHOSTUNREACH) return gone();
        throw;
    }
    return sent(body);
}

Sent Transport::Parts::send_on_parent(View body) {
    XW_CHECK(!body.empty());
    if (!parent) return Sent::gone;
    if (!parent->send(zmq::buffer(body.data(), body.size()), zmq::send_flags::dontwait))
        return Sent::would_block;
    return sent(body);
}

Sent Transport::send_parent(View body) {
    return parts_->send_on_parent(body);
}

Sent Transport::send_child(std::uint64_t connection, View body) {
    return parts_->send(parts_->data, connection, body);
}

Sent Transport::send_enrol(std::uint64_t connection, View body) {
    return parts_->send(parts_->enrol, connection, body);
}

void Transport::wait(Duration at_most) {
    Parts& p = *parts_;
    std::array<zmq::pollitem_t, 4> items{};
    std::size_t used = 0;
    items[used++] = {nullptr, p.wake_up.fd(), ZMQ_POLLIN, 0};
    p.each_socket([&](zmq::socket_t& socket) { items[used++] = {socket.handle(), 0, ZMQ_POLLIN, 0}; });
    try {
        zmq::poll(items.data(), used, at_most);
    } catch (const zmq::error_t& error) {
        if (error.num() != EINTR) throw;  // a signal: the loop looks at its flags and comes back
    }
    // Whatever rang has been noticed, and the caller looks everywhere after a wait.
    hush();
}

void Transport::hush() {
    parts_->wake_up.hush();
}

std::vector<int> Transport::descriptors() const {
    std::vector<int> descriptors{parts_->wake_up.fd()};
    parts_->each_socket([&](zmq::socket_t& socket) { descriptors.push_back(socket.get(zmq::sockopt::fd)); });
    return descriptors;
}

std::uint64_t Transport::generation() const {
    return parts_->generation;
}

bool Transport::is_ready() const {
    bool ready = false;
    parts_->each_socket(
        [&](zmq::socket_t& socket) { ready = ready || (socket.get(zmq::sockopt::events) & ZMQ_POLLIN) != 0; });
    return ready;
}

void Transport::wake() {
    parts_->wake_up.ring();
}

std::vector<LinkEvent> Transport::take_events() {
    return parts_->events.take();
}

TransportStats Transport::stats() const {
    TransportStats now = parts_->stats;
    now.child_connections = parts_->data.connections.size();
    now.enrol_connections = parts_->enrol.connections.size();
    now.link_events_lost = parts_->events.lost();
    if (parts_->zap_number) {
        const auto counts = parts_->hub->zap().counts(*parts_->zap_number);
        now.zap_admitted = counts.admitted;
        now.zap_rejected = counts.rejected;
    }
    return now;
}

}  // namespace xinwang
