// Builds the indexes again from the batches, with no node running (`xinwang repair`).
//
//   workers: read, open, scan ──▶ rows of a batch, in any order ──▶ this thread: in order, large commits
//
// A repair begins where an interrupted repair, or an upgrade from schema 1, left off: the store keeps how far
// the rebuild is, and a node that is started in between goes on from there (reindexer.h). Memory is bounded
// by the rows of the batches that wait for their turn.
#pragma once

#include "node/core/indexing.h"

namespace xinwang {

struct Repaired {
    bool resumed = false;  // an earlier repair was finished: nothing was compared
    std::uint64_t batches = 0;
    std::uint64_t records = 0;            // entries about records, found in the batches
    std::optional<std::uint64_t> before;  // index entries; empty when an index could not be read
    std::uint64_t after = 0;
    std::uint64_t missing = 0;  // entries that the index lacked, at least
    std::uint64_t wrong = 0;    // entries that no batch has, at least
    struct Unreadable {
        std::uint64_t ordinal = 0;
        Refusal refusal;
    };
    std::uint64_t unreadable = 0;  // damaged batches: their records stay unfound
    std::vector<Unreadable> first_unreadable;
};

// Rebuilds the indexes. `watch` takes the bytes of batches read and in all; false ends the repair
// (node_stopping), and a later one resumes it. Refuses store_full. Requires that nobody else writes.
Result<Repaired> repair_index(Store& store, const JobRoom& room, unsigned threads,
                              const std::function<bool(std::uint64_t done, std::uint64_t total)>& watch);

}  // namespace xinwang
