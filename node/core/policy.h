// Audience policies (WIRE.md section 4): who a batch is sealed for, as the number in its header. The bits 1, 2, 4, 8
// are tiers: the origin itself and its ancestors of those tiers.
#pragma once

#include <cstdint>

namespace xinwang {

inline constexpr std::uint16_t policy_open = 0;         // trust lanes: signed, not secret
inline constexpr std::uint16_t policy_toward = 0x8000;  // the origin and the node that the log is addressed to

}  // namespace xinwang
