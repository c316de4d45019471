#include "node/core/quarantine.h"

namespace xinwang {

std::vector<Put> quarantine(const LogId& log, Seq seq, const Refusal& refusal, Instant now,
                            const std::vector<SharedBytes>& pieces) {
    Writer row_key;
    log.write(row_key);
    row_key.u64(seq);
    Writer row;
    row.i64(now.ms);
    write(row, refusal);
    std::vector<Put> puts;
    puts.push_back(Put{Table::quarantine, row_key.bytes(), row.take()});
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        Writer key;
        key.raw(row_key.bytes());
        key.u16(static_cast<std::uint16_t>(i));
        puts.push_back(Put{Table::quarantine, key.take(), *pieces[i]});
    }
    return puts;
}

Result<QuarantineRow> decode_quarantine_row(View key, View value) {
    Reader key_in(key, "quarantine key");
    XW_TRY(log, LogId::read(key_in));
    const Seq seq = key_in.u64();
    XW_TRY_VOID(key_in.finish());
    Reader in(value, "quarantine row");
    const Instant at{in.i64()};
    XW_TRY(refusal, read_refusal(in));
    XW_TRY_VOID(in.finish());
    return QuarantineRow{log, seq, at, refusal};
}

}  // namespace xinwang
