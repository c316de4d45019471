// A whole city of production cores in one process, on virtual time, from one seed (node/DESIGN.md section 9).
//
// Every node is the real Core over the real Store (in memory), with the real intake, envelope, codec, roster
// and jobs; only sockets, disk, clock and threads are replaced. A turn is like the edge's: waiting events are
// taken in, one commit, then speech. Jobs read the store some time after they were asked for and answer some
// time after that. Nodes crash before a commit, after it and before speaking, or with the commit's outcome
// unknown; disks fill; bytes on them go bad.
//
// A run has two phases, always both: faults, then heal and quiesce. The checkers (checks.h) look on after
// every turn and at the end. The trace, a running hash over all commits and deliveries, is the run's
// fingerprint. Throws SafetyBroken or LivenessBroken.
#pragma once

#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "tools/sim/break.h"
#include "tools/sim/checks.h"
#include "tools/sim/network.h"
#include "tools/sim/province.h"
#include "tools/sim/world.h"

namespace xinwang::sim {

// Timing as in life, except that a week of scrubbing is ten minutes.
inline Timing sim_timing() {
    Timing timing;
    timing.scrub_every = Duration(600'000);
    timing.healing.most = Duration(600'000);
    // A node that goes on without its lost batches may publish a row again, and the people's book does not
    // expect this.
    timing.settle_max = Duration(24 * 3'600'000);
    return timing;
}

struct CityOptions {
    std::uint64_t seed = 1;
    Duration fault_time{2 * 3'600'000};
    Duration quiet_time_max{4 * 3'600'000};  // after the heal
    int counties = 2;
    int townships = 3;  // in all
    int villages = 5;   // in all
    int files = 30;     // handed in, in all
    NetworkFaults network;
    bool told_of_cuts = true;       // the child's node hears of a dead connection, as from the link's monitor
    double crash_per_turn = 0;      // share of the turns that write or speak
    double long_downtime = 0;       // share of the crashes: down for up to an hour, the others up to a minute
    double full_per_hour = 0;       // a disk without room for a while, per node
    double bad_bytes_per_hour = 0;  // a stored value goes bad, per node
    double restores_per_hour = 0;   // a backup is taken, and later the disk is lost, per node
    double moves_per_hour = 0;      // another parent, per village and township
    Break broken = Break::none;
    bool verbose = false;

    Duration tick{2'000};  // how often an idle node looks at the clock
    Timing timing = sim_timing();
    std::int64_t certificate_days = 700;

    // A city as large as a real one, without faults except that of run_whole().
    static CityOptions whole(std::uint64_t seed);
    // A node of each tier and no faults, for run_setback() and run_clones().
    static CityOptions small(std::uint64_t seed);
    // No faults but those of run_calendar().
    static CityOptions calendar(std::uint64_t seed);
    // Options drawn from the seed: sizes and a subset of the faults, each with its own strength.
    static CityOptions from_seed(std::uint64_t seed, Duration fault_time);
};

// A plan for run_setback(): the node whose memory is set back, the commit, and the node's judgement on its
// memory.
struct SetBack {
    std::size_t node = 0;
    std::size_t commit = 0;
    bool offline = false;  // the neighbours are away for a while
    Memory memory = Memory::unproven;
    Duration pause{5'000};  // before it is handed the next file
};

class City {
  public:
    explicit City(CityOptions options);
    ~City();

    void run();
    // Runs, instead of run(), most of a year of renewals (city_calendar.cpp).
    void run_calendar();
    // Runs, instead of run(), 7,207 nodes, a file from each village, and the city's node away for a minute
    // (city_whole.cpp).
    void run_whole();
    // Runs, instead of run(), one memory set back (city_setback.cpp), in a city of four nodes, 0 the city to
    // 3 the village.
    void run_setback(const SetBack& plan);
    // Runs, instead of run(), a copy of one node's machine beside it (city_clones.cpp).
    void run_clones();
    // The number of commits by the node whose memory is set back.
    std::size_t commits() const { return commits_; }
    Hash256 trace() const { return trace_; }
    Instant now() const { return now_; }
    // One line: sizes, turns, crashes, records acked, trace.
    std::string summary() const;

  private:
    struct Event {
        Instant at;
        std::uint64_t order;
        std::function<void()> act;
        bool operator>(const Event& other) const {
            return at > other.at || (at == other.at && order > other.order);
        }
    };

    struct Moment {
        MemoryDisk disk;
        std::map<SubmissionId, std::string> spool;
    };

    // city_build.cpp
    void build_tree();
    std::size_t add_node(std::uint64_t code, std::optional<std::size_t> parent);
    void first_commit(std::size_t node, const DirectoryStatement& statement);

    // city.cpp: time and turns
    void at(Instant when, std::function<void()> act);
    void after(std::int64_t low_ms, std::int64_t high_ms, std::function<void()> act);
    void run_until(Instant end);
    void start(std::size_t node, Memory memory = Memory::proven);
    void build_core(std::size_t node, Memory memory = Memory::held);
    void crash(std::size_t node, const char* why);
    void stop(std::size_t node);
    // The time on this node's clock.
    Instant clock(std::size_t node) const { return now_ + nodes_[node].clock_off; }
    void tend_keys(std::size_t node);
    // Posts an event for the node's next turn.
    void post(std::size_t node, std::function<void(Core&)> event);
    void request(std::size_t node, std::function<void(Core&)> event, std::function<void(bool)> answer);
    void turn(std::size_t node);
    bool commit(std::size_t node, const std::vector<Write>& writes,
                std::vector<std::function<void(bool)>>& answers);
    void speak(std::size_t node, std::vector<Send> sends);
    void send(std::size_t node, Send send);
    void start_job(std::size_t node, Job job);
    void deliver(const Frame& frame);
    void tick(std::size_t node);
    void record(std::string_view kind, std::size_t node, View what);
    void say(const std::string& line) const;

    // city_faults.cpp: faults, and the files that people hand in
    void chaos();
    void fill_disk(std::size_t node);
    void spoil_bytes(std::size_t node);
    bool neighbour_holds(std::size_t node, const LogId& log, Seq seq) const;
    std::string unhealed();
    void heal();
    void hand_in(std::size_t node);
    void offer_file(std::size_t node, SubmissionId file);
    void quiesce();
    void replay_the_past();
    JobResult run_job(std::size_t node, const Job& job);

    // city_calendar.cpp
    struct Cast;
    Cast cast_villages();
    void check_acknowledged_by_parents();
    void revoke_meanwhile(std::size_t node);
    void quiesce_calendar(const Cast& cast);
    void check_renewed(std::size_t node, bool wrong_clock) const;

    // city_whole.cpp
    std::size_t without_parent() const;
    Duration run_while(Duration most, const char* what, const std::function<std::string()>& open);

    // city_restore.cpp
    void back_up(std::size_t node);
    void lose_disk(std::size_t node, const std::shared_ptr<MemoryDisk>& backup, Instant made, int tries);

    // city_moves.cpp
    void move(std::size_t node);
    void may_have_parent(std::size_t node, std::size_t parent);
    void follow_certificate(std::size_t node);

    // city_province.cpp
    void open_link();
    void close_link();
    bool report();
    bool tell_core(const Refusal& refusal);
    void keep_reporting();
    void check_province() const;
    void check_told(std::size_t node) const;
    void check_entry_told(const SimNode& n, const Snapshot& kept, const EntryPlace& place,
                          const Entry& entry) const;
    const Catalogue& catalogue_of(const Entry& entry) const;

    // city_setback.cpp
    void live_and_record(std::size_t node);
    void wait_quiet(Duration most);

    // city_clones.cpp
    struct Stillness {
        std::optional<std::map<LogId, Seq>> sizes;  // of the node's own logs, when first seen frozen
    };
    std::size_t add_twin(std::size_t of, const Moment& moment);
    void check_frozen(std::size_t node, Stillness& still) const;
    void thaw_and_settle(std::size_t original, std::size_t twin);

    // city_break.cpp: tampering, for Break only
    void break_disks();
    void break_writes(std::size_t node, std::vector<Write>& writes);
    void break_step(IntakeStep& step);
    void break_seal(std::size_t node, SealJob& job) const;
    // False: the frame is dropped.
    bool break_frame(std::size_t node, Send& send) const;

    CityOptions options_;
    SeededSodium sodium_;
    Random random_;
    std::string licence_toml_, penalty_toml_;
    Catalogue licence_, penalty_;
    Instant now_{1'795'500'000'000};  // 2026-11-24
    std::uint64_t order_ = 0;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    std::vector<SimNode> nodes_;
    Checks checks_{nodes_};
    std::unique_ptr<Network> network_;
    std::unique_ptr<Province> province_;               // in run() alone
    std::unique_ptr<Link> link_;                       // of one life of the city's node
    std::vector<std::unique_ptr<Link>> links_before_;  // each may still be on its way out of a call
    struct Delivered {
        Frame frame;
        std::size_t parent;
    };
    std::vector<Delivered> past_;              // a sample of what was delivered
    std::vector<std::function<void()>> undo_;  // faults that the heal puts right
    std::map<BatchName, std::size_t> spoilt_;  // the node of each spoilt batch; one at a time for each batch
    Hash256 trace_;
    std::optional<MemoryDisk> older_disk_;  // for Break::forget_commit
    std::optional<std::size_t> recorded_;
    std::vector<Moment> snapshots_;  // of the recorded node, after each commit
    std::size_t commits_ = 0;
    bool healing_ = false;
    Seq revoked_size_ = 0;
    std::string said_;  // of run_whole(), for the summary
    std::uint64_t turns_ = 0, crashes_ = 0, restores_ = 0, moves_ = 0, offers_open_ = 0, spoilt_count_ = 0;
};

}  // namespace xinwang::sim
