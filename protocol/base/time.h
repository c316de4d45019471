// Time as an argument. An `Instant` is milliseconds since 1970-01-01 UTC as the edge's clock gave it to this
// turn; the core never reads a clock. No safety rule depends on it (node/DESIGN.md, X8): it orders retries and
// dates displays.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace xinwang {

using Duration = std::chrono::milliseconds;
inline constexpr std::int64_t day_ms = 86'400'000;

struct Instant {
    std::int64_t ms = 0;
    auto operator<=>(const Instant&) const = default;
    friend Instant operator+(Instant t, Duration d) { return {t.ms + d.count()}; }
    friend Instant operator-(Instant t, Duration d) { return {t.ms - d.count()}; }
    friend Duration operator-(Instant a, Instant b) { return Duration(a.ms - b.ms); }
};

}  // namespace xinwang
