// The index, held against the batches it was made from: a batch's rows, made again from the batch itself, are
// compared with those that the index holds (`xinwang verify`, `repair`, the upgrade from schema 1). Reads
// snapshots; any thread.
#pragma once

#include <functional>

#include "node/core/jobs.h"

namespace xinwang {

// The index rows of a stored batch; none when this node is not of its audience. Refuses what reading and
// opening refuse for a damaged batch.
Result<std::vector<IndexRow>> rows_of_batch(const Snapshot& kept, std::uint64_t ordinal, const JobRoom& room);

// A count of entries, and a sum over them that does not depend on their order: equal sums mean equal entries
// but for a chance of 2^-64.
struct IndexSum {
    std::uint64_t entries = 0;
    std::uint64_t sum = 0;
    void add(std::uint64_t hash, std::uint32_t position);
    bool operator==(const IndexSum&) const = default;
};

// Sums of all three indexes by batch. 48 bytes a batch.
//
// *Rationale*: asking the index for every entry of 50 million records is hours of look-ups; one walk over it is
// minutes, and names the batch. It is walked in steps of one short snapshot each: entries of batches that lay
// there at the start never change, they only move.
class IndexAudit {
  public:
    struct Difference {
        std::uint64_t missing = 0;  // at least so many
        std::uint64_t wrong = 0;
    };

    // Walks the indexes; `step` is called between snapshots, false ends it (node_stopping). Refuses
    // store_corrupt when an index cannot be read to its end.
    static Result<IndexAudit> read(const Store& store, const std::function<bool()>& step);
    // False for batches that came later, or that a rebuild has not reached.
    bool covers(std::uint64_t ordinal) const;
    // Requires covers().
    Difference compare(std::uint64_t ordinal, std::span<const IndexRow> rows) const;
    // The entries in all three indexes.
    std::uint64_t entries() const { return entries_; }

  private:
    using Sums = std::array<IndexSum, std::size(all_indexes)>;
    std::vector<Sums> sums_;                      // by ordinal
    std::uint64_t not_from_ = 0, not_until_ = 0;  // the part that a rebuild has still to do
    std::uint64_t entries_ = 0;
};

}  // namespace xinwang
