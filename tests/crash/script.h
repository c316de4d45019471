// The workloads that are crashed: functions of a script's name, a step's number and what was committed before,
// so that the process that writes and the one that checks know the same without telling each other.
//
// A step is one commit. Beside what it is about it puts its own number into the table `meta`, so that a store
// says by itself which step was its last.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/lmdb_kv.h"
#include "storage/store.h"

namespace xinwang::crash {

// What a damaged store gave when everything was asked of it by name.
struct Reading {
    std::uint64_t right = 0;
    std::uint64_t refused = 0;  // store_corrupt
    std::uint64_t missing = 0;  // said not to be there, which only the walk can contradict
    std::uint64_t stale = 0;    // what had once been put there, and was written over since
    std::string wrong;          // the first that gave other bytes than were ever put there
};

// What a store must hold after some steps. Index rows name their subjects by number; the store's hash of one
// depends on its secret.
class Truth {
  public:
    void apply(const std::vector<Write>& writes);
    Seq size(const LogId& log) const;
    std::uint64_t batches() const { return batches_.size(); }
    // What differs, or nothing. Reads everything: logs, batches, every table of the node's, the indexes.
    std::string difference(const Store& store) const;
    // Of the logs' sizes and the number of batches alone.
    std::string size_difference(const Store& store) const;
    // Reads everything by its name and compares what comes back. `earlier`: truths that held before this one.
    Reading read(const Store& store, const std::vector<const Truth*>& earlier) const;

  private:
    void read_batches(const Snapshot& kept, Reading& reading) const;
    void read_rows(const Snapshot& kept, const std::vector<const Truth*>& earlier, Reading& reading) const;
    void read_index(const Store& store, const Snapshot& kept, Reading& reading) const;
    std::string log_difference(const Snapshot& kept) const;
    std::string batch_difference(const Snapshot& kept) const;
    std::string table_difference(const Snapshot& kept) const;
    std::string index_difference(const Store& store, const Snapshot& kept) const;

    std::vector<std::shared_ptr<const AppendBatch>> batches_;  // by ordinal
    std::map<LogId, Seq> sizes_;
    std::map<std::pair<Table, Bytes>, Bytes> rows_;
    std::map<RecordId, std::vector<Locator>> records_;
    std::map<std::uint64_t, std::vector<Locator>> subjects_;
};

struct Script {
    std::string_view name;
    std::uint64_t steps;
    std::uint64_t reopen_every;  // steps
    LmdbOptions options;
    std::vector<Write> (*writes)(std::uint64_t step, const Truth& before);
    bool crashed = false;  // at each of its operations, by crash_check
};
const std::vector<Script>& scripts();
// Throws std::runtime_error when there is none.
const Script& find_script(std::string_view name);

// The writes of a step, its number included. Steps count from 1.
std::vector<Write> step_writes(const Script& script, std::uint64_t step, const Truth& before);
// The same with the subjects' hashes of this store, ready to be committed.
std::vector<Write> for_store(std::vector<Write> writes, const Store& store);
// 0 when the store has seen no step. Throws StoreFailure.
std::uint64_t last_step(const Store& store);
Result<std::unique_ptr<Store>> open_store(const Script& script, const std::filesystem::path& directory);

}  // namespace xinwang::crash
