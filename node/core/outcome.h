// The outcome of an entry on its way to the province: the body of the `feedback` entry that travels down to
// the node that sealed it (WIRE.md section 16), and the row kept of it there and at the city (FORMAT.md
// section 11). Pure. The codec is fixed and versioned; texts are cut to their limits when written, at a
// character's end.
#pragma once

#include <string>

#include "node/core/entry_place.h"
#include "protocol/base/refusal.h"
#include "protocol/entry.h"
#include "storage/store.h"

namespace xinwang {

enum class OutcomeResult : std::uint8_t {
    sent = 1,       // in a package that lies in the outbox
    accepted = 2,   // by the receiver
    refused = 3,    // by the receiver
    set_aside = 4,  // never sent: the receiver's encoding or layout cannot carry it
    not_needed =
        5,  // never sent: a later entry of the record had gone already, or the receiver had nothing of it
};
const char* outcome_name(OutcomeResult result);
// Rows of these results need somebody's attention.
inline bool is_failure(OutcomeResult result) {
    return result == OutcomeResult::refused || result == OutcomeResult::set_aside;
}

struct Outcome {
    RecordId record;
    OutcomeResult result = OutcomeResult::sent;
    std::string package;  // as text; empty when not_needed
    std::string reason_code;
    std::string message;
    std::int64_t at_ms = 0;

    Bytes write() const;
    static Result<Outcome> read(View bytes);
    bool operator==(const Outcome&) const = default;
};

// One entry's outcome: which entry, and the row of the submission that it came from (0: not known).
struct EntryOutcome {
    EntryPlace place;
    std::uint32_t row = 0;
    Outcome outcome;
};
// The entry that carries the outcome down, in the city's log toward the origin of the entry answered.
Entry feedback_entry(const EntryOutcome& answer, std::string_view catalogue);
// Refuses feedback_names_nothing for feedback that names its entry in no known way; feedback of an earlier
// release names none at all, and gives an empty result.
Result<std::optional<EntryOutcome>> read_feedback(const Entry& entry, const NodeId& self);

// The way that the city had the entry go out, kept in the city's rows beside the outcome.
struct SentAs {
    std::uint8_t action = 0;  // PackageAction; 0: never
    std::uint64_t package = 0;
    std::uint32_t row = 0;  // in the package
    auto operator<=>(const SentAs&) const = default;
};
struct OutcomeRow {
    Outcome outcome;
    SentAs sent;  // at the city alone
};
// The row in table `answers`: its class is the result, and it is counted for the submission, if one is named.
Classify outcome_row(const EntryOutcome& answer, const SentAs& sent, View tally);
// Refuses store_corrupt when the row does not parse.
Result<OutcomeRow> read_outcome_row(View key, View value);
// Empty: the province has not been told of the entry.
Result<std::optional<OutcomeRow>> outcome_of(const Snapshot& kept, const RecordId& record,
                                             const EntryPlace& place);

// The newest outcome of the record that a release before named no entry for (table `outcomes`); empty when
// there is none. Refuses store_corrupt.
Result<std::optional<Outcome>> outcome_of_record(const Snapshot& kept, const RecordId& record);

}  // namespace xinwang
