// Checksums against rot: XXH3, which is as fast as memory and catches the faults of disks, but proves nothing
// against an adversary. Bytes that an adversary may touch are signed or sealed (hash.h, envelope.h). Pure.
// Source: the XXH3 specification, xxHash 0.8, canonical (big-endian) form.
#pragma once

#include "protocol/base/bytes.h"

namespace xinwang {

inline constexpr std::size_t checksum_bytes = 16;

std::uint64_t checksum64(View bytes, std::uint64_t seed = 0);
void checksum128(std::span<std::uint8_t, checksum_bytes> out, View bytes, std::uint64_t seed = 0);

}  // namespace xinwang
