// Filters tell which runs of an index may hold a hash: a look-up among fifty million entries asks a dozen
// runs, and without filters would search all but one or two of them in vain (FORMAT.md section 4).
//
// A filter is derived from its run and lives in memory only: the commit that makes a run makes its filter,
// and after a start filters are built from the runs, in the background, while look-ups do without
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
// each entry; about one in sixty hashes that are not there passes.
class IndexFilter {
  public:
    // Makes a filter for so many entries; more make it less selective.
    explicit IndexFilter(std::uint64_t entries);
    // One thread adds at a time, beside any number that ask.
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
    // The run's filter, for asking many times; nullptr while the run has no ready filter.
    std::shared_ptr<const IndexFilter> of(std::uint64_t run) const;

    // Makes the filter of a run that the writer makes, or begins to make by merging; called before the
    // commit.
    void make(std::uint64_t run, std::uint64_t entries);
    // Adds entries to a run's filter; does nothing for a run without one. Requires that the entries are part
    // of the run, or will be by this commit.
    void add(std::uint64_t run, std::span<const IndexEntry> entries);
    // Drops the filters of other runs, after a commit.
    void keep_only(const IndexManifest& manifest);

    // The loader's filters are not asked until ready(). Call begin() before taking the snapshot whose entries
    // are then added: entries that the writer moves meanwhile go into the filter, too. False when the run has
    // a filter already.
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
