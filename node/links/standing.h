// What a row would change at the receiver, who knows a record only by what was sent (WIRE.md section 16).
//
// Rows are settled in the order in which they are to go out. The receiver must be left with the record's newest
// entry (WIRE.md section 4.8) whatever the order in which entries arrived here:
//
//   a later entry in effect arrived before        ──> the row is not needed: that one went in its place
//   withdraw, and the receiver has nothing of it  ──> not needed
//   publish or correct, and it has nothing        ──> add
//   publish or correct, and it has the record     ──> correct
//
// What the receiver has of a record follows from the rows that went out, in their order: each not refused and
// not set aside counts, also one that is not answered yet. Reads a snapshot; one for each run of cuts.
#pragma once

#include <map>
#include <optional>

#include "node/core/jobs.h"
#include "node/links/ledger.h"

namespace xinwang {

class Standing {
  public:
    Standing(const Snapshot& kept, const JobRoom& room) : kept_(kept), room_(room) {}

    // What the row goes out as; empty when it is not needed. From then on it counts as sent.
    std::optional<PackageAction> settle(const LedgerRow& row);
    // Set when the store could not say: nothing of this run may be used.
    const std::optional<Refusal>& damage() const { return damage_; }

  private:
    Result<std::optional<PackageAction>> settled(const LedgerRow& row);
    Result<bool> overtaken(const LedgerRow& row) const;
    Result<bool> sent_before(const RecordId& record) const;
    Result<bool> by_outcome_of_before(const RecordId& record) const;

    const Snapshot& kept_;
    const JobRoom& room_;
    std::map<RecordId, bool> has_;  // what this run has settled, and found
    std::optional<Refusal> damage_;
};

}  // namespace xinwang
