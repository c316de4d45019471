// The node's only way to speak with other nodes: CURVE-authenticated ZeroMQ, bounded everywhere (node/DESIGN.md
// section 7.1).
//
//        children ──DEALER──▶ ROUTER data listener ┐
//        newcomers ─DEALER──▶ ROUTER enrol listener ├─ Transport ──DEALER──▶ the parent's data listener
//                                 ZAP thread ───────┘        └── drain thread of the DEALER's monitor
//
// Threads: a Transport is used by ONE thread at a time; only wake() may be called from any. What several share
// in a process (the ZeroMQ context, two threads) is their hub (transport_hub.h). Invariants: a body is handed
// up only with the key that CURVE proved for its connection; queues of ZeroMQ are never storage (what was sent
// may be lost, and the peer's own acknowledgement is the only proof of arrival); nothing an unauthenticated
// peer sends allocates more than the frame limit of its listener. Units: bytes, milliseconds. Errors: refusals
// for addresses and for what a parent does; machine failures (no file descriptors, no ZAP enforcement in this
// libzmq) are exceptions.
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

// Kernel buffers and the largest frame, by how thick the link is.
struct LinkLimits {
    std::size_t frame_bytes_max = limits::frame_bytes_max;
    int send_buffer_bytes = 64 << 10;
    int receive_buffer_bytes = 64 << 10;
    int queue_messages_max = 16;  // SNDHWM and RCVHWM, for each peer
};
inline constexpr LinkLimits thin_link{};
// Between a county and its city. Frames are the same everywhere; more of them are under way.
inline constexpr LinkLimits fat_link{limits::frame_bytes_max, 512 << 10, 512 << 10, 128};

struct TransportOptions {
    std::string data_listen;   // "tcp://0.0.0.0:7301"; empty: no children; port * : any free one
    std::string enrol_listen;  // empty: no newcomers
    LinkLimits children = thin_link;
    LinkLimits parent = thin_link;
    Duration heartbeat{15'000};
    Duration handshake{8'000};
    // The first retry waits this long, drawn once from [first, 3 × first]; then doubling up to the maximum.
    Duration reconnect_first{5'000};
    Duration reconnect_max{300'000};
    Duration connect_timeout{10'000};
    std::uint64_t jitter_seed = 0;  // anything that differs between nodes
    int io_threads = 1;             // of a hub of its own; 2 or more at counties and the city
};

struct Inbound {
    enum class From : std::uint8_t { parent, child, enrol };
    From from = From::child;
    // Of this peer's connection, never given twice in one life of the process: a peer that reconnects comes
    // with a fresh number. 0 for the parent.
    std::uint64_t connection = 0;
    TransportPublicKey key;  // proven by CURVE
    Bytes body;              // never empty
};

// What became of a body: `yes` says only that a queue took it. `would_block`: the peer's queue is full or the
// parent is not connected; ask again later. `gone`: this connection will never take anything.
enum class [[nodiscard]] Sent : std::uint8_t{yes, would_block, gone};

struct TransportStats {
    std::size_t child_connections = 0;  // known by a message and not yet found gone
    std::size_t enrol_connections = 0;
    std::uint64_t messages_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t dropped = 0;  // inbound: no User-Id, empty body, wrong number of frames
    std::uint64_t zap_admitted = 0;
    std::uint64_t zap_rejected = 0;
    std::uint64_t link_events_lost = 0;  // more than the bounded queue held
};

// A connection that was ended: a peer's whose key is known by then, or a stranger's.
struct ConnectionCut {
    std::uint64_t connection = 0;
    std::optional<TransportPublicKey> key;
    std::string address;
    bool crowd = false;  // one of too many; else a message without end
    std::size_t bytes = 0;
    std::size_t bytes_max = 0;
};

class Transport {
  public:
    // Without a hub it makes one of its own.
    Transport(const TransportKeys& keys, TransportOptions options, std::shared_ptr<TransportHub> hub = {});
    ~Transport();
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    // Opens the listeners that the options name, then connects to the data listener with an unknown key: were
    // it let in, the process would stop here. Refuses an address that is malformed or taken. Nobody is admitted
    // before admit().
    Result<void> listen();
    // Where the listeners really are, wildcards resolved; empty without one.
    const std::string& data_address() const;
    const std::string& enrol_address() const;

    // Who may connect from now on, and who is still heard: libzmq 4.3.4 cannot cut one connection, so the
    // bodies of a connected child that is no longer admitted are dropped and what is sent to it is `gone`.
    void admit(std::shared_ptr<const AdmittedKeys> keys);
    // Closes the enrolment listener, or opens it again at the address that it had. Refuses an address that was
    // taken meanwhile; nothing where there is none.
    Result<void> open_enrolment(bool open);
    // Ends a child's connection from below libzmq, which has no way to.
    void cut_child(std::uint64_t connection);
    // Connections that the doorkeeper has ended since the last call (door_book.h).
    std::vector<ConnectionCut> take_cuts();
    // Whose connection it is; nothing when it is gone.
    std::optional<TransportPublicKey> key_of(std::uint64_t connection) const;

    // Returns at once; link events tell the rest. Replaces an earlier parent. Refuses a malformed address.
    Result<void> connect_parent(const std::string& address, const TransportPublicKey& parent);
    // The keys of the next connection to the parent; listeners keep theirs.
    void use_as_client(const TransportKeys& keys);
    // Destroys the socket and everything in flight on it, and connects anew. Requires a parent.
    void recreate_parent();
    void close_parent();
    // The same, but that these last words have a moment to get out. They may be lost all the same.
    void leave_parent(View last_words);

    // Appends up to `max` waiting bodies, one from each socket in turn. Returns how many. Never blocks.
    std::size_t receive(std::vector<Inbound>& into, std::size_t max);

    Sent send_parent(View body);
    Sent send_child(std::uint64_t connection, View body);
    Sent send_enrol(std::uint64_t connection, View body);

    // Returns when a body or a link event waits, wake() was called, or the time is over. A caller that was told
    // would_block waits a few milliseconds at most and tries again.
    void wait(Duration at_most);
    // From any thread: the present or next wait() returns at once.
    void wake();

    // For a caller that waits for many transports at once. `descriptors`: readable when there is news; they
    // ring once, and not for what was there before: after any other call here, is_ready() tells. They change
    // with `generation`.
    std::vector<int> descriptors() const;
    std::uint64_t generation() const;
    void hush();  // wake() was heard
    bool is_ready() const;

    // What the parent's link did since the last call, in order.
    std::vector<LinkEvent> take_events();

    TransportStats stats() const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

// The newcomer's side of enrolment: one connection, used once, by one thread, without a Transport.
class EnrolClient {
  public:
    // Refuses a malformed address.
    static Result<EnrolClient> connect(const std::string& address, const TransportPublicKey& server,
                                       const TransportKeys& keys);
    ~EnrolClient();
    EnrolClient(EnrolClient&&) noexcept;
    EnrolClient& operator=(EnrolClient&&) noexcept;

    // Waits for the connection and hands the body over. Refuses with the diagnosis of the link when the time is
    // over.
    Result<void> send(View body, Duration at_most);
    // Refuses with the diagnosis of the link when the time is over.
    Result<Bytes> receive(Duration at_most);

  private:
    struct Parts;
    explicit EnrolClient(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace xinwang
