// One conversation with a peer, from its Hello to its loss. A value owned by the core; dies with the
// connection, and nothing durable depends on it. Pure.
#pragma once

#include "node/core/logbook.h"
#include "node/core/receiver.h"
#include "node/core/sender.h"
#include "protocol/base/time.h"

namespace xinwang {

struct RefusedLog {
    Refusal refusal;
    Instant at;
};

struct Session {
    SessionNumber number = 0;
    NodeId peer;
    bool parent = false;           // the peer is this node's parent
    std::uint16_t version = 0;     // of the protocol, as both agreed
    std::uint64_t connection = 0;  // the transport's number for it; 0 for the parent's
    std::uint64_t boot_nonce = 0;  // of the peer's process
    Incarnation incarnation;       // of the peer, when it is a child
    Instant since;
    Instant heard;  // last message from the peer
    Instant next_ping;
    Instant progressed;    // when the peer last gave sign that pieces arrive, or nothing was in flight
    bool resumed = false;  // both sides have said what they hold: batches may flow
    std::map<LogId, Holding> stated;      // the peer's holdings as said so far, until resumed
    std::map<NodeId, std::size_t> named;  // of these, the logs not held here, by their origin
    std::map<LogId, HeadsAhead> early;    // heads of logs whose first batch is on its way
    std::optional<Refusal> over;          // a budget that the message being heard went over
    std::map<LogId, RefusedLog> refused;  // logs the peer will not take, or we cannot read
    Sender sender;
    Receiver receiver{limits::window_pieces_thin};
};

}  // namespace xinwang
