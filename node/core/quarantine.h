// The quarantine: a received batch that was refused, kept whole with its reason (DESIGN.md, words). Pure.
//
// Rows in the table `quarantine`: the key LogId | u64 seq holds the reason, when, and the number of pieces;
// that key with a u16 piece number behind it holds each piece as received. The same batch refused again
// replaces its row, so a stubborn sender fills no disk. The way out: the origin's log is offered again
// (Timing::retry_refused), and when a batch takes its place in the log what lay here for that place goes.
#pragma once

#include "node/core/jobs.h"
#include "protocol/base/time.h"
#include "protocol/messages.h"

namespace xinwang {

inline constexpr std::size_t quarantine_row_key_bytes = LogId::size + 8;

struct QuarantineRow {
    LogId log;
    Seq seq = 0;
    Instant at;
    std::uint16_t pieces = 0;
    Refusal refusal;
};

std::vector<Put> quarantine(const LogId& log, Seq seq, const Refusal& refusal, Instant now,
                            const std::vector<SharedBytes>& pieces);
// The rows to erase once (log, seq) is held.
std::vector<Erase> release(const LogId& log, Seq seq, std::uint16_t pieces);
Result<QuarantineRow> decode_quarantine_row(View key, View value);

}  // namespace xinwang
