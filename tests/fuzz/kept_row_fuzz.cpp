// Rows that the core keeps in the store: a refusal, or a row that is written as it was read from then on. The
// first byte chooses the kind: submission, pending entry, quarantine (its key of 57 bytes first).
#include "node/core/authoring.h"
#include "node/core/quarantine.h"
#include "node/core/submission.h"
#include "protocol/base/check.h"

using namespace xinwang;

namespace {

void try_submission(View value) {
    const auto row = decode_submission(value);
    if (!row) return;
    const Bytes again = encode(*row);
    const auto twice = decode_submission(again);
    XW_CHECK(twice && encode(*twice) == again);
}

void try_pending(View value) {
    const auto row = decode_pending(Bytes{0, 0, 0, 0, 0, 0, 0, 1}, value);
    XW_CHECK(!row || encode(*row) == to_bytes(value));
}

void try_quarantine(View bytes) {
    if (bytes.size() < quarantine_row_key_bytes) return;
    const auto row =
        decode_quarantine_row(bytes.first(quarantine_row_key_bytes), bytes.subspan(quarantine_row_key_bytes));
    if (!row) return;
    const std::vector<SharedBytes> pieces(row->pieces, std::make_shared<const Bytes>());
    const auto puts = quarantine(row->log, row->seq, row->refusal, row->at, pieces);
    XW_CHECK(puts.size() == pieces.size() + 1);
    const auto twice = decode_quarantine_row(puts.front().key, puts.front().value);
    XW_CHECK(twice && twice->log == row->log && twice->seq == row->seq && twice->at == row->at &&
             twice->pieces == row->pieces && twice->refusal == row->refusal);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const View rest(bytes + 1, size - 1);
    switch (bytes[0] % 3) {
        case 0:
            try_submission(rest);
            break;
        case 1:
            try_pending(rest);
            break;
        default:
            try_quarantine(rest);
            break;
    }
    return 0;
}
