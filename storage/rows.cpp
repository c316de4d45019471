#include "storage/rows.h"

#include "protocol/base/check.h"

namespace xinwang {
namespace {

void put_be(Bytes& out, std::uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace

Bytes be32_key(std::uint32_t number) {
    Bytes key;
    put_be(key, number, 4);
    return key;
}

Bytes batch_key(std::uint64_t ordinal, std::uint16_t piece) {
    Bytes key;
    put_be(key, ordinal, 8);
    put_be(key, piece, 2);
    return key;
}

Bytes position_key(std::uint32_t log_number, Seq seq) {
    Bytes key;
    put_be(key, log_number, 4);
    put_be(key, seq, 8);
    return key;
}

Bytes index_key(std::uint64_t hash, const Locator& at) {
    Bytes key;
    put_be(key, hash, 8);
    put_be(key, pack(at), 8);
    return key;
}

std::uint64_t pack(const Locator& at) {
    XW_CHECK(at.ordinal < (1ull << 40) && at.position < (1u << 24));
    return at.ordinal << 24 | at.position;
}

Locator unpack(std::uint64_t packed) {
    return {packed >> 24, static_cast<std::uint32_t>(packed & 0xFFFFFF)};
}

std::uint64_t read_be(View bytes) {
    std::uint64_t value = 0;
    for (const auto b : bytes) value = value << 8 | b;
    return value;
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

Result<LogRow> decode_log_row(View key, View value) {
    Reader in(value, "log row");
    XW_TRY(id, LogId::read(in));
    LogRow row;
    row.id = id;
    row.number = static_cast<std::uint32_t>(read_be(key));
    row.size = in.u64();
    row.last = in.block<BatchId>();
    row.entries = in.u64();
    row.bytes = in.u64();
    row.frontier = to_bytes(in.bytes16());
    XW_TRY_VOID(in.finish());
    return row;
}

Bytes encode(const Position& row) {
    Writer out;
    out.u64(row.ordinal);
    out.block(row.id);
    out.u32(row.entries);
    out.u64(row.bytes);
    return out.take();
}

Result<Position> decode_position(View value) {
    Reader in(value, "position");
    Position row;
    row.ordinal = in.u64();
    row.id = in.block<BatchId>();
    row.entries = in.u32();
    row.bytes = in.u64();
    XW_TRY_VOID(in.finish());
    return row;
}

Bytes encode(const BatchRow& row) {
    Writer out;
    row.log.write(out);
    out.u64(row.seq);
    out.u32(row.entries);
    out.u16(row.pieces);
    out.i64(row.at_ms);
    return out.take();
}

Result<BatchRow> decode_batch_row(View value) {
    Reader in(value, "batch row");
    XW_TRY(log, LogId::read(in));
    BatchRow row;
    row.log = log;
    row.seq = in.u64();
    row.entries = in.u32();
    row.pieces = in.u16();
    row.at_ms = in.i64();
    XW_TRY_VOID(in.finish());
    return row;
}

}  // namespace xinwang
