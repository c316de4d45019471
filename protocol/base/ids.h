// The names of things on the wire and in the store (DESIGN words: node, log, lane, incarnation, batch, record).
// All are fixed-size blocks or small integers; WIRE.md section 2 gives their meaning byte by byte.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/codec.h"

namespace xinwang {

using NodeId = Block<16, struct NodeIdTag>;  // BLAKE2b-128 of "XW-node" | first signing key; never changes
using Incarnation = Block<16, struct IncarnationTag>;  // random; a node's life between two losses of memory
using BatchId = Block<32, struct BatchIdTag>;          // BLAKE2b-256 of the signed header
using RecordId = Block<16, struct RecordIdTag>;        // BLAKE2b-128 of catalogue and natural key
using SubmissionId = Block<16, struct SubmissionIdTag>;
using Hash256 = Block<32, struct Hash256Tag>;

using SignPublicKey = Block<32, struct SignPublicKeyTag>;            // Ed25519
using OpenPublicKey = Block<32, struct OpenPublicKeyTag>;            // X25519: batches are sealed for it
using TransportPublicKey = Block<32, struct TransportPublicKeyTag>;  // CURVE
using Signature = Block<64, struct SignatureTag>;

// The sequence number of a batch in its log, from 0. The log's size is the next batch's number.
using Seq = std::uint64_t;

// Lanes are separate logs, so that a correction never waits behind a backlog. They are sent in this order.
enum class Lane : std::uint8_t { trust = 1, rights = 2, records = 3 };
inline constexpr Lane all_lanes[] = {Lane::trust, Lane::rights, Lane::records};
const char* lane_name(Lane lane);
std::optional<Lane> parse_lane(std::uint8_t number);

// The name of one append-only sequence of batches. `toward` is the one node, below the origin, that the log
// is addressed to; zero: the log is for all ancestors of the origin, and, at the city, which has none, for
// all nodes below.
struct LogId {
    NodeId origin;
    Incarnation incarnation;
    Lane lane = Lane::records;
    NodeId toward;
    auto operator<=>(const LogId&) const = default;

    static constexpr std::size_t size = 16 + 16 + 1 + 16;
    void write(Writer& out) const;
    // Refuses an unknown lane.
    static Result<LogId> read(Reader& in);
    // The origin line of the log's heads: "xinwang.log/<origin>/<incarnation>/<lane>/<toward>", ids in
    // hexadecimal.
    std::string origin_line() const;
};

struct LogIdHash {
    std::size_t operator()(const LogId& id) const {
        const BlockHash h;
        return h(id.origin) ^ (h(id.incarnation) * 3) ^ (h(id.toward) * 7) ^ static_cast<std::size_t>(id.lane);
    }
};

}  // namespace xinwang
