// Reading records back: from the index to the entry, opened on demand out of the batch as it was received
// (DESIGN.md section 3). Works on a snapshot, on any thread; what this node is not sealed for stays closed.
#pragma once

#include "node/core/jobs.h"
#include "node/core/record_order.h"

namespace xinwang {

// One entry with where it stands.
struct ReadEntry {
    LogId log;
    Seq seq = 0;
    std::uint32_t position = 0;
    std::int64_t at_ms = 0;  // when the batch was committed here
    std::int64_t created_ms = 0;
    std::optional<Entry> entry;  // none at a carrier
};

// Refuses store_corrupt, batch_expired, and what opening refuses of a batch that was damaged.
Result<ReadEntry> read_entry(const Snapshot& kept, const Locator& at, const JobRoom& room);

// All entries of one batch, in order; none when this node is not of its audience.
Result<std::vector<Entry>> read_batch(const Snapshot& kept, std::uint64_t ordinal, const JobRoom& room);

// Brings entries of one record into the record's order (record_order.h), oldest first.
void put_in_order(std::vector<ReadEntry>& entries);

// The newest entry of a record, of any origin.
struct LatestEntry {
    std::optional<ReadEntry> read;  // none: nothing is held that this node can open, or the newest has gone
    // What follows in the record's order is sealed at a later moment than this. 0: nothing is held.
    std::int64_t moment = 0;
};
Result<LatestEntry> find_latest(const Snapshot& kept, const RecordId& record, const JobRoom& room);
Result<std::optional<ReadEntry>> read_latest(const Snapshot& kept, const RecordId& record, const JobRoom& room);

}  // namespace xinwang
