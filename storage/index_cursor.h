// A walk through one run, entry by entry, from block to block along their fences (index_block.h).
//
//     seek(at) ──▶ entry(), next() … until end()
//
// `until` is the fence at which a run that is still being written ends; index_end for a whole run. Every
// entry that the walk gives was checked. Used within one reader's life, by its thread.
#pragma once

#include "storage/index_block.h"

namespace xinwang {

class RunCursor {
  public:
    RunCursor(const KvReader& reader, Index index, std::uint64_t run, const IndexEntry& until = index_end)
        : reader_(&reader), index_(index), run_(run), until_(until) {}
    RunCursor(const RunCursor&) = delete;
    RunCursor& operator=(const RunCursor&) = delete;

    // Goes to the first entry not less than `at`. Requires `at` below `until`. Refuses store_corrupt.
    Result<void> seek(const IndexEntry& at);
    // Seeks forward from the walk's present entry, for `at` that rise: a near entry costs no search.
    Result<void> skip_to(const IndexEntry& at);
    bool end() const { return end_; }
    // Requires !end().
    const IndexEntry& entry() const { return section_[position_]; }
    Result<void> next() {
        if (++position_ < count_) return {};
        return next_section();
    }
    // The blocks that the walk has left since seek(), with their upper fences.
    const std::vector<std::pair<IndexBlockKey, IndexEntry>>& passed() const { return passed_; }

  private:
    Result<void> open_block(View key, View value);
    Result<void> next_section();

    const KvReader* reader_;
    Index index_;
    std::uint64_t run_;
    IndexEntry until_;
    IndexBlock block_;
    IndexBlockKey key_{};
    IndexBlock::Section section_;
    std::size_t number_ = 0;  // of the section
    std::size_t count_ = 0;
    std::size_t position_ = 0;
    bool end_ = true;
    std::vector<std::pair<IndexBlockKey, IndexEntry>> passed_;
};

}  // namespace xinwang
