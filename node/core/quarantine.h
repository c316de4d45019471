// The quarantine: a received batch that was refused, kept whole with its reason (DESIGN.md, words). Pure.
//
// Rows in the table `quarantine`: the key LogId | u64 seq holds the reason and when; that key with a u16 piece number
// behind it holds each piece as received. The same batch refused again replaces its row, so a stubborn sender fills no
// disk.
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
    Refusal refusal;
};

std::vector<Put> quarantine(const LogId& log, Seq seq, const Refusal& refusal, Instant now,
                            const std::vector<SharedBytes>& pieces);
Result<QuarantineRow> decode_quarantine_row(View key, View value);

}  // namespace xinwang
