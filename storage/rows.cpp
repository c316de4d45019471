#include "storage/rows.h"

namespace xinwang {
namespace {

tl::unexpected<Refusal> damaged(Table table, View key, const Refusal& why) {
    return refuse(Code::store_corrupt, table_name(table), hex(key), why.sentence(Language::english));
}
tl::unexpected<Refusal> damaged(Table table, View key, std::string_view what) {
    return refuse(Code::store_corrupt, table_name(table), hex(key), what);
}

}  // namespace

Bytes log_key(std::uint32_t number) {
    return ordered_key(number);
}
Bytes position_key(std::uint32_t log_number, Seq seq) {
    return ordered_key(log_number, seq);
}
Bytes batch_key(std::uint64_t ordinal, std::uint16_t piece) {
    return ordered_key(ordinal, piece);
}
std::uint64_t next_ordinal(const KvReader& reader) {
    const auto last = reader.last_key(Table::batches);
    return last ? batch_ordinal(*last) + 1 : 0;
}

std::uint64_t batch_ordinal(View key) {
    // Structural damage may show us any key: it leads to an ordinal where nothing lies.
    return key.size() < sizeof(std::uint64_t) ? 0 : ordered_number<std::uint64_t>(key);
}

Bytes encode(const LogRow& row) {
    Writer out;
    row.id.write(out);
    out.u64(row.size);
    out.block(row.last);
    out.u64(row.entries);
    out.u64(row.bytes);
    out.bytes16(row.frontier);
    return out.take();
}

Result<LogRow> read_log_row(View key, View payload) {
    if (key.size() != sizeof(std::uint32_t)) return damaged(Table::logs, key, "key");
    Reader in(payload, "log row");
    LogRow row;
    row.number = ordered_number<std::uint32_t>(key);
    const auto id = LogId::read(in);
    if (!id) return damaged(Table::logs, key, id.error());
    row.id = *id;
    row.size = in.u64();
    row.last = in.block<BatchId>();
    row.entries = in.u64();
    row.bytes = in.u64();
    row.frontier = to_bytes(in.bytes16());
    if (const auto end = in.finish(); !end) return damaged(Table::logs, key, end.error());
    if (row.size == 0) return damaged(Table::logs, key, "size");
    return row;
}

Bytes encode(const Position& position) {
    Writer out;
    out.u64(position.ordinal);
    out.block(position.id);
    out.u32(position.entries);
    out.u64(position.bytes);
    out.u64(position.entries_before);
    out.u64(position.bytes_before);
    return out.take();
}

Result<Position> read_position(View key, View payload) {
    Reader in(payload, "position row");
    Position position;
    position.ordinal = in.u64();
    position.id = in.block<BatchId>();
    position.entries = in.u32();
    position.bytes = in.u64();
    position.entries_before = in.u64();
    position.bytes_before = in.u64();
    if (const auto end = in.finish(); !end) return damaged(Table::positions, key, end.error());
    return position;
}

Bytes encode(const BatchRow& row) {
    Writer out;
    row.log.write(out);
    out.u64(row.seq);
    out.block(row.id);
    out.u32(row.entries);
    out.i64(row.at_ms);
    out.u16(row.pieces);
    out.u64(row.bytes);
    return out.take();
}

Result<BatchRow> read_batch_row(View key, View payload) {
    Reader in(payload, "batch row");
    BatchRow row;
    const auto log = LogId::read(in);
    if (!log) return damaged(Table::batches, key, log.error());
    row.log = *log;
    row.seq = in.u64();
    row.id = in.block<BatchId>();
    row.entries = in.u32();
    row.at_ms = in.i64();
    row.pieces = in.u16();
    row.bytes = in.u64();
    if (const auto end = in.finish(); !end) return damaged(Table::batches, key, end.error());
    if (row.pieces >= batch_stub_piece) return damaged(Table::batches, key, "pieces");
    return row;
}

}  // namespace xinwang
