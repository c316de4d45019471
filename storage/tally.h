// A tally: the number of rows of each class, counted by Classify (store.h), 32 numbers under one name in
// table `tallies` (FORMAT.md section 11). Pure.
#pragma once

#include <array>

#include "protocol/base/bytes.h"
#include "protocol/base/refusal.h"

namespace xinwang {

inline constexpr std::size_t row_classes = 32;

struct Tally {
    std::array<std::uint64_t, row_classes> rows{};

    std::uint64_t total() const;
    bool operator==(const Tally&) const = default;
};

Bytes encode(const Tally& tally);
// Refuses truncated and trailing_bytes.
Result<Tally> read_tally(View payload);

}  // namespace xinwang
