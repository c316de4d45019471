// Nodes for measuring: directories enrolled one under the other by the ceremony that every node goes through,
// and a production loop in a thread. Parents listen on free ports of the loopback device.
#pragma once

#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "node/edge/loop.h"
#include "node/edge/node_dir.h"

namespace xinwang::bench {

// Makes new nodes in dir/0 (the city), dir/1 … dir/tiers-1, each the child of the one before. Returns their
// directories.
Result<std::vector<std::filesystem::path>> make_chain(const std::filesystem::path& dir, std::size_t tiers);

// Store and loop of one node directory, running until destruction.
class RunningNode {
  public:
    static Result<std::unique_ptr<RunningNode>> open(const std::filesystem::path& dir, Loop::Hook hook = {});
    ~RunningNode();

    Loop& loop() { return *loop_; }
    Store& store() { return *store_; }
    const JobRoom& room() const { return loop_->room(); }
    // Asks the core between turns; requires that the loop runs.
    void ask(const std::function<void(Core&, Instant)>& question);
    // Returns when `true_of` is true of the core, which it asks every few milliseconds.
    void wait_until(const std::function<bool(Core&)>& true_of);
    void wait_for_parent();
    // One line: bytes sent, commits, batches of records held, bytes of disk in use.
    std::string counts();

  private:
    RunningNode() = default;
    IntakeStepped intake(const IntakeJob& job) const;

    std::filesystem::path dir_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Loop> loop_;
    std::thread thread_;
};

}  // namespace xinwang::bench
