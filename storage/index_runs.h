// Index keys on their way into the index's tree (FORMAT.md section 4).
//
//   a commit's keys, sorted ──▶ runs, appended ──▶ when runs_max lie there: slice after slice ──▶ the tree
//
// *Rationale*: keys are hashes, so putting a commit's keys into a large tree touches a page for nearly each of
// them, and every touched page is written. Gathered runs go in together and in order: a page is written once
// for all of them. One slice of the hashes moves in one commit, so that none has to wait for a whole merge.
//
// Invariant: every key is in the tree, in a run, or in both; a look-up asks both. Used within one writer, by
// its thread.
#pragma once

#include <vector>

#include "storage/index.h"
#include "storage/kv.h"

namespace xinwang {

// More runs make fewer merges and dearer look-ups, a binary search in each.
inline constexpr std::size_t index_runs_max = 32;
inline constexpr std::size_t index_slices = 16;
inline constexpr std::size_t index_run_keys_max = 4000;

// The key of a run of `index`, and the prefix of all its rows: the row of that prefix alone is the merge under
// way.
Bytes index_run_key(Table index, std::uint64_t number);
Bytes index_merge_key(Table index);
// What lies between a run's framing: its keys one after another. The hash is left to the walk, as it is for the
// tree.
View index_run_keys(View value);
// Visits the places of all keys with this hash.
void scan_index_runs(const KvReader& reader, Table index, std::uint64_t hash,
                     const std::function<void(Locator)>& visit);

class IndexCommit {
  public:
    explicit IndexCommit(Table index) : index_(index) {}
    void add(const IndexKey& key) { added_.push_back(key); }
    // Reads what is to be moved. Before anything is written in this commit.
    void prepare(const KvReader& reader);
    // Writes the added keys as runs, and moves the slice.
    void write(KvWriter& writer);

  private:
    void read_slice(View run);
    void write_runs(KvWriter& writer);
    void move_slice(KvWriter& writer);

    Table index_;
    std::vector<IndexKey> added_;
    std::uint64_t next_run_ = 0;
    bool merging_ = false;
    std::uint64_t through_ = 0;  // the last run of the merge
    std::uint8_t slice_ = 0;
    std::vector<std::uint64_t> merged_runs_;
    std::vector<IndexKey> moved_;
};

}  // namespace xinwang
