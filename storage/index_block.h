// A block: up to 4,080 index entries in order, one value of the table `index_blocks` (FORMAT.md section 4).
//
//     version u8 | upper fence 16 | section | section | …        section = checksum u64 | up to 255 entries
//
// A block's key holds its lower fence and its value names the upper one, which is the next block's lower
// fence: so a look-up that lands in a block knows that no other block of the run can hold the sought entry.
// Each section is checked by itself when it is read, with the block's key, fences and size in the checksum: a
// look-up reads one or two sections of 4 KiB, not the whole value. *Rationale*: values of sixteen pages like
// those of pieces keep LMDB's free list unfragmented, and checking all of one for each run would cost more
// than the rest of a look-up.
//
// Pure. Refuses `store_corrupt` when the form or a checksum does not agree.
#pragma once

#include <array>
#include <span>

#include "storage/index.h"
#include "storage/kv.h"

namespace xinwang {

inline constexpr std::uint8_t index_block_version = 3;
inline constexpr std::size_t index_entry_bytes = 16;
inline constexpr std::size_t index_section_entries = 255;
inline constexpr std::size_t index_block_sections = 16;
inline constexpr std::size_t index_block_entries = index_section_entries * index_block_sections;

// The bytes of a block of so many entries.
constexpr std::size_t index_block_bytes(std::size_t entries) {
    const std::size_t sections = (entries + index_section_entries - 1) / index_section_entries;
    return 1 + index_entry_bytes + sections * sizeof(std::uint64_t) + entries * index_entry_bytes;
}
static_assert(index_block_bytes(index_block_entries) <= kv_value_bytes_max);

// index u8 | run u64 | lower fence: hash u64, locator u64; all big-endian.
inline constexpr std::size_t index_block_key_bytes = 25;
using IndexBlockKey = std::array<std::uint8_t, index_block_key_bytes>;
IndexBlockKey index_block_key(Index index, std::uint64_t run, const IndexEntry& lower);
// Requires index_block_key_bytes.
IndexEntry lower_fence(View key);

// Requires 1 .. index_block_entries entries in order, all of them in [the key's fence, upper), and
// value.size() == index_block_bytes(entries.size()).
void write_index_block(std::span<std::uint8_t> value, View key, const IndexEntry& upper,
                       std::span<const IndexEntry> entries);

// A view of a block's value in place.
class IndexBlock {
  public:
    using Section = std::array<IndexEntry, index_section_entries>;

    IndexBlock() = default;
    // Checks the form only.
    static Result<IndexBlock> parse(View key, View value);

    std::size_t size() const { return entries_; }
    std::size_t sections() const { return (entries_ + index_section_entries - 1) / index_section_entries; }
    const IndexEntry& lower() const { return lower_; }
    // The upper fence; trustworthy once a section was read.
    const IndexEntry& upper() const { return upper_; }

    // Reads and checks one section. Returns how many entries it has. Requires section < sections().
    Result<std::size_t> read(std::size_t section, Section& into) const;
    // The section that holds the first entry not less than `at`, were there no damage: read() tells.
    std::size_t section_of(const IndexEntry& at) const;

  private:
    View bytes_of(std::size_t section) const;
    std::size_t guess_section(const IndexEntry& at) const;
    std::uint64_t checksum_of(std::size_t section, View entries) const;

    View key_, value_;
    std::uint64_t seed_ = 0;
    std::size_t entries_ = 0;
    IndexEntry lower_, upper_;
};

}  // namespace xinwang
