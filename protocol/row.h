// The rules for one row: values in, all their faults out. Pure; one pass over the values, no state between
// rows.
//
// Lengths count characters (code points), amounts are decimal text in the field's unit (N18,6 in 万元). Every
// problem of a row is reported, at most one refusal and a few warnings per field, so that the sender corrects
// the row once. Findings name the field as "label(code)".
#pragma once

#include "protocol/catalogue.h"

namespace xinwang {

enum class Severity : std::uint8_t { refusal = 1, warning = 2 };

struct RowFinding {
    Severity severity = Severity::refusal;
    std::string field;  // code of the catalogue field; empty when the whole row is meant
    Refusal refusal;
    bool operator==(const RowFinding&) const = default;
};

struct RowVerdict {
    std::vector<RowFinding> findings;
    bool accepted() const;
};

// Brings values to the form in which values are kept and compared: blanks trimmed; codes, numbers and dates
// half-width; identifiers upper case; dates YYYY/MM/DD when they parse as dates. Text is otherwise left as
// written. Makes `values` as long as the catalogue. Requires valid UTF-8 and no more values than fields.
void normalise_row(const Catalogue& catalogue, Values& values);

// Judges normalised values. `today` is yyyymmdd or 0.
RowVerdict validate(const Catalogue& catalogue, const Values& values, std::uint32_t today);

// Judges some fields only (a withdrawal needs the key's), each of which must be filled.
RowVerdict validate_only(const Catalogue& catalogue, std::span<const std::uint16_t> fields,
                         const Values& values, std::uint32_t today);

}  // namespace xinwang
