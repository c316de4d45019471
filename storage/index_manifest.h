// The manifest lists the runs of an index, and the merges under way (FORMAT.md section 4). One row of the
// table `index_state` for each index, rewritten by every commit that changes it. Pure.
//
//     a commit's entries ──▶ a run ─┐
//     runs of one size class, four or more ──▶ merge: inputs keep what is at or above `cursor`,
//                                              output holds what is below ──▶ one run of the next class
//
// Invariant: an entry is in exactly one run at or above that run's lower bound and below its upper one, so a
// look-up asks each run for its part. A merge moves the cursor up by whole blocks in the commits that feed
// the index, in proportion to the entries that they add; no commit waits for a whole merge.
#pragma once

#include <vector>

#include "storage/index.h"
#include "storage/kv.h"

namespace xinwang {

inline constexpr std::size_t index_fan_out = 4;
inline constexpr std::size_t index_merge_inputs_max = 8;

struct IndexRun {
    std::uint64_t number = 0;
    std::uint64_t entries = 0;
    bool operator==(const IndexRun&) const = default;
};

struct IndexMerge {
    std::vector<IndexRun> inputs;
    std::uint64_t output = 0;
    IndexEntry cursor = index_begin;
    std::uint64_t produced = 0;  // entries in the output
    std::uint64_t credit = 0;    // entries that may be moved before more is added
    std::uint64_t total() const;
    bool operator==(const IndexMerge&) const = default;
};

struct IndexManifest {
    std::uint64_t next_run = 0;
    std::vector<IndexRun> runs;  // runs that are in no merge, oldest first
    std::vector<IndexMerge> merges;

    // Takes runs of one size class into a merge wherever enough of them lie.
    void begin_merges();
    std::uint64_t entries() const;
    bool operator==(const IndexManifest&) const = default;
};
// 0 for 1–3 entries, 1 for 4–15, and so on. Requires at least one.
unsigned size_class(std::uint64_t entries);

// A part of the index: the entries of `run` in [from, until).
struct IndexPart {
    std::uint64_t run = 0;
    IndexEntry from, until;
};
// The parts, which are disjoint and together the whole index.
std::vector<IndexPart> parts_of(const IndexManifest& manifest);

Bytes index_manifest_key(Index index);
Bytes encode(const IndexManifest& manifest);
// An index without a row is empty. Refuses store_corrupt.
Result<IndexManifest> read_index_manifest(const KvReader& reader, Index index);

// The progress of building the indexes again from the batches: of the batches below `end`, those below `next`
// are indexed. While `old_tables` is set the tables of schema 1 answer for the others; otherwise look-ups are
// refused.
struct IndexRebuild {
    std::uint64_t next = 0, end = 0;
    bool old_tables = false;
    bool operator==(const IndexRebuild&) const = default;
};
View index_rebuild_key();
Bytes encode(const IndexRebuild& rebuild);
void put_index_rebuild(KvWriter& writer, const IndexRebuild& rebuild);
// Empty when the indexes are whole. Refuses store_corrupt.
Result<std::optional<IndexRebuild>> read_index_rebuild(const KvReader& reader);

}  // namespace xinwang
