// Healing: batches and rows that this node's disk has spoilt, on a durable list until they are whole again
// (WIRE.md section 7.5). Pure.
//
//   seen ── examined ──> sound: leaves the list, or never came on it
//              │
//              └──> damaged ── a neighbour is asked ──> asked ── its pieces ──> mending ── same id ──> healed
//                      ▲                                  │                        │
//                      └── nobody to ask, refused, silent, other bytes: waits, longer each time ──┘
//
// A batch is examined again before each try: it may have been healed or spoilt further meanwhile. Damage
// outside every batch (a log row, a certificate, an index) cannot be mended by a neighbour: it stays listed
// for the operator until a whole pass of the scrub has not met it again.
//
// Rows lie in the table `quarantine`, beside what was refused: `LogId | u64 seq | u8 1` for a batch, `u8 2 |
// table | BLAKE2b-128 of the key` for the rest; the value is `i64 since | refusal`.
#pragma once

#include <map>

#include "node/core/jobs.h"
#include "protocol/base/time.h"

namespace xinwang {

inline constexpr std::size_t wound_key_bytes = LogId::size + sizeof(Seq) + 1;
inline constexpr std::size_t lost_key_bytes = 2 + 16;

enum class WoundState : std::uint8_t { waiting, examining, asked, mending };
// The key in the table `meta` of the number of batches healed, u64.
Bytes healed_row_key();
const char* wound_state_name(WoundState state);

struct Wound {
    Wound(Refusal found, Instant at) : refusal(std::move(found)), since(at) {}

    Refusal refusal;  // as it was found
    Instant since;
    // Of this life of the process.
    WoundState state = WoundState::waiting;
    std::optional<BatchPlace> place;  // as last examined
    unsigned tries = 0;
    Instant next;                   // the next try; while asked: when silence counts as an answer
    SessionNumber session = 0;      // the one asked
    NodeId peer;                    // the one last asked
    std::optional<Refusal> answer;  // why the last try came to nothing
};

// Damage that only the operator can mend.
struct Lost {
    Refusal refusal;
    Instant since;
    std::uint64_t pass = 0;  // of the scrub that saw it last
};

class Healing {
  public:
    struct Patience {
        Duration first{10'000};
        Duration most{3'600'000};
        Duration silence{600'000};
    };
    static constexpr std::size_t asked_of_one_max = 4;
    static constexpr std::size_t under_way_max = 8;

    explicit Healing(Patience patience) : patience_(patience) {}
    // Restores one row of the table `quarantine`; false when the row is not of this list.
    Result<bool> restore(View key, View value);

    // Lists a batch found damaged. Returns the row to keep when the batch is new on the list.
    std::optional<Put> damaged(Instant now, const BatchName& name, const Refusal& refusal,
                               std::optional<BatchPlace> place);
    // Takes a sound batch off the list. Returns the row to erase when the batch was on it.
    std::optional<Erase> sound(const BatchName& name);
    // The next batch whose try is due, marked as being examined.
    std::optional<BatchName> take_due(Instant now);

    // Notes the session that was asked, whose answers count from now on.
    void asked(Instant now, const BatchName& name, SessionNumber session, const NodeId& peer);
    bool may_ask(SessionNumber session) const;
    bool awaits(SessionNumber session, const BatchName& name) const;
    void mending(const BatchName& name);
    // The wound whose fetched bytes are being checked; nullptr for any other.
    const Wound* in_mending(const BatchName& name) const;
    // Puts the try off: the neighbour has enough to answer.
    void later(Instant now, const BatchName& name);
    // Notes that this try came to nothing; `why` for the operator.
    void failed(Instant now, const BatchName& name, std::optional<Refusal> why);
    void session_lost(Instant now, SessionNumber session);
    // Makes every waiting batch's try due now: a neighbour is back.
    void session_began(Instant now);

    std::optional<Put> lost(Instant now, const DamagePlace& place, const Refusal& refusal, std::uint64_t pass);
    // The rows to erase: of losses that a whole pass has not met.
    std::vector<Erase> pass_ended(std::uint64_t pass);

    bool lists(const BatchName& name) const { return wounds_.contains(name); }
    const std::map<BatchName, Wound>& wounds() const { return wounds_; }
    const std::map<DamagePlace, Lost>& losses() const { return losses_; }

  private:
    Patience patience_;
    std::map<BatchName, Wound> wounds_;
    std::map<DamagePlace, Lost> losses_;
};

}  // namespace xinwang
