// Encoded entries one after another, as a chunk holds them before compression (WIRE.md section 4.5): u32
// length | entry. A block is compressed from where it lies, and no entry costs an allocation of its own.
// Pure.
#pragma once

#include <vector>

#include "protocol/base/bytes.h"

namespace xinwang {

class EntryBlock {
  public:
    static constexpr std::size_t length_bytes = 4;

    // Appends an entry. Requires 1..limits::entry_bytes_max bytes, and a block below 4 GiB.
    void add(View entry);
    // Reserves memory for entries about to be added.
    void reserve(std::size_t entries, std::size_t entry_bytes);

    std::size_t size() const { return ends_.size(); }
    bool empty() const { return ends_.empty(); }
    // The bytes of all entries with their lengths.
    std::size_t bytes() const { return bytes_.size(); }
    // The entry, without its length.
    View operator[](std::size_t i) const { return framed(i, 1).subspan(length_bytes); }
    // `count` entries from `first` on, with their lengths. Requires first + count <= size().
    View framed(std::size_t first, std::size_t count) const {
        const std::size_t begin = first == 0 ? 0 : ends_[first - 1];
        return View(bytes_).subspan(begin, (count == 0 ? begin : ends_[first + count - 1]) - begin);
    }

  private:
    Bytes bytes_;
    std::vector<std::uint32_t> ends_;  // where each entry ends
};

}  // namespace xinwang
