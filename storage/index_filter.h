// Which runs of an index may hold a hash: a look-up among fifty million entries asks a dozen runs, and all but
// one or two of them would be searched in vain (FORMAT.md section 4).
//
// A filter is derived from its run and lives in memory only: the commit that makes a run makes its filter, and
// after a start they are built from the runs, in the background, while look-ups do without
// (Store::warm_up). A run without a filter is searched; a filter never hides an entry.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "storage/index_manifest.h"

namespace xinwang {

// A blocked Bloom filter (Putze, Sanders, Singler 2007): all bits of a hash lie in one cache line, and lines
// follow the order of the hashes, so that filling it from a run writes memory from front to end. Ten bits for
// each entry; of hashes that are not there about one in sixty passes.
class IndexFilter {
  public:
    // For so many entries; more make it less selective.
    explicit IndexFilter(std::uint64_t entries);
    // One thread at a time, beside any number that ask.
    void add(std::uint64_t hash);
    bool may_hold(std::uint64_t hash) const;

  private:
    std::vector<std::atomic<std::uint64_t>> words_;
};

// The filters of one index's runs, by run number. Any thread.
class RunFilters {
  public:
    // True also for a run that has no filter yet.
    bool may_hold(std::uint64_t run, std::uint64_t hash) const;
    // The run's filter, to be asked many times; none as long as it has none.
    std::shared_ptr<const IndexFilter> of(std::uint64_t run) const;

    // The writer's, before its commit: of a run it makes, or begins to make by merging.
    void make(std::uint64_t run, std::uint64_t entries);
    // Requires that the entries are part of the run, or will be by this commit. A run without a filter is left
    // alone.
    void add(std::uint64_t run, std::span<const IndexEntry> entries);
    // After a commit: filters of other runs are dropped.
    void keep_only(const IndexManifest& manifest);

    // The loader's: filters that are not asked until ready(). begin() comes before the snapshot whose entries
    // are then added: what the writer moves meanwhile goes into them, too. False when the run has one already.
    bool begin(std::uint64_t run, std::uint64_t entries);
    void ready(std::uint64_t run);

  private:
    struct Held {
        std::shared_ptr<IndexFilter> filter;
        bool ready = false;
    };
    mutable std::mutex mutex_;  // of the map
    std::mutex adding_;         // the writer and the loader may fill one filter
    std::map<std::uint64_t, Held> held_;
};

}  // namespace xinwang
