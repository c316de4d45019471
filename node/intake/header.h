// The header of a handed-in file: maps each column to its field of the catalogue.
//
// A heading is a field's code, its label or one of its aliases. A file may carry two header rows, one of
// labels and one of codes: the two must then agree, column by column (real templates have been one column
// off, and nobody noticed). Information outside the catalogue may not be collected: an unknown heading
// refuses the file. Pure.
#pragma once

#include "protocol/action.h"
#include "protocol/row.h"

namespace xinwang {

using Cells = std::span<const std::string>;

struct Header {
    // The field of each column, or one of the constants below.
    std::vector<std::int32_t> fields;
    static constexpr std::int32_t dropped = -1;  // a column of an older layout, or not needed by a withdrawal
    static constexpr std::int32_t blank = -2;    // no heading: cells must be empty
    static constexpr std::int32_t reason = -3;   // a withdrawal's reason: 撤回原因, REASON
    std::vector<RowFinding> warnings;            // about the file
};

// True when at least half of the non-empty cells are headings of the catalogue: no row of data is like that.
bool is_header_row(const Catalogue& catalogue, Cells cells);

// Reads the header; `second` is empty when there is one header row. A publication needs a column for every
// field that is always required, a withdrawal the columns of the key.
Result<Header> read_header(const Catalogue& catalogue, Cells first, Cells second, Action action);

// Detects, from the first rows, a file whose data stand one column beside their headings. Sound: it refuses
// only when no given row would be accepted as it stands, and when moving the columns from some place on makes
// every checked value (codes with check digits, dates, code lists, numbers) of every row fit. Needs rows of
// the header's width.
std::optional<Refusal> looks_shifted(const Catalogue& catalogue, const Header& header, Cells headings,
                                     std::span<const Values> rows);

}  // namespace xinwang
