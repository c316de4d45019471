#include "storage/index_block.h"

#include <algorithm>
#include <bit>

#include "protocol/base/check.h"
#include "protocol/base/checksum.h"
#include "storage/value.h"

namespace xinwang {
namespace {

// Entries lie as the machine has them: little-endian, as every integer of ours in a value.
static_assert(std::endian::native == std::endian::little);
static_assert(sizeof(IndexEntry) == index_entry_bytes);

constexpr std::size_t front_bytes = 1 + index_entry_bytes;
constexpr std::size_t checksum_size = sizeof(std::uint64_t);
constexpr std::size_t section_bytes = checksum_size + index_section_entries * index_entry_bytes;

// What the sections' checksums are bound to besides their place in the block.
std::uint64_t block_seed(View key, const IndexEntry& upper, std::size_t entries) {
    const std::array<std::uint64_t, 3> bound{upper.hash, upper.locator, entries};
    return checksum64({reinterpret_cast<const std::uint8_t*>(bound.data()), sizeof bound},
                      place_seed(Table::index_blocks, key));
}

IndexEntry entry_at(View bytes) {
    IndexEntry entry;
    std::memcpy(&entry, bytes.data(), sizeof entry);
    return entry;
}

std::size_t entries_of(std::size_t value_bytes) {
    const std::size_t bytes = value_bytes - front_bytes;
    const std::size_t whole = bytes / section_bytes, rest = bytes % section_bytes;
    return whole * index_section_entries + (rest == 0 ? 0 : (rest - checksum_size) / index_entry_bytes);
}

}  // namespace

IndexBlockKey index_block_key(Index index, std::uint64_t run, const IndexEntry& lower) {
    const Bytes bytes = ordered_key(static_cast<std::uint8_t>(index), run, lower.hash, lower.locator);
    IndexBlockKey key;
    std::copy(bytes.begin(), bytes.end(), key.begin());
    return key;
}

IndexEntry lower_fence(View key) {
    XW_CHECK(key.size() == index_block_key_bytes);
    return {ordered_number<std::uint64_t>(key.subspan(9)), ordered_number<std::uint64_t>(key.subspan(17))};
}

void write_index_block(std::span<std::uint8_t> value, View key, const IndexEntry& upper,
                       std::span<const IndexEntry> entries) {
    XW_CHECK(!entries.empty() && entries.size() <= index_block_entries);
    XW_CHECK(value.size() == index_block_bytes(entries.size()));
    XW_CHECK(!(entries.front() < lower_fence(key)) && entries.back() < upper);
    value[0] = index_block_version;
    std::memcpy(value.data() + 1, &upper, sizeof upper);
    const std::uint64_t seed = block_seed(key, upper, entries.size());
    std::uint8_t* to = value.data() + front_bytes;
    for (std::size_t section = 0; !entries.empty(); ++section) {
        const auto part = entries.first(std::min(entries.size(), index_section_entries));
        entries = entries.subspan(part.size());
        std::memcpy(to + checksum_size, part.data(), part.size_bytes());
        const std::uint64_t sum = checksum64({to + checksum_size, part.size_bytes()}, seed + section);
        std::memcpy(to, &sum, sizeof sum);
        to += checksum_size + part.size_bytes();
    }
}

Result<IndexBlock> IndexBlock::parse(View key, View value) {
    const auto damaged = [&] {
        return refuse(Code::store_corrupt, table_name(Table::index_blocks), hex(key), "form");
    };
    if (key.size() != index_block_key_bytes || value.size() < index_block_bytes(1)) return damaged();
    IndexBlock block;
    block.entries_ = entries_of(value.size());
    if (value[0] != index_block_version || block.entries_ == 0 || block.entries_ > index_block_entries ||
        index_block_bytes(block.entries_) != value.size())
        return damaged();
    block.key_ = key;
    block.value_ = value;
    block.lower_ = lower_fence(key);
    block.upper_ = entry_at(value.subspan(1));
    block.seed_ = block_seed(key, block.upper_, block.entries_);
    return block;
}

View IndexBlock::bytes_of(std::size_t section) const {
    const std::size_t count = std::min(index_section_entries, entries_ - section * index_section_entries);
    return value_.subspan(front_bytes + section * section_bytes, checksum_size + count * index_entry_bytes);
}

Result<std::size_t> IndexBlock::read(std::size_t section, Section& into) const {
    XW_CHECK(section < sections());
    const View bytes = bytes_of(section);
    const View entries = bytes.subspan(checksum_size);
    std::uint64_t kept = 0;
    std::memcpy(&kept, bytes.data(), sizeof kept);
    if (checksum64(entries, seed_ + section) != kept)
        return refuse(Code::store_corrupt, table_name(Table::index_blocks), hex(key_),
                      "section " + std::to_string(section));
    std::memcpy(into.data(), entries.data(), entries.size());
    return entries.size() / index_entry_bytes;
}

// One that section_of() may begin with: 1 .. sections() - 1, where there are two or more.
std::size_t IndexBlock::guess_section(const IndexEntry& at) const {
    const auto from = static_cast<double>(at.hash - std::min(at.hash, lower_.hash));
    const auto whole = static_cast<double>(std::max(upper_.hash, at.hash) - lower_.hash);
    const auto section =
        static_cast<std::size_t>(from / std::max(whole, 1.0) * static_cast<double>(sections()));
    return std::clamp<std::size_t>(section, 1, std::max<std::size_t>(sections(), 2) - 1);
}

std::size_t IndexBlock::section_of(const IndexEntry& at) const {
    // The last section whose first entry is not behind `at`. Every probe costs a page that is in no cache, and
    // hashes are even: it lies where its distance from the fences says, or next to that.
    std::size_t low = 0, high = sections(), probe = guess_section(at);
    for (std::size_t probes = 1; high - low > 1; ++probes) {
        const bool behind = at < entry_at(bytes_of(probe).subspan(checksum_size));
        (behind ? high : low) = probe;
        probe = probes > 2 ? (low + high) / 2 : behind ? high - 1 : low + 1;
    }
    return low;
}

}  // namespace xinwang
