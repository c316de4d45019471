#include "node/core/quarantine.h"

#include "node/core/peer_limits.h"

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

void QuarantineBook::count(const Row& row) {
    Share& share = shares_[row.side];
    ++share.rows;
    share.bytes += row.bytes;
}

bool QuarantineBook::add(const Name& name, std::uint16_t pieces, std::size_t bytes, const NodeId& side) {
    const Row row{pieces, bytes + limits::quarantine_row_bytes, side};
    const auto it = shares_.find(side);
    const Share share = it == shares_.end() ? Share{} : it->second;
    if (share.rows >= limits::quarantine_share_rows || share.bytes + row.bytes > limits::quarantine_share_bytes)
        return false;
    (void)remove(name);
    rows_.emplace(name, row);
    count(row);
    return true;
}

void QuarantineBook::restore(const Name& name, std::uint16_t pieces, const NodeId& side) {
    const Row row{pieces, limits::quarantine_row_bytes, side};
    if (rows_.emplace(name, row).second) count(row);
}

void QuarantineBook::restore_piece(const Name& name, std::size_t bytes) {
    const auto it = rows_.find(name);
    if (it == rows_.end()) return;
    it->second.bytes += bytes;
    shares_[it->second.side].bytes += bytes;
}

std::optional<std::uint16_t> QuarantineBook::remove(const Name& name) {
    const auto it = rows_.find(name);
    if (it == rows_.end()) return std::nullopt;
    const auto share = shares_.find(it->second.side);
    --share->second.rows;
    share->second.bytes -= it->second.bytes;
    if (share->second.rows == 0) shares_.erase(share);
    const std::uint16_t pieces = it->second.pieces;
    rows_.erase(it);
    return pieces;
}

std::size_t QuarantineBook::share(const NodeId& side) const {
    const auto it = shares_.find(side);
    return it == shares_.end() ? 0 : it->second.bytes;
}

}  // namespace xinwang
