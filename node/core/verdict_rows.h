// The table `verdicts` (FORMAT.md section 10): the city's verdicts on batches, as this node knows them. At
// the city the rows of its own judging; elsewhere those that verdict entries brought. Most batches are wholly
// in effect and have no row: a log's told ranges say so, at the city the cursor of its judging does.
#pragma once

#include "node/core/authority.h"
#include "protocol/verdict.h"
#include "storage/store.h"

namespace xinwang {

struct BatchVerdict {
    bool told = false;                  // the city has judged the batch, and this node was told of all of it
    std::vector<VerdictGroup> refused;  // may be there without `told`: a reader in between hears refusals alone
    // nullptr: not refused.
    const Refusal* refused_at(std::uint32_t position) const;
    bool refuses_all(std::uint32_t entries) const;
};
// Refuses store_corrupt.
Result<BatchVerdict> verdict_of(const Snapshot& kept, const LogId& log, Seq seq);

// Counts, among the entries in a log's batches `first` to `last`, those that the city has not judged, as far
// as this node knows, and those that it has refused. Opens no batch: the cost is a row for each batch that is
// not judged or in which an entry is refused. Refuses store_corrupt.
struct VerdictCounts {
    std::uint64_t waiting = 0, refused = 0;
};
Result<VerdictCounts> count_verdicts(const Snapshot& kept, const LogId& log, Seq first, Seq last);

// At the city: the first ordinal that is not judged yet. Nothing at or beyond it goes to the province.
std::uint64_t judged_to(const Snapshot& kept);
Put judged_row(std::uint64_t ordinal);

Put refused_row(const Verdict& verdict);
// Batches of one log that the city has judged wholly, as this node was told: rising ranges, end not included.
using ToldRanges = std::vector<std::pair<Seq, Seq>>;
Put told_row(const LogId& log, const ToldRanges& ranges);
std::map<LogId, ToldRanges> read_told(const Snapshot& kept);
bool is_told(const ToldRanges& ranges, Seq seq);
// False when nothing is new.
bool tell(ToldRanges& ranges, Seq first, Seq end);

// Transfers that this node has taken in, in the order of their ordinals.
Put transfer_row(const TakenTransfer& taken, std::uint32_t number);
std::vector<TakenTransfer> read_transfers(const Snapshot& kept);

}  // namespace xinwang
