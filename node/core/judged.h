// A record as a reader takes it: which of its entries are in effect, and the newest of those (authority.h,
// WIRE.md sections 4.8 and 8.8). The city's verdict settles it; for batches that the city has not judged yet,
// or whose verdict it tells nobody here, the same rule is asked with the entries held here. Works on a
// snapshot, on any thread.
#pragma once

#include "node/core/reading.h"
#include "node/core/record_order.h"
#include "node/core/verdict_rows.h"

namespace xinwang {

// The source of a batch's verdict: the store, or a judging that is ahead of it.
using VerdictSource = std::function<Result<BatchVerdict>(const LogId& log, Seq seq)>;
VerdictSource verdicts_in(const Snapshot& kept);

// One entry of a record.
struct HeldEntry {
    RecordPlace place;
    Locator where;
    BatchClaim batch;
    bool told = false;               // the city has judged its batch
    std::optional<Refusal> refused;  // why it is not in effect
    std::optional<ReadEntry> read;   // opened; none when its batch has expired, or at a carrier
};

// The entries that Snapshot::find_record() found below `before`, in order of arrival, unopened and judged as
// far as verdicts and headers go; without those on a branch (branches.h). Refuses store_corrupt.
Result<std::vector<HeldEntry>> look_up(const Snapshot& kept, const std::vector<Locator>& found, Locator before,
                                       const VerdictSource& verdicts);
// Opens and judges `held`, in the same order. Entries of other records that share the index's hash are
// dropped. `owns` ends as the last entry left it.
Result<void> judge_held(const Snapshot& kept, const RecordId& record, const JobRoom& room,
                        const Authority& authority, std::vector<HeldEntry>& held, Ownership& owns);

// All entries of the record in its order, oldest first, the refused ones among them.
Result<std::vector<HeldEntry>> read_judged(const Snapshot& kept, const RecordId& record, const JobRoom& room);

// The newest entry in effect that says what the record is: published, corrected, withdrawn.
struct LatestEntry {
    std::optional<ReadEntry> read;  // none: nothing is held that this node can open, or the newest has gone
    // Entries that follow in the record's order are sealed at a later moment than this. 0: nothing is held.
    std::int64_t moment = 0;
    std::optional<NodeId> owner;  // the record's, as far as it is known here
};
Result<LatestEntry> find_latest(const Snapshot& kept, const RecordId& record, const JobRoom& room);
// The same, among entries that came before `before`.
Result<LatestEntry> find_latest_before(const Snapshot& kept, const RecordId& record, const JobRoom& room,
                                       Locator before, const VerdictSource& verdicts);
Result<std::optional<ReadEntry>> read_latest(const Snapshot& kept, const RecordId& record, const JobRoom& room);

}  // namespace xinwang
