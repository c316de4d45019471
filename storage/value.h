// The framing of a value in a table: version u8 | payload | XXH3-128 bound to table and key (FORMAT.md
// section 2).
//
// The disk lies now and then: LMDB has no checksums and returns flipped bits, or another key's page, as if
// nothing were wrong (node/DESIGN.md, D6). The hash is made when a value is written and checked whenever the
// value is read; a value that does not agree with its hash is `store_corrupt` and never bytes. The hash
// guards against rot, not against an intruder who writes to the disk: the signatures catch the intruder.
// Pure.
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

// The seed that binds a checksum to its table and key: XXH3-64 of `table u8 | key`.
std::uint64_t place_seed(Table table, View key);

// Fills `value`, which has the payload's size plus value_framing_bytes, in place: a piece is copied once, into
// its page.
void frame_value(std::span<std::uint8_t> value, Table table, View key, View payload);

// Puts a framed value. Requires at most value_payload_bytes_max bytes.
void put_framed(KvWriter& writer, Table table, View key, View payload, Place place = Place::anywhere);

// The payload, a part of `value`. Refuses store_corrupt naming table and key.
Result<View> unframe_value(Table table, View key, View value);
// The payload without a check of the hash, for readers who prove the part that they use themselves.
Result<View> unframe_unchecked(Table table, View key, View value);

}  // namespace xinwang
