// The work of one commit on one index: the commit's entries become a run, and the merges under way move on
// (index_manifest.h).
//
// The work has two halves, because a writer that has run full reads nothing: prepare() reads and merges in
// memory, write() only writes. Work is bounded: for every entry added each merge moves two, at most
// merge_blocks_max blocks in all. A merge that meets damage makes prepare() refuse store_corrupt: the indexes
// must then be built again from the batches (Store::Commit). Used within one writer, by its thread.
#pragma once

#include "storage/index_block.h"
#include "storage/index_filter.h"
#include "storage/index_manifest.h"

namespace xinwang {

class IndexCommit {
  public:
    explicit IndexCommit(Index index) : index_(index) {}
    void add(std::uint64_t hash, const Locator& where) { added_.push_back({hash, where.packed()}); }
    // Plans the merges of this commit. Call it after the last add().
    Result<void> prepare(const KvReader& reader);
    // Forgets everything that the index holds, so that it begins anew with the entries added for batches from
    // `ordinal` on.
    void prepare_anew(std::uint64_t ordinal);
    // Call fill() after prepare() and before the commit, because look-ups must find the new runs as soon as
    // they can see them; call committed() after the commit.
    void fill(RunFilters& filters) const;
    void committed(RunFilters& filters) const { filters.keep_only(manifest_); }
    void write(KvWriter& writer);

  private:
    struct Block {
        std::uint64_t run;
        IndexBlockKey key;
        IndexEntry upper;
        std::vector<IndexEntry> entries;
    };
    Result<void> move(IndexMerge& merge, const KvReader& reader, std::size_t& blocks_left);
    Result<void> move_blocks(IndexMerge& merge, const KvReader& reader, std::size_t blocks);
    void finish_merges();
    void cut_run();
    void write(KvWriter& writer, View key, const IndexEntry& upper, std::span<const IndexEntry> entries) const;

    Index index_;
    std::vector<IndexEntry> added_;
    IndexManifest manifest_;
    std::uint64_t run_ = 0;        // the run of the added entries
    std::vector<IndexRun> begun_;  // merges that begin: the output's number and its entries in the end
    std::vector<Block> moved_;
    std::vector<IndexBlockKey> consumed_;
};

}  // namespace xinwang
