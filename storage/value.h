// How a value lies in a table: version u8 | payload | XXH3-128 bound to table and key (FORMAT.md section 2).
//
// The disk lies now and then: LMDB has no checksums and returns flipped bits, or another key's page, as if
// nothing were wrong (node/DESIGN.md, D6). The hash is made when a value is written and
// checked whenever it is read; what does not agree is `store_corrupt` and never bytes. It guards against rot,
// not against someone who writes our disk: him the signatures catch. Pure.
#pragma once

#include <initializer_list>

#include "protocol/base/checksum.h"
#include "storage/kv.h"

namespace xinwang {

inline constexpr std::uint8_t value_version = 2;
inline constexpr std::uint8_t value_version_blake2b = 1;  // of stores of schema 1: read, not written
inline constexpr std::size_t value_framing_bytes = 1 + checksum_bytes;
inline constexpr std::size_t value_payload_bytes_max = kv_value_bytes_max - value_framing_bytes;
static_assert(limits::piece_bytes_max <= value_payload_bytes_max);

// What binds a checksum to its table and key: XXH3-64 of `table u8 | key`.
std::uint64_t place_seed(Table table, View key);

// Fills `value`, which has the payload's size plus value_framing_bytes, in place: a piece is copied once, into
// its page.
void frame_value(std::span<std::uint8_t> value, Table table, View key, View payload);

// Puts a framed value. Requires at most value_payload_bytes_max bytes.
void put_framed(KvWriter& writer, Table table, View key, View payload, Place place = Place::anywhere);

// The payload, a part of `value`. Refuses store_corrupt naming table and key.
Result<View> unframe_value(Table table, View key, View value);
// The same without a look at the hash. For readers who prove what they use of the payload themselves.
Result<View> unframe_unchecked(Table table, View key, View value);

}  // namespace xinwang
