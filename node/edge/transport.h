// The node's only way to speak with other nodes: CURVE-authenticated ZeroMQ, bounded everywhere
// (node/DESIGN.md section 7.1).
//
//        children ──DEALER──▶ ROUTER data listener ┐
//        newcomers ─DEALER──▶ ROUTER enrol listener ├─ Transport ──DEALER──▶ the parent's data listener
//                                 ZAP thread ───────┘        └── drain thread of the DEALER's monitor
//
// Threads: a Transport is used by ONE thread at a time; only wake() may be called from any. Several
// transports of a process share a hub (the ZeroMQ context, two threads; transport_hub.h). Invariants: a body
// is handed up only with the key that CURVE proved for its connection; queues of ZeroMQ are never storage (a
// sent body may be lost, and the peer's own acknowledgement is the only proof of arrival); an unauthenticated
// peer cannot make the node allocate more than the frame limit of its listener. Units: bytes, milliseconds.
// Errors: refusals for addresses and for a parent's doings; machine failures (no file descriptors, no ZAP
// enforcement in this libzmq) are exceptions.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/edge/parent_diagnosis.h"
#include "node/edge/transport_hub.h"
#include "protocol/base/ids.h"
#include "protocol/base/limits.h"
#include "protocol/base/refusal.h"
#include "protocol/base/time.h"

