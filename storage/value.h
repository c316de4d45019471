// How a value lies in a table: version u8 | payload | BLAKE2b-128 bound to table and key (FORMAT.md section 2).
//
// The disk lies now and then: LMDB has no checksums and returns flipped bits, or another key's page, as if
// nothing were wrong (RELIABILITY.md section 1, finding 10). The hash is made when a value is written and
// checked whenever it is read; what does not agree is `store_corrupt` and never bytes. Pure.
#pragma once

#include <initializer_list>

#include "storage/kv.h"

namespace xinwang {

inline constexpr std::uint8_t value_version = 1;
inline constexpr std::size_t value_framing_bytes = 1 + 16;
inline constexpr std::size_t value_payload_bytes_max = kv_value_bytes_max - value_framing_bytes;
static_assert(limits::piece_bytes_max <= value_payload_bytes_max);

// Fills `value`, which has the payload's size plus value_framing_bytes, in place: a piece is copied once, into
// its page.
void frame_value(std::span<std::uint8_t> value, Table table, View key, View payload);

// The payload, a part of `value`. Refuses store_corrupt naming table and key.
Result<View> unframe_value(Table table, View key, View value);

}  // namespace xinwang
