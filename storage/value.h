// Framed values: every value in the store is bound to its place and checked on every read.
//
//   u8 layout version (1) | payload | BLAKE2b-128 keyed with the BLAKE2b-256 of "XW-value" | table | key
//
// A flipped bit, a torn write or a page that came from elsewhere (another key, another table) fails the check and is
// the refusal store_corrupt; wrong bytes are never returned. FORMAT.md has an example that a test reads.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/refusal.h"
#include "storage/kv.h"

namespace xinwang {

inline constexpr std::uint8_t value_layout = 1;
inline constexpr std::size_t value_overhead_bytes = 17;

// `out` has payload.size() + value_overhead_bytes.
void frame_value(std::span<std::uint8_t> out, Table table, View key, View payload);
// The payload, looking into `framed`. Refuses store_corrupt, naming table and key.
Result<View> check_value(Table table, View key, View framed);

}  // namespace xinwang
