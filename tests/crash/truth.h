// What a store must hold after some steps, kept apart from the store.
//
// Index rows name records, subjects and catalogues by numbers, from 1, where a store has hashes, because those
// depend on its secret: for_store() puts them in.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/store.h"

namespace xinwang::crash {

RecordId record_id(std::uint64_t number);
std::string subject_name(std::uint64_t number);
std::string catalogue_name(std::uint64_t number);
// Writes with the hashes of this store, ready to be committed.
std::vector<Write> for_store(std::vector<Write> writes, const Store& store);

// What a damaged store gave when everything was asked of it by name.
struct Reading {
    std::uint64_t right = 0;
    std::uint64_t refused = 0;  // store_corrupt
    std::uint64_t missing = 0;  // said not to be there, which only the walk can contradict
    std::uint64_t stale = 0;    // what had once been put there, and was written over since
    std::string wrong;          // the first that gave other bytes than were ever put there
};

class Truth {
  public:
    // While the indexes are built again: batches below `next` are indexed, and those from `end` on.
    struct Rebuild {
        std::uint64_t next = 0;
        std::uint64_t end = 0;
    };

    void apply(const std::vector<Write>& writes);
    Seq size(const LogId& log) const;
    const std::vector<std::shared_ptr<const AppendBatch>>& batches() const { return batches_; }  // by ordinal
    const std::optional<Rebuild>& rebuild() const { return rebuild_; }
    bool pruned(std::uint64_t ordinal) const { return stubs_.contains(ordinal); }
    // The write that puts a batch back, pruned or not, where it lies.
    RestoreBatch restore(std::uint64_t ordinal) const;
    // What differs, or nothing. Reads everything: logs, batches, every table of the node's, the indexes, the
    // walk.
    std::string difference(const Store& store) const;
    // Of the logs' sizes and the number of batches alone.
    std::string size_difference(const Store& store) const;
    // Reads everything by its name and compares what comes back. `earlier`: truths that held before this one.
    Reading read(const Store& store, const std::vector<const Truth*>& earlier) const;

  private:
    // Where entries lie, as the indexes must say.
    struct Places {
        std::map<std::uint64_t, std::vector<Locator>> records, subjects;
        std::map<std::uint64_t, std::vector<std::pair<std::uint32_t, Locator>>> dated;
    };
    const Places& places() const;
    std::string batch_difference(const Snapshot& kept) const;
    std::string pruned_difference(const Snapshot& kept, std::uint64_t ordinal) const;
    std::string table_difference(const Snapshot& kept) const;
    std::string index_difference(const Snapshot& kept) const;
    void read_batches(const Snapshot& kept, Reading& reading) const;
    void read_rows(const Snapshot& kept, const std::vector<const Truth*>& earlier, Reading& reading) const;
    void read_index(const Snapshot& kept, Reading& reading) const;

    std::vector<std::shared_ptr<const AppendBatch>> batches_;
    std::map<LogId, Seq> sizes_;
    std::map<std::pair<Table, Bytes>, Bytes> rows_;
    std::optional<Rebuild> rebuild_;
    std::map<std::uint64_t, Bytes> stubs_;          // of pruned batches, by ordinal
    mutable std::shared_ptr<const Places> places_;  // made when it is asked for
};

}  // namespace xinwang::crash
