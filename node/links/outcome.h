// What became of a record on its way to the province: the body of the `feedback` entry that travels down to the
// node that submitted it, and the value kept for the record there and at the city. Pure. The codec is fixed and
// versioned; texts are cut to their limits when written, at a character's end.
#pragma once

#include <string>

#include "node/links/ledger.h"

namespace xinwang {

enum class OutcomeResult : std::uint8_t {
    sent = 1,      // in a package that lies in the outbox
    accepted = 2,  // by the receiver
    refused = 3,   // by the receiver
    set_aside = 4  // never sent: the receiver's encoding or layout cannot carry it
};
const char* outcome_name(OutcomeResult result);

struct Outcome {
    RecordId record;
    OutcomeResult result = OutcomeResult::sent;
    std::string package;
    std::string reason_code;
    std::string message;
    std::int64_t at_ms = 0;

    Bytes write() const;
    static Result<Outcome> read(View bytes);
    bool operator==(const Outcome&) const = default;
};

// The outcome of one row as the ledger has it now.
Outcome outcome_of(const PackageRecord& record, const LedgerRow& row, Instant now);

}  // namespace xinwang
