// Where damage lies, and what is still known of a batch that has some: enough to fetch it again and to put it
// back (FORMAT.md section 7). Pure reading of a snapshot; nothing here throws.
//
// A batch is five kinds of value: position row, batch row, header, pieces, and the rows of its neighbours in
// the log. Whichever are sound say which batch it must be, where it lies and what lies before it:
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
// Every refusal store_corrupt of the store's names its table and key; empty for any other refusal.
std::optional<DamagePlace> damage_place(const Refusal& refusal);

struct BatchName {
    LogId log;
    Seq seq = 0;
    auto operator<=>(const BatchName&) const = default;
};
// Whose value lies, or should lie, there; empty for what is no batch's, and when nothing sound says.
std::optional<BatchName> batch_at(const Snapshot& kept, const DamagePlace& place);

// What must be known to put a batch back.
struct BatchPlace {
    BatchId id;
    std::uint64_t ordinal = 0;
    std::optional<std::int64_t> at_ms;  // when it came first; lost with the batch row
    std::uint64_t entries_before = 0;
    std::uint64_t bytes_before = 0;
};

struct Examination {
    std::optional<Refusal> damage;    // the first found; empty: every value is sound and they agree
    std::optional<BatchPlace> place;  // empty: too little is sound to know it, or the batch is not held
};
// Reads all of the batch. Costs a walk over the ordinals between two batches of the log when the position row
// is damaged.
Examination examine_batch(const Snapshot& kept, const BatchName& name);

}  // namespace xinwang
