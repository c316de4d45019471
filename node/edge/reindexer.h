// Finishes a rebuild of the indexes beside the running node: after an upgrade from schema 1, an interrupted
// repair, or the finding that an index is damaged (storage/store.h, IndexBatch).
//
//   turn: a rebuild is pending ──▶ thread: open and scan the next batches ──▶ turn: part of its commit ──▶ …
//
// Steps are small, so that a turn with a step is no longer than other turns, and one thread works at them, so
// that the node's own work goes on. The store keeps how far the rebuild is: a crash at any moment loses one
// step. Look-ups answer meanwhile from the old tables where these exist.
//
// Threads: every_turn() is called by the loop; the reindexer's own thread exists while there is work.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "node/core/core.h"
#include "node/core/indexing.h"

namespace xinwang {

class Reindexer {
  public:
    // `wake` is called when a step is ready and the loop should turn.
    Reindexer(const Store& store, const JobRoom& room, std::function<void()> wake)
        : store_(store), room_(room), wake_(std::move(wake)) {}
    ~Reindexer();
    Reindexer(const Reindexer&) = delete;
    Reindexer& operator=(const Reindexer&) = delete;

    // Stages a finished step, and starts the next one.
    void every_turn(Core& core, Instant now);

  private:
    struct Step {
        std::uint64_t from = 0, end = 0;
        std::vector<Write> writes;
        std::uint64_t next() const { return from + writes.size(); }
    };
    void run();
    Step read(std::uint64_t from, std::uint64_t end) const;

    const Store& store_;
    const JobRoom& room_;
    const std::function<void()> wake_;
    std::thread thread_;  // the loop's alone
    Instant next_look_;

    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::optional<Step> wanted_;
    std::optional<Step> ready_;
    bool busy_ = false;
    bool ending_ = false;
};

}  // namespace xinwang
