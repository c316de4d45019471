// The loop: the one thread that owns a node's core, its store's writer and its sockets, and turns them
// (node/DESIGN.md section 3.1): read everything that waits, decide, commit once, then speak.
//
// Threads: run() is the loop's; stop(), call() and wake-ups come from any. Jobs run on worker threads with
// read snapshots. Errors of the machine (I/O, a commit with unknown outcome) are exceptions that leave run():
// the process ends and starts again from its store. A full store is no such error: the core is built anew
// from the last commit, intake stops. Every few seconds the loop looks for room: none stops intake, and some
// lets it go on.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>

#include "node/core/core.h"
#include "node/edge/clock.h"
#include "node/edge/jobs.h"
#include "node/edge/node_config.h"
#include "node/edge/parent_diagnosis.h"
#include "node/edge/transport.h"

namespace xinwang {

// The node's key store, as the loop uses it: called on the loop's thread, durable on return.
struct KeyKeeper {
    std::function<Result<NewKeys>(const KeyWish&)> make;
    // Makes the next key of each of these kinds the lasting one: its certificate is in force.
    std::function<Result<void>(const KeyWish&)> adopt;
    // The transport key that is in force, or asked for.
    std::function<TransportKeys()> transport;
};

struct LoopOptions {
    Identity identity;
    OpeningKeys open_keys;
    TransportKeys transport_keys;  // the node's children reach it by these keys
    TransportOptions transport{};
    std::string parent_address{};  // empty at the city
    TransportPublicKey parent_key{};
    // Ancestors further up, tried in turn while the parent is away; addresses as tcp://host:port.
    std::vector<Standby> standby{};
    ParentChoice::Patience patience{};
    // Addresses that invitations name; empty: the listening addresses.
    std::string public_data_address{};
    std::string public_enrol_address{};
    Timing timing{};
    int workers = 2;
    // The longest sleep when nothing happens.
    Duration idle_wait{250};
    // Resources that the nodes of a host share; without them the loop makes its own.
    std::shared_ptr<TransportHub> hub{};
    std::shared_ptr<Workers> shared_workers{};
    KeyKeeper keys{};  // empty: nothing is renewed
    // Makes the parent of a moved node lasting; when empty, the new parent is not kept.
    std::function<Result<void>(const MovedTo&)> keep_parent{};
    // Judges the node's memory, at the start and whenever the machine's clock was set, because a machine that
    // was put back to an earlier state wakes with such a clock. Empty: the memory counts as whole.
    std::function<Memory()> judge{};
    // Called after each commit, before anything from it is sent (head_file.h). A refusal stops numbering.
    std::function<Result<void>(const Core&)> keep_head{};
    TransportKeys client_keys{};  // the node reaches its parent with these; zero: with transport_keys
};

class Loop {
  public:
    // Runs an intake job, on worker threads; the caller gives it, so that the loop need not know node/intake.
    using IntakeRunner = std::function<IntakeStepped(const IntakeJob&)>;

    // Called once in every turn, before the commit: for a local system that hands in records as they arise.
    using Hook = std::function<void(Core&, Instant)>;
    // Called on the loop's thread when every row of this submission has its answer: the file may go.
    using Released = std::function<void(const SubmissionId&)>;

    // `store` outlives the loop. Refuses addresses that cannot be listened on.
    static Result<std::unique_ptr<Loop>> create(LoopOptions options, Store& store, IntakeRunner intake,
                                                Released released);
    ~Loop();

    // Adds a hook; call before run().
    void every_turn(Hook hook) { hooks_.push_back(std::move(hook)); }
    void run();
    void stop();
    void wake() { transport_.wake(); }

    // Runs one turn without waiting, instead of run(), for a host that runs many loops on one thread
    // (host_thread.h). Returns how long this loop has nothing to do unless one of its descriptors rings.
    Duration step();
    const Transport& transport() const { return transport_; }
    bool stopping() const;
    // Refuses the requests that nobody will answer any more. Call after the last step; run() does it itself.
    void refuse_waiting();
    // Tells the parent that this node has stopped, so that it need not wait to find out. Call last of all;
    // run() does it itself.
    void say_goodbye();

