// The change that a row makes at the receiver, which knows a record only from the rows sent to it (WIRE.md
// section 16).
//
// Rows are settled in the order in which they are to go out. The receiver must be left with the record's
// newest entry (WIRE.md section 4.8) whatever the order in which entries arrived here:
//
//   a later entry in effect arrived before        ──> the row is not needed: that one went in its place
//   withdraw, and the receiver has nothing of it  ──> not needed
//   publish or correct, and it has nothing        ──> add
//   publish or correct, and it has the record     ──> correct
//
// The receiver's state of a record follows from the rows that went out, in their order: every row counts that
// is neither refused nor set aside, also one that is not answered yet. A Standing reads one snapshot and
// serves one run of cuts.
#pragma once

#include <map>
#include <optional>

#include "node/core/jobs.h"
#include "node/links/ledger.h"

namespace xinwang {

class Standing {
  public:
    Standing(const Snapshot& kept, const JobRoom& room) : kept_(kept), room_(room) {}

    // The action with which the row goes out; empty when the row is not needed. From then on the row counts
    // as sent.
    std::optional<PackageAction> settle(const LedgerRow& row);
    // Set when the store could not be read: no result of this run may be used.
    const std::optional<Refusal>& damage() const { return damage_; }

  private:
    Result<std::optional<PackageAction>> settled(const LedgerRow& row);
    Result<bool> overtaken(const LedgerRow& row) const;
    Result<bool> sent_before(const RecordId& record) const;
    Result<bool> by_outcome_of_before(const RecordId& record) const;

    const Snapshot& kept_;
    const JobRoom& room_;
    std::map<RecordId, bool> has_;  // records that this run has settled or found
    std::optional<Refusal> damage_;
};

}  // namespace xinwang
