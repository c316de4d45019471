#include "node/core/quarantine.h"

namespace xinwang {
namespace {

Bytes row_key(const LogId& log, Seq seq) {
    Writer key;
    log.write(key);
    key.u64(seq);
    return key.take();
}

Bytes piece_key(const Bytes& row, std::size_t piece) {
    Writer key;
    key.raw(row);
    key.u16(static_cast<std::uint16_t>(piece));
    return key.take();
}

}  // namespace

std::vector<Put> quarantine(const LogId& log, Seq seq, const Refusal& refusal, Instant now,
                            const std::vector<SharedBytes>& pieces) {
    const Bytes key = row_key(log, seq);
    Writer row;
    row.i64(now.ms);
    row.u16(static_cast<std::uint16_t>(pieces.size()));
    write(row, refusal);
    std::vector<Put> puts;
    puts.push_back(Put{Table::quarantine, key, row.take()});
    for (std::size_t i = 0; i < pieces.size(); ++i)
        puts.push_back(Put{Table::quarantine, piece_key(key, i), *pieces[i]});
    return puts;
}

std::vector<Erase> release(const LogId& log, Seq seq, std::uint16_t pieces) {
    const Bytes key = row_key(log, seq);
    std::vector<Erase> erased{{Table::quarantine, key}};
    for (std::size_t i = 0; i < pieces; ++i) erased.push_back({Table::quarantine, piece_key(key, i)});
    return erased;
}

Result<QuarantineRow> decode_quarantine_row(View key, View value) {
    Reader key_in(key, "quarantine key");
    XW_TRY(log, LogId::read(key_in));
    const Seq seq = key_in.u64();
    XW_TRY_VOID(key_in.finish());
    Reader in(value, "quarantine row");
    const Instant at{in.i64()};
    const std::uint16_t pieces = in.u16();
    XW_TRY(refusal, read_refusal(in));
    XW_TRY_VOID(in.finish());
    return QuarantineRow{log, seq, at, pieces, refusal};
}

}  // namespace xinwang
