// Two machines that live as one node: how their parent finds out, and what row it keeps (WIRE.md section 7.6).
// Pure.
//
// *Proof.* A peer greets with another boot nonce than that of its open session on another connection. Mostly
// the peer's process was started anew, and the old connection is dead. So both connections are asked for a
// sign of life with a number that was never used before: only if **both** answer were two processes alive
// after one moment, the one in which the second greeting was read. A late greeting of a dead process, a
// connection that is half open, a process that was killed a hundred times never prove anything.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>

#include "protocol/base/ids.h"
#include "protocol/base/refusal.h"
#include "protocol/base/time.h"

namespace xinwang {

class CloneWatch {
  public:
    // The number to ask both connections with; the answers to an earlier question about this peer are void.
    std::uint64_t ask(const NodeId& peer, std::uint64_t older, std::uint64_t newer, std::uint64_t seed);
    // Tells whether `nonce` belongs to such a question, and which node it proves to be two, if it does.
    struct Answer {
        bool known = false;
        std::optional<NodeId> two;
    };
    Answer answered(std::uint64_t connection, std::uint64_t nonce);

  private:
    struct Question {
        std::uint64_t nonce = 0;
        std::array<std::uint64_t, 2> connections{};
        std::array<bool, 2> alive{};
    };
    std::map<NodeId, Question> open_;
    std::uint64_t asked_ = 0;
};

// A statement that a node is frozen, or no longer: a row of the table `peers` at the node that froze it and
// at everyone who was told, and the body of an entry `evidence` in the trust log of the node that froze it.
struct Freeze {
    enum class What : std::uint8_t { two_machines = 1, two_histories = 2, thawed = 3 };
    NodeId node;  // the frozen one
    NodeId by;    // its parent, or an ancestor that it came to
    What what = What::two_machines;
    Instant at;
    LogId log;            // the log of two histories; else the node's incarnation alone counts
    Bytes first, second;  // of two histories: two headers, or two heads, both signed by the node
    std::string reason;   // of a thaw, for people
    bool operator==(const Freeze&) const = default;
};

// WIRE.md section 7.6.
Bytes encode(const Freeze& freeze);
// Refuses truncated, trailing_bytes, too_large, bad_number, bad_name.
Result<Freeze> parse_freeze(View body);

inline constexpr std::size_t freeze_proof_bytes_max = 8192;  // of each side; a longer one is left out

}  // namespace xinwang
