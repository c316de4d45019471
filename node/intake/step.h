// Intake turns a handed-in file, some rows at a time, into entries to publish and refusals to answer with.
//
// One step is a function of the file, the catalogue, the cursor and the records held; the cursor that it
// returns begins the next step. Committing a step's outcome and its cursor together makes intake
// crash-resumable: steps of any size, with a crash between any two, give the same entries and verdicts as one
// step over the whole file, as long as `known` also gives the entries of earlier steps. Bounded memory: one
// row and the outcome. No clock, no randomness.
//
//   file ─ bytes ─ lines ─ decode ─ split ─ header ─> values ─ normalise ─ validate ─> entry | unchanged |
//   refused row
//
// Numbers of rows count from 1 at the first row of data; row 0 means the file (its header's warnings).
#pragma once

#include <functional>

#include "node/intake/csv.h"
#include "node/intake/verdict.h"
#include "protocol/action.h"
#include "protocol/entry.h"

namespace xinwang {

struct IntakeCursor {
    std::uint64_t byte_offset = 0;  // of the next row; 0 = nothing read yet
    std::uint32_t rows_done = 0;
    std::uint32_t lines_done = 0;
    std::uint8_t encoding = 0;  // Encoding; 0 = to be detected. A declared one may be set at the start.
    char separator = 0;
    std::uint8_t header_rows = 0;

    static IntakeCursor declared(Encoding encoding);
    void write(Writer& out) const;
    static Result<IntakeCursor> read(Reader& in);
    bool operator==(const IntakeCursor&) const = default;
};

struct IntakeOutcome {
    // Entries of kind publish, correct (the record is held with other content) or withdraw, in the file's
    // order.
    std::vector<Entry> entries;
    std::vector<std::uint16_t> policies;   // one for each entry
    std::vector<std::uint32_t> unchanged;  // rows that are held already as they stand
    std::vector<RowAnswer> refused;
    std::vector<RowAnswer> warned;  // rows taken in, with remarks; row 0 is the file
    IntakeCursor next;
    std::uint32_t rows = 0;  // read in this step = entries + unchanged + refused
    bool end = false;        // the file is finished
};

// The latest entry of a record that is held, and a refusal when another node owns the record (WIRE.md section
// 8.8): record_held, which names the owner.
struct KnownRecord {
    KnownRecord(Entry its_latest, std::optional<Refusal> of_another = {})
        : latest(std::move(its_latest)), foreign(std::move(of_another)) {}
    Entry latest;
    std::optional<Refusal> foreign;
};
using Known = std::function<std::optional<KnownRecord>(const RecordId&)>;

// Reads at most `rows_max` rows from `cursor` on. A refusal refuses the file from here on: wrong header,
// wrong encoding, too large, too many rows. `today` is yyyymmdd or 0. The catalogue must be the same version
// for all steps of a file.
//
// A withdrawal's file needs the columns of the catalogue's key, and may have 撤回原因/REASON. Its entries hold
// the key's values in the catalogue's order, other fields empty, and behind them one value more: the reason.
Result<IntakeOutcome> intake_step(FileSource& file, const Catalogue& catalogue, Action action,
                                  const IntakeCursor& cursor, std::size_t rows_max, std::uint32_t today,
                                  const Known& known);

}  // namespace xinwang
