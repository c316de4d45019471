// The slip of a receipt folder: the origin's word about the folder, as a signed note (WIRE.md section 15).
//
//     xinwang.receipt/1
//     submission <id>
//     root <root id>
//     origin <division code> <node id>
//     made <seconds>
//     log <origin line> <first seq> <last seq>        for each log that holds rows of the submission
//     row <row> <origin line> <seq> <position>        if one row was asked for
//     files <SHA-256 of the file SHA256SUMS>
//
// Only the origin can say which rows make up a submission; the folder proves everything else without the
// origin's word. Pure.
#pragma once

#include <optional>
#include <vector>

#include "protocol/checkpoint.h"
#include "topology/directory_statement.h"

namespace xinwang {

struct SlipLog {
    LogId log;
    Seq first = 0, last = 0;  // both included
    bool operator==(const SlipLog&) const = default;
};

// The place of one row of the file.
struct SlipRow {
    std::uint32_t row = 0;
    LogId log;
    Seq seq = 0;
    std::uint32_t position = 0;  // in the batch, from 0
    bool operator==(const SlipRow&) const = default;
};

struct ReceiptSlip {
    SubmissionId submission;
    RootId root;
    DivisionCode code;
    NodeId origin;
    std::int64_t made_s = 0;  // by the origin's clock
    std::vector<SlipLog> logs;
    std::optional<SlipRow> row;
    Hash256 files;
    bool operator==(const ReceiptSlip&) const = default;
};

// Requires logs of `origin`.
std::string sign_slip(const ReceiptSlip& slip, const SigningKey& origin);
// Checks the note's form and contents, not its signature. Refuses parse_note()'s refusals and
// receipt_slip_bad.
Result<ReceiptSlip> parse_slip(std::string_view note);
// Verifies that one of the origin's keys has signed. Refuses note_not_signed, bad_note_signature.
Result<void> verify_slip(std::string_view note, const NodeId& origin, std::span<const SignPublicKey> keys);

}  // namespace xinwang
