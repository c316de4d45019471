#include "protocol/entry_block.h"

#include <limits>

#include "protocol/base/check.h"
#include "protocol/base/limits.h"

namespace xinwang {
namespace {

constexpr std::size_t block_bytes_max = std::numeric_limits<std::uint32_t>::max();

}  // namespace

void EntryBlock::add(View entry) {
    XW_CHECK(!entry.empty() && entry.size() <= limits::entry_bytes_max);
    XW_CHECK(bytes_.size() + length_bytes + entry.size() <= block_bytes_max);
    for (std::size_t i = 0; i < length_bytes; ++i)
        bytes_.push_back(static_cast<std::uint8_t>(entry.size() >> 8 * i));
    append(bytes_, entry);
    ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
}

void EntryBlock::reserve(std::size_t entries, std::size_t entry_bytes) {
    bytes_.reserve(bytes_.size() + entries * (length_bytes + entry_bytes));
    ends_.reserve(ends_.size() + entries);
}

}  // namespace xinwang