    // Runs `request` on the loop's thread within a turn and returns when that turn's commit is durable: the
    // caller may then pass the answer on. Refuses node_stopping, and store_full when the commit found no
    // room.
    Result<void> call(std::function<void(Core&, Instant)> request);
    // The parent link's refusal as of now; only within call().
    const std::optional<Refusal>& link_refusal() const { return diagnosis_->refusal(); }
    bool link_connected() const { return diagnosis_->connected(); }
    // The parent's address that the loop tries or is connected to.
    const std::string& parent_address() const;
    // Drains the node, only within call(): children are sent to their standby parents, and nothing new is
    // taken, until drain(false).
    void drain(bool on);
    TransportStats transport_stats() const { return transport_.stats(); }
    const Store& store() const { return store_; }
    const LoopOptions& options() const { return options_; }
    const JobRoom& room() const { return room_; }

  private:
    struct Request {
        std::function<void(Core&, Instant)> run;
        std::promise<Result<void>> done;
    };
    struct Queue {
        std::deque<Bytes> frames;
        std::size_t bytes = 0;
    };
    using Outbox = std::map<std::pair<Side, ConnectionId>, Queue>;
    // Connections cut because their address had too many: the number since the log last told, and when it
    // tells next.
    struct Crowd {
        std::size_t cut = 0;
        Instant next;
    };
    struct Closing {
        Instant due;
        ConnectionId connection = 0;
    };

    Loop(LoopOptions options, Store& store, IntakeRunner intake, Released released);
    std::unique_ptr<Core> build_core(Instant now, Memory memory) const;
    void turn();
    void take_events(Instant now);
    std::vector<Request> take_requests();
    bool commit(Instant now, std::vector<Request>& requests);
    void on_full(Instant now, std::vector<Request>& requests);
    void rebuild_core(Instant now, Memory memory = Memory::held);
    Memory judge() const { return options_.judge ? options_.judge() : Memory::held; }
    void keep_head(Instant now);
    void log_findings(Instant now);
    void speak(Instant now);
    void flush(Instant now);
    bool flush_one(Instant now, const std::pair<Side, ConnectionId>& to, Queue& queue);
    void tend_doors(Instant now);
    void tell_cuts(Instant now);
    Sent send(const std::pair<Side, ConnectionId>& to, View frame);
    void start_jobs();
    void run_job(std::uint64_t life, Job job);
    void admit_children(Instant now);
    void tend_keys(Instant now);
    void choose_parent(Instant now);
    void connect_chosen(Instant now);
    void follow_move(Instant now);
    void try_other_parent_key();

    LoopOptions options_;
    Store& store_;
    IntakeRunner intake_;
    Released released_;
    JobRoom room_;
    Transport transport_;
    TransportPublicKey configured_parent_key_;
    std::optional<ParentDiagnosis> diagnosis_;  // for the parent being tried
    ParentChoice choice_;
    bool draining_ = false;
    std::unique_ptr<Core> core_;
    std::vector<Hook> hooks_;
    Outbox outbox_;
    bool backlogged_ = false;
    EnrolmentDoor enrolment_{};            // as the transport was last told
    std::vector<Closing> closing_;         // connections to close once their peers have been told why
    std::map<std::string, Crowd> crowds_;  // by address
    Instant next_room_check_;
    std::map<std::string, Instant> logged_;  // findings, with the time when each was logged
    Instant next_remake_;
    ClockWatch clock_;
    std::uint64_t core_life_ = 0;  // results of jobs for an earlier core are dropped

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable job_ended_;
    std::deque<std::pair<std::uint64_t, JobResult>> results_;
    std::deque<Request> requests_;
    std::size_t jobs_under_way_ = 0;
    bool stopping_ = false;

    std::shared_ptr<Workers> workers_;
};

}  // namespace xinwang
