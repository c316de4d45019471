// Keys and rows of the store's own tables (FORMAT.md). Integers in keys are big-endian, so that the order of keys is the
// order of numbers; rows are written by the fixed-layout codec. Pure.
#pragma once

#include "storage/store.h"

namespace xinwang {

inline constexpr std::uint16_t batch_row_piece = 0xFFFF;  // the row of a batch stands behind its pieces

Bytes be32_key(std::uint32_t number);
Bytes batch_key(std::uint64_t ordinal, std::uint16_t piece);
Bytes position_key(std::uint32_t log_number, Seq seq);
Bytes index_key(std::uint64_t hash, const Locator& at);
// 40 bits of ordinal, 24 of position.
std::uint64_t pack(const Locator& at);
Locator unpack(std::uint64_t packed);
std::uint64_t read_be(View bytes);

Bytes encode(const LogRow& row);
Bytes encode(const Position& row);
Bytes encode(const BatchRow& row);
Result<LogRow> decode_log_row(View key, View value);
Result<Position> decode_position(View value);
Result<BatchRow> decode_batch_row(View value);

}  // namespace xinwang
