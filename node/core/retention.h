// Retention: the batches that hold nothing more to be kept, and the statements about those that are gone
// (WIRE.md section 8.7).
//
//   walk (any thread, snapshots) ──> RetentionPlan ──> Core::prune, in a turn ──> stub, signed and listed
//
// The walk proposes; the core decides again, by receipts: no batch goes before every ancestor has signed that
// it holds the batch. A batch goes as a whole or not at all. It is due when every record in it is past its
// last day, by the record's latest entry and its catalogue. `trust` logs and batches addressed to one node
// stay. Batches that a carrier cannot read stay, unless its operator has set a number of days. Damaged and
// undecided batches count as kept.
#pragma once

#include <map>

#include "node/core/jobs.h"
#include "protocol/base/time.h"
#include "protocol/expiry.h"

namespace xinwang {

using Catalogues = std::map<std::string, std::shared_ptr<const Catalogue>>;

struct RetentionSetting {
    std::uint32_t carried_days = 0;  // 0: unreadable batches are kept
    std::uint32_t settle_days = 30;  // nothing younger here goes: the province may still ask
};

// A batch whose contents may go.
struct DueBatch {
    BatchName name;
    BatchId id;
    std::uint64_t ordinal = 0;
    std::uint16_t pieces = 0;
    std::uint64_t bytes = 0;  // that come free
    std::uint32_t entries = 0;
    std::vector<ExpiryReason> reasons;
};

struct RetentionPlan {
    static constexpr std::size_t due_max = 1000;
    std::uint64_t batches = 0;      // looked at
    std::uint64_t expired = 0;      // gone before
    std::uint64_t unconfirmed = 0;  // due but for receipts
    std::uint64_t damaged = 0;
    std::uint64_t due_bytes = 0;
    std::vector<DueBatch> due;  // the first due_max of them
    bool more = false;
};

class RetentionWalk {
  public:
    // `confirmed`: how far receipts of all ancestors cover each log that goes up.
    RetentionWalk(const JobRoom& room, Catalogues catalogues, std::map<LogId, Seq> confirmed,
                  RetentionSetting setting, Instant now, std::uint32_t today);
    // Looks at about `batches` more through one snapshot. True at the end, or when the plan is full.
    bool step(const Snapshot& kept, std::uint64_t batches);
    const RetentionPlan& plan() const { return plan_; }

  private:
    enum class Verdict { keep, due, unconfirmed };
    Result<Verdict> look(const Snapshot& kept, std::uint64_t ordinal, const BatchRow& row);
    Result<bool> all_past(const Snapshot& kept, std::uint64_t ordinal,
                          std::vector<ExpiryReason>& reasons) const;
    Result<std::optional<std::uint32_t>> past(const Snapshot& kept, const Entry& entry) const;

    const JobRoom& room_;
    Catalogues catalogues_;
    std::map<LogId, Seq> confirmed_;
    RetentionSetting setting_;
    Instant now_;
    std::uint32_t today_;
    std::uint64_t ordinal_ = 0;
    RetentionPlan plan_;
};

// The key in the table `quarantine`: `LogId | u64 seq | u8 3`; the value is the statement, a signed note.
inline constexpr std::size_t expired_key_bytes = LogId::size + sizeof(Seq) + 1;
Bytes expired_key(const BatchName& name);
bool is_expired_key(View key);

}  // namespace xinwang
