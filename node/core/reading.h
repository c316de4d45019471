// Reading records back: from the index to the entry, opened on demand out of the batch as it was received
// (node/DESIGN.md section 4). Works on a snapshot, on any thread; batches not sealed for this node stay
// closed.
#pragma once

#include <functional>

#include "node/core/jobs.h"

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

// Shows the encoded entries of one batch, in order, each with its position; a view lives until the visitor
// returns. False: this node is not of its audience. Refuses also what the visitor refuses.
Result<bool> visit_batch(const Snapshot& kept, std::uint64_t ordinal, const JobRoom& room,
                         const EntryVisitor& visit);
// All entries of one batch, in order; none when this node is not of its audience.
Result<std::vector<Entry>> read_batch(const Snapshot& kept, std::uint64_t ordinal, const JobRoom& room);

}  // namespace xinwang
