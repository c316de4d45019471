// Messages between a node and its parent: one body frame each, `u8 type | fields` in the fixed-layout codec
// (WIRE.md section 6). The same set serves both directions. Parsing is bounded: no message is larger than
// limits::frame_bytes_max and none allocates more than it carries. Pure.
//
//   child                                  parent
//     Hello{versions, who, for whom}  ->
//                                     <-   Welcome{version, credit}   or Refused{why}
//     Have{logs}*  HaveEnd            ->
//                                     <-   Have{logs}*  HaveEnd
//     Piece* Head                     ->                               what the other lacks, lane by lane
//                                     <-   Held (durable here), Credit, Receipt
//     Want (a batch gone bad here)    <->  its Pieces                  or Refused{why}
//     Renew{a certificate wanted}     ->   RenewAnswer
//     Ping                            <->  Pong
#pragma once

#include <variant>

#include "protocol/base/ids.h"
#include "protocol/base/limits.h"
#include "protocol/base/refusal_codec.h"

namespace xinwang {

// Versions of this protocol that the program speaks. A node and its parent use the highest version that both
// know.
inline constexpr std::uint16_t protocol_version_min = 1;
inline constexpr std::uint16_t protocol_version_max = 5;
// The first version in which a Want may be said.
inline constexpr std::uint16_t protocol_version_want = 2;
// The first version with Renew and its answer.
inline constexpr std::uint16_t protocol_version_renew = 3;
// The first version in which the remains of an expired batch are sent (Piece).
inline constexpr std::uint16_t protocol_version_expired = 4;
// The first version with logs of lane `rights` toward one node: verdicts and transfers.
inline constexpr std::uint16_t protocol_version_verdict = 5;

struct Hello {
    std::uint16_t version_min = protocol_version_min;
    std::uint16_t version_max = protocol_version_max;
    NodeId node;             // the speaker, to whom the connection's transport key must belong
    NodeId expected_parent;  // a connection that ends at another node is refused by name
    Incarnation incarnation;
    std::uint64_t boot_nonce = 0;   // random at each start of the process
    std::uint64_t hello_nonce = 0;  // rises with every Hello: an answer to an earlier one is recognised
};

struct Welcome {
    std::uint16_t version = protocol_version_max;
    NodeId node;                    // the parent
    std::uint64_t boot_nonce = 0;   // the parent's own
    std::uint64_t hello_nonce = 0;  // the child's, echoed
};

// The part of one log that one side durably holds. `confirmed`: the size up to which the receipts that the
// speaker holds from all its ancestors cover the log.
struct Holding {
    LogId log;
    Seq size = 0;
    BatchId last;  // id of batch size-1, zero when size is 0
    Seq confirmed = 0;
};
struct Have {
    std::vector<Holding> holdings;
    static constexpr std::size_t per_message_max = 500;
};
struct HaveEnd {};

// One piece of one batch, byte for byte as stored. Pieces of a batch are sent in order, `index` from 0 (the
// header). An expired batch has three: its header, the statement of expiry and, upward, a receipt that proves
// that the batch was held above (WIRE.md section 8.7).
struct Piece {
    LogId log;
    Seq seq = 0;
    std::uint16_t index = 0;
    std::uint16_t count = 0;
    Bytes bytes;
    bool expired = false;
    static constexpr std::uint16_t expired_bit = 0x8000;  // in `count` on the wire
    static constexpr std::uint16_t expired_pieces_max = 3;
};

// The sender durably holds `log` up to `size` batches: sent only after the commit that made them durable.
struct Held {
    LogId log;
    Seq size = 0;
};

// The receiver takes `pieces` pieces in all, counted from the start of the session.
struct Credit {
    std::uint64_t pieces = 0;
};

// An origin's signed head of a log (C2SP checkpoint, WIRE.md section 5).
struct HeadNote {
    LogId log;
    std::string note;
};

// An ancestor's receipt for a log, on its way down to the origin.
struct ReceiptNote {
    LogId log;
    NodeId ancestor;
    std::string note;
};

// The session (seq == no_seq) or one batch of a log is refused.
struct Refused {
    static constexpr Seq no_seq = ~Seq{0};
    LogId log;
    Seq seq = no_seq;
    Refusal refusal;
};

struct Ping {
    std::uint64_t nonce = 0;
};
struct Pong {
    std::uint64_t nonce = 0;
};

// The sender held the batch, but the sender's disk has spoilt it: the peer sends the pieces once more.
struct Want {
    LogId log;
    Seq seq = 0;
};

// A child asks for its next certificate; the parent's trust log brings it (WIRE.md section 9.3).
struct Renew {
    Bytes request;
    static constexpr std::size_t bytes_max = limits::renewal_bytes_max;
};
struct RenewAnswer {
    std::uint64_t serial = 0;        // the serial that was asked for
    std::optional<Refusal> refusal;  // none: granted
};

using Message = std::variant<Hello, Welcome, Have, HaveEnd, Piece, Held, Credit, HeadNote, ReceiptNote, Refused,
                             Ping, Pong, Want, Renew, RenewAnswer>;

Bytes encode(const Message& message);
// Encodes a piece without copying its bytes into a Message first.
Bytes encode_piece(const LogId& log, Seq seq, std::uint16_t index, std::uint16_t count, View bytes,
                   bool expired = false);
// Refuses unknown_message, truncated, trailing_bytes, too_large, bad_number.
Result<Message> decode_message(View frame);

}  // namespace xinwang