namespace xinwang {

// Raw CURVE keys. The secret is copied into ZeroMQ's ordinary heap (node/DESIGN.md, Z9): it opens the
// wire and nothing else.
using TransportSecretKey = Block<32, struct TransportSecretKeyTag>;
struct TransportKeys {
    TransportPublicKey public_key;
    TransportSecretKey secret_key;
};
TransportKeys generate_transport_keys();
TransportPublicKey transport_public_key(const TransportSecretKey& secret);

// Kernel buffers and the largest frame, by the bandwidth of the link.
struct LinkLimits {
    std::size_t frame_bytes_max = limits::frame_bytes_max;
    int send_buffer_bytes = 64 << 10;
    int receive_buffer_bytes = 64 << 10;
    int queue_messages_max = 16;  // SNDHWM and RCVHWM, for each peer
};
inline constexpr LinkLimits thin_link{};
// The link between a county and its city. Frames are the same everywhere; more of them are under way.
inline constexpr LinkLimits fat_link{limits::frame_bytes_max, 512 << 10, 512 << 10, 128};

struct TransportOptions {
    std::string data_listen;   // "tcp://0.0.0.0:7301"; empty: no children; port * : any free one
    std::string enrol_listen;  // empty: no newcomers
    LinkLimits children = thin_link;
    LinkLimits parent = thin_link;
    Duration heartbeat{15'000};
    Duration handshake{8'000};
    // The first retry waits for a time drawn once from [first, 3 × first]; each later wait doubles, up to the
    // maximum.
    Duration reconnect_first{5'000};
    Duration reconnect_max{300'000};
    Duration connect_timeout{10'000};
    std::uint64_t jitter_seed = 0;  // anything that differs between nodes
    int io_threads = 1;             // of a hub of its own; 2 or more at counties and the city
};

struct Inbound {
    enum class From : std::uint8_t { parent, child, enrol };
    From from = From::child;
    // The number of this peer's connection, never given twice in one life of the process: a peer that
    // reconnects gets a fresh number. 0 for the parent.
    std::uint64_t connection = 0;
    TransportPublicKey key;  // proven by CURVE
    Bytes body;              // never empty
};

// The fate of a body: `yes` says only that a queue took it. `would_block`: the peer's queue is full or the
// parent is not connected; ask again later. `gone`: this connection will never take a body again.
enum class [[nodiscard]] Sent : std::uint8_t{yes, would_block, gone};

struct TransportStats {
    std::size_t child_connections = 0;  // known by a message, not yet found gone
    std::size_t enrol_connections = 0;
    std::uint64_t messages_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t dropped = 0;  // inbound: no User-Id, empty body, wrong number of frames
    std::uint64_t zap_admitted = 0;
    std::uint64_t zap_rejected = 0;
    std::uint64_t link_events_lost = 0;  // beyond the bounded queue
};

// A connection that the doorkeeper has ended, with the peer's key when it was known by then.
struct ConnectionCut {
    std::uint64_t connection = 0;
    std::optional<TransportPublicKey> key;
    std::string address;
    bool crowd = false;  // true: one of too many; false: a message without end
    std::size_t bytes = 0;
    std::size_t bytes_max = 0;
};

class Transport {
  public:
    // Makes a hub of its own when `hub` is empty.
    Transport(const TransportKeys& keys, TransportOptions options, std::shared_ptr<TransportHub> hub = {});
    ~Transport();
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    // Opens the listeners that the options name, then connects to the data listener with an unknown key: if
    // the listener let that key in, the process would stop here. Refuses an address that is malformed or
    // taken. Nobody is admitted before admit().
    Result<void> listen();
    // The addresses of the open listeners, wildcards resolved; empty without a listener.
    const std::string& data_address() const;
    const std::string& enrol_address() const;

    // Sets the keys that may connect from now on and are still heard. libzmq 4.3.4 cannot cut one connection,
    // so the bodies from a connected child that is no longer admitted are dropped, and sending to it gives
    // `gone`.
    void admit(std::shared_ptr<const AdmittedKeys> keys);
    // Closes the enrolment listener, or opens it again at the address that it had; does nothing when the
    // options name none. Refuses an address that was taken meanwhile.
    Result<void> open_enrolment(bool open);
    // Ends a child's connection from below libzmq, which cannot end one itself.
    void cut_child(std::uint64_t connection);
    // The connections that the doorkeeper has ended since the last call (door_book.h).
    std::vector<ConnectionCut> take_cuts();
    // The key of the connection's peer; nothing when the connection is gone.
    std::optional<TransportPublicKey> key_of(std::uint64_t connection) const;

    // Begins to connect and returns at once; link events tell the rest. Replaces an earlier parent. Refuses a
    // malformed address.
    Result<void> connect_parent(const std::string& address, const TransportPublicKey& parent);
    // Sets the keys for the next connection to the parent; listeners keep theirs.
    void use_as_client(const TransportKeys& keys);
    // Destroys the socket and everything in flight on it, and connects anew. Requires a parent.
    void recreate_parent();
    void close_parent();
    // Closes the parent's socket, but gives these last words a moment to get out. They may be lost all the
    // same.
    void leave_parent(View last_words);

    // Appends up to `max` waiting bodies, one from each socket in turn. Returns how many. Never blocks.
    std::size_t receive(std::vector<Inbound>& into, std::size_t max);

    Sent send_parent(View body);
    Sent send_child(std::uint64_t connection, View body);
    Sent send_enrol(std::uint64_t connection, View body);

    // Returns when a body or a link event waits, wake() was called, or the time is over. A caller that was
    // told would_block waits a few milliseconds at most and tries again.
    void wait(Duration at_most);
    // Makes the present or next wait() return at once; from any thread.
    void wake();

    // For a caller that waits for many transports at once. The descriptors become readable when there is
    // news. They ring once, and not for news that waited before: after any other call here, ask is_ready().
    // They change with `generation`.
    std::vector<int> descriptors() const;
    std::uint64_t generation() const;
    void hush();  // clears the bell that wake() rang
    bool is_ready() const;

    // The events of the parent's link since the last call, in order.
    std::vector<LinkEvent> take_events();

    TransportStats stats() const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

// The newcomer's side of enrolment: one connection, used once, by one thread, without a Transport.
class EnrolClient {
  public:
    // Begins to connect. Refuses a malformed address.
    static Result<EnrolClient> connect(const std::string& address, const TransportPublicKey& server,
                                       const TransportKeys& keys);
    ~EnrolClient();
    EnrolClient(EnrolClient&&) noexcept;
    EnrolClient& operator=(EnrolClient&&) noexcept;

    // Waits for the connection and hands the body over. Refuses with the diagnosis of the link when the time
    // is over.
    Result<void> send(View body, Duration at_most);
    // Refuses with the diagnosis of the link when the time is over.
    Result<Bytes> receive(Duration at_most);

  private:
    struct Parts;
    explicit EnrolClient(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace xinwang
