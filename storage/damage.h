// The place of damage, and the facts still known about a damaged batch: enough to fetch the batch again and
// to put it back (FORMAT.md section 7). Pure reading of a snapshot; nothing here throws.
//
// A batch is known from five kinds of value: position row, batch row, header, pieces, and the rows of its
// neighbours in the log. The sound ones tell the batch's id, its place and the totals before it:
//
//   id        position row, batch row, else `previous` in the next header, else the log row when it is the last
//   ordinal   position row, else the one ordinal between its neighbours' whose row or header names it
//   totals    position row, else the position before it or behind it
#pragma once

#include "storage/store.h"

namespace xinwang {

struct DamagePlace {
    Table table = Table::format;
    Bytes key;
    auto operator<=>(const DamagePlace&) const = default;
};
// The table and key that a refusal store_corrupt from the store names; empty for any other refusal.
std::optional<DamagePlace> damage_place(const Refusal& refusal);

struct BatchName {
    LogId log;
    Seq seq = 0;
    auto operator<=>(const BatchName&) const = default;
};
// The batch whose value lies, or should lie, there; empty for a place that belongs to no batch, and when no
// sound value tells.
std::optional<BatchName> batch_at(const Snapshot& kept, const DamagePlace& place);

// The facts that are needed to put a batch back.
struct BatchPlace {
    BatchId id;
    std::uint64_t ordinal = 0;
    std::optional<std::int64_t> at_ms;  // first arrival; lost with the batch row
    std::uint64_t entries_before = 0;
    std::uint64_t bytes_before = 0;
};

struct Examination {
    std::optional<Refusal> damage;    // the first found; empty: all values are sound and agree
    std::optional<BatchPlace> place;  // empty: too little is sound, or the batch is not held
};
// Reads all of the batch. Costs a walk over the ordinals between two batches of the log when the position row
// is damaged.
Examination examine_batch(const Snapshot& kept, const BatchName& name);

}  // namespace xinwang
