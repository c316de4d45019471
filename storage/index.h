// The indexes' keys: a keyed hash of what is looked for, then where it lies (FORMAT.md section 3). The key is
// all there is to an entry: the value is empty, and whoever looks something up confirms it by opening the
// entry.
#pragma once

#include <array>

#include "storage/rows.h"

namespace xinwang {

inline constexpr std::size_t index_secret_bytes = 32;
inline constexpr std::size_t index_key_bytes = 16;
using IndexKey = std::array<std::uint8_t, index_key_bytes>;

// 64 bits, keyed with the node's secret; never 0.
std::uint64_t record_hash(View secret, const RecordId& record);
std::uint64_t subject_hash(View secret, std::string_view subject);

IndexKey index_key(std::uint64_t hash, Locator locator);

}  // namespace xinwang
