// The indexes lead from the keyed hash of a sought value to the place of its entries (FORMAT.md section 4).
//
// An index entry is 16 bytes and holds nothing else: hashes of 64 bits now and then agree by chance, so a
// look-up opens the batch's entry behind it and compares. Index entries order by hash, then by locator, which
// is by age.
#pragma once

#include <compare>
#include <string_view>

#include "protocol/base/hash.h"
#include "storage/rows.h"

namespace xinwang {

// Numbers are part of keys on disk and are never reused.
enum class Index : std::uint8_t {
    record = 1,   // by record id
    subject = 2,  // by subject's identifier
    dated = 3,    // by catalogue and date
};
inline constexpr Index all_indexes[] = {Index::record, Index::subject, Index::dated};

struct IndexEntry {
    std::uint64_t hash = 0;
    std::uint64_t locator = 0;  // Locator::packed()
    auto operator<=>(const IndexEntry&) const = default;
};
// Bounds below and above every entry: no hash is zero, and no dated hash is all ones.
inline constexpr IndexEntry index_begin{};
inline constexpr IndexEntry index_end{~0ull, ~0ull};

inline constexpr std::size_t index_secret_bytes = 32;

// Hashes with the node's secret as key: they are worth nothing elsewhere, and nobody can make them collide on
// purpose.
class IndexHasher {
  public:
    // Requires index_secret_bytes.
    explicit IndexHasher(View secret);
    // Never 0, which means "none" in an IndexRow.
    std::uint64_t record(const RecordId& record) const;
    std::uint64_t subject(std::string_view subject) const;
    std::uint32_t catalogue(std::string_view id) const;

  private:
    SipKey record_, subject_, catalogue_;
};

// The key of the dated index: a catalogue's days stand one after another. `date` is yyyymmdd, or 0.
constexpr std::uint64_t dated_hash(std::uint32_t catalogue_hash, std::uint32_t date) {
    return std::uint64_t{catalogue_hash} << 32 | date;
}

}  // namespace xinwang
