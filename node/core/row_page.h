// The results of a submission's rows, kept so that any row is found without opening the file's batches
// (FORMAT.md section 11): pages of consecutive rows, each with its verdict and the place of its entry; notes
// of the rows that need somebody's attention; and the names under which both are counted. Pure.
//
//     row 4,001..8,000 ─ one page (table row_pages) ─┬─ refused: its note (table row_notes) says why
//                                                    └─ accepted: batch and position, where its entry stands
#pragma once

#include <optional>
#include <vector>

#include "node/core/entry_place.h"
#include "protocol/base/refusal.h"

namespace xinwang {

enum class RowResult : std::uint8_t { accepted = 1, corrected = 2, withdrawn = 3, unchanged = 4, refused = 5 };

// Classes of a note are sums of these.
inline constexpr std::uint8_t note_refused = 1;         // here, with its findings
inline constexpr std::uint8_t note_warned = 2;          // taken in, with remarks
inline constexpr std::uint8_t note_failed = 4;          // refused by the province, or never sendable to it
inline constexpr std::uint8_t note_of_file = 8;         // row 0: a remark on the file, no row
inline constexpr std::uint8_t note_not_in_effect = 16;  // by the city's verdict

// Consecutive rows of one intake step.
struct RowPage {
    struct Batch {
        Incarnation incarnation;
        Lane lane = Lane::records;
        Seq seq = 0;
        bool operator==(const Batch&) const = default;
    };
    struct Row {
        RowResult result = RowResult::refused;
        std::uint8_t batch = 0;  // of `batches`; of an entry only
        std::uint16_t position = 0;
        bool operator==(const Row&) const = default;
    };
    std::vector<Batch> batches;  // at most 255
    std::vector<Row> rows;       // at most 8,192

    // Empty for a row that became no entry. Requires index < rows.size().
    std::optional<EntryPlace> place(std::size_t index, const NodeId& self) const;
    bool operator==(const RowPage&) const = default;
};
Bytes encode(const RowPage& page);
// Refuses truncated, trailing_bytes, bad_number.
Result<RowPage> read_verdict_page(View value);

// submission 16 | row u32 big-endian. A page lies under its last row, so that the first key not below a row's
// is the page that holds it; a note under its own.
Bytes row_key(const SubmissionId& submission, std::uint32_t row);
// Requires a key of that form.
std::uint32_t row_of_key(View key);
// The names of two tallies: the submission's notes by class, and its entries' outcomes (OutcomeResult).
Bytes notes_tally(const SubmissionId& submission);
Bytes outcomes_tally(const SubmissionId& submission);

}  // namespace xinwang
