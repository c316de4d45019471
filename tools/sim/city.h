// A whole city of production cores in one process, on virtual time, from one seed (DESIGN.md, the simulator).
//
// Every node is the real Core over the real Store (in memory), with the real envelope, codec, roster and jobs; only
// sockets, disk, clock and threads are replaced. Jobs run inline, their results come back after a while. Nodes crash at
// any turn, before the commit, after it, or after it but before speaking, and come back from what was committed.
//
// A run has two phases, always both: faults, then heal and quiesce. The checkers (checks.h) look on after every turn
// and at the end. The trace, a running hash over all that was committed and delivered, is the run's fingerprint.
#pragma once

#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "node/core/core.h"
#include "storage/memory_kv.h"
#include "tools/sim/network.h"

namespace xinwang::sim {

struct CityOptions {
    std::uint64_t seed = 1;
    Duration fault_time{2 * 3'600'000};
    int counties = 2;
    int townships = 3;  // in all
    int villages = 5;   // in all
    NetworkFaults network;
    double crash_per_turn = 0;
    int submissions_per_hour = 6;
    bool verbose = false;

    // What the seed makes of it: sizes and a subset of the faults, each with its own strength.
    static CityOptions from_seed(std::uint64_t seed, Duration fault_time);
};

// What the submitters were told, kept apart from the nodes: the ledger against which nothing may be lost.
struct AckedRecord {
    std::size_t node = 0;
    RecordId record;
    Hash256 content;
    std::uint16_t policy = 0;
};

struct SimNode {
    std::string name;
    Identity identity;
    OpeningKey open_key;
    std::optional<std::size_t> parent;
    std::shared_ptr<MemoryDisk> disk;  // survives crashes
    std::unique_ptr<Store> store;
    std::unique_ptr<JobRoom> room;
    std::unique_ptr<Core> core;  // null while down
    std::uint64_t life = 0;
    std::uint64_t connection = 0;  // the parent's number for the current conversation
    std::uint64_t batches_submitted = 0;
};

class City {
  public:
    explicit City(CityOptions options);
    ~City();

    // The whole run. Throws SafetyBroken or LivenessBroken (checks.h).
    void run();
    Hash256 trace() const { return trace_; }
    std::string summary() const;

    const std::vector<SimNode>& nodes() const { return nodes_; }
    const std::vector<AckedRecord>& acked() const { return acked_; }
    Instant now() const { return now_; }
    const CityOptions& options() const { return options_; }

  private:
    struct Event {
        Instant at;
        std::uint64_t order;
        std::function<void()> act;
        bool operator>(const Event& other) const {
            return at > other.at || (at == other.at && order > other.order);
        }
    };
    enum class CrashAt { never, before_commit, after_commit };

    void build_tree();
    std::size_t add_node(const std::string& code, const std::string& name, std::optional<std::size_t> parent,
                         const SigningKey& issuer);
    void boot(std::size_t index);
    void crash(std::size_t index);
    void at(Instant when, std::function<void()> act);
    void step();
    void turn(std::size_t index, const std::function<void(Core&)>& act);
    void tick_every(std::size_t index);
    void deliver(const Frame& frame);
    void run_job(std::size_t index, Job job);
    void submit_some();
    void chaos();
    bool quiet() const;
    void record(View what);

    CityOptions options_;
    Random random_;
    SeededSodium sodium_;
    Instant now_{1'800'000'000'000};
    Instant end_of_faults_;
    std::uint64_t order_ = 0;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    std::vector<SimNode> nodes_;
    std::unique_ptr<Network> network_;
    std::vector<AckedRecord> acked_;
    Hash256 trace_;
    bool healing_ = false;
    std::uint64_t turns_ = 0, crashes_ = 0;
};

}  // namespace xinwang::sim
