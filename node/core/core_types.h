// The inputs and outputs of a core: the node's identity, its times, arrivals and sends. Plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node/core/healing.h"
#include "node/core/submission.h"
#include "protocol/base/time.h"
#include "protocol/catalogue.h"
#include "protocol/keys.h"
#include "topology/directory_statement.h"
#include "topology/order.h"
#include "topology/renewal.h"

namespace xinwang {

// The edge's judgement, when a core begins, whether the store is this node's newest (WIRE.md section 7.2).
enum class Memory : std::uint8_t {
    held,      // this process has written it, or a head file elsewhere says so: nothing to ask
    proven,    // the store lies where this node last put it: a copy does not, a snapshot of the whole disk does
    unproven,  // no evidence either way
    set_back,  // it is a copy, or less than the head file names
};

// The identity of a node for as long as the process lives.
struct Identity {
    NodeId node;
    SigningKey sign_key;
    Incarnation incarnation;       // the store's: Core reads it there
    std::uint64_t boot_nonce = 0;  // random at each start
    // Opening keys; a node without them renews no certificate, neither its own nor its children's.
    std::optional<OpeningKeys> open_keys = std::nullopt;
    // The next keys, durable already and not certified yet.
    std::optional<SigningKey> next_sign = std::nullopt;
    std::optional<OpeningKey> next_transport = std::nullopt;  // an X25519 key, as CURVE's are
    // True while children still reach the node by the transport key before the certified one: they are told
    // first.
    bool listens_behind = false;
    Memory memory = Memory::held;
    // The place of the store, by which the edge tells it from a copy: kept as soon as the memory is known to
    // be whole.
    Bytes home = {};
};

// Kinds of keys: those that the edge makes, durably, before a certificate for them is asked for, or those
// that have come into force.
struct KeyWish {
    std::optional<std::uint32_t> opening;  // this epoch's
    bool sign = false;
    bool transport = false;
    bool any() const { return opening || sign || transport; }
};
struct NewKeys {
    std::optional<OpeningKey> opening;
    std::optional<SigningKey> sign;
    std::optional<OpeningKey> transport;
};

struct Timing {
    Duration hello_every{2'000};      // until welcomed
    Duration ping_every{15'000};      // three without an answer: the connection is made anew
    Duration stall_after{60'000};     // nothing of what is in flight was acknowledged: the session is made anew
    Duration refresh_every{60'000};   // logs that some ancestor has not confirmed are named to the parent again
    Duration retry_refused{600'000};  // a log that the parent refused is offered again
    Duration retry_full{10'000};      // the same when its disk was full
    Duration head_every{3'600'000};   // an idle origin still says where its logs stand
    Duration settle_max{600'000};     // a restored node waits so long for its own batches from its parent
    Duration resume_wait{30'000};  // a starting node numbers nothing before its parent has spoken, or so long
    std::uint64_t scrub_bytes_per_s = 5'000'000;  // 0: the store is not read again by itself
    Duration scrub_every{7 * 86'400'000};         // from one beginning to the next
    Healing::Patience healing;
    RenewalTerms renewal;
};

// The addresses at which children reach this node; empty when it takes none. They go into invitations.
struct Addresses {
    std::string data;
    std::string enrol;
    TransportPublicKey transport_key;
};

// The newcomers that the enrolment listener is open for.
struct EnrolmentDoor {
    bool open = false;  // an invitation waits for somebody
    bool used = false;  // an invitation has let somebody in, who may come again
    bool operator==(const EnrolmentDoor&) const = default;
};

// The socket that a message came in by or goes out by.
enum class Side : std::uint8_t { parent, child, enrol };
using ConnectionId = std::uint64_t;

struct Arrival {
    Side side = Side::child;
    ConnectionId connection = 0;
    TransportPublicKey key;  // authenticated by CURVE
    View body;
    std::optional<OpeningKey>
        fresh_key;  // for a newcomer's challenge; drawn by the edge for messages by Side::enrol
};

struct Send {
    Side side = Side::child;
    ConnectionId connection = 0;
    Bytes frame;
};

// Something an operator should know, kept in a short list (`status`).
struct Finding {
    Instant at;
    Refusal refusal;
    std::optional<LogId> log = std::nullopt;  // the log that it came in, and so its origin
    NodeId by = {};                           // the neighbour that it came from; zero: the node's own
};

// A submission as handed in; its file is already durable in the spool.
struct NewSubmission {
    SubmissionId id;
    std::string name;
    std::string catalogue;
    Action action = Action::publish;
    std::uint64_t file_bytes = 0;
    Bytes cursor;           // where intake begins; empty: at the start, the encoding found out
    std::uint32_t day = 0;  // yyyymmdd, by the machine's calendar
};
// An order to put a node below another parent.
struct MoveOrder {
    DivisionCode node, parent, code;
    std::string name;           // empty: as it is
    std::string address;        // the new parent's
    std::vector<Bytes> rekeys;  // of the node, as they came (read_rekeys())
};
// An order to hand records of one node to another: those of the catalogue and of the subject, all where these
// are empty.
struct TransferOrder {
    DivisionCode from, to;
    std::string catalogue, subject, reason;
};
// The second person's word on an order.
struct Approval {
    OrderId order;
    OrderWord word;
};
// The changes that a drafted directory statement makes to the one before.
struct DirectoryChange {
    std::optional<RootSet> roots;
    std::vector<Operator> add_operators;
    std::vector<std::string> drop_operators;  // by name
    std::int64_t days = limits::statement_days;
    std::uint16_t grace_days = limits::grace_days;
};
struct SubmissionTaken {
    SubmissionId id;
    bool already = false;  // the same file was handed in before: nothing changes
};

}  // namespace xinwang
