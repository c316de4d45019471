// One thread that runs many nodes: it sleeps until a node's descriptor rings or a node's time has come, and
// gives that node a turn (Loop::step). The sync of one node's commit keeps the thread's other nodes waiting;
// a host has several such threads for this reason.
//
// Threads: add() from any; take_fallen() from the thread that opens nodes.
#pragma once

#include <map>
#include <queue>

#include "node/edge/belled_poll.h"
#include "node/edge/node_run.h"

namespace xinwang {

class HostThread {
  public:
    HostThread();
    // Ends every node that it runs.
    ~HostThread();
    HostThread(const HostThread&) = delete;
    HostThread& operator=(const HostThread&) = delete;

    void add(std::unique_ptr<NodeRun> node);
    std::size_t size() const;
    // Nodes whose machine failed (a commit with unknown outcome, damaged control state). They get no more
    // turns; once destroyed they may be opened again, as after a restart of a process.
    std::vector<std::unique_ptr<NodeRun>> take_fallen();

  private:
    using Clock = std::chrono::steady_clock;
    using SeatNumber = BelledPoll::Number;
    struct Seat {
        std::unique_ptr<NodeRun> node;
        std::uint64_t generation = 0;  // of its transport's descriptors, as polled
        Clock::time_point due;
    };
    using Due = std::pair<Clock::time_point, SeatNumber>;

    void run();
    void take_new();
    int wait_ms() const;
    void turn(SeatNumber number);
    void poll_descriptors(SeatNumber number, Seat& seat) const;
    void fell(SeatNumber number, const std::exception& failure);
    void end_all();

    BelledPoll poll_;
    std::map<SeatNumber, Seat> seats_;  // the thread's own, as queue_ is
    std::priority_queue<Due, std::vector<Due>, std::greater<>> queue_;
    SeatNumber next_ = 1;

    mutable std::mutex mutex_;  // guards what follows
    std::vector<std::unique_ptr<NodeRun>> new_;
    std::vector<std::unique_ptr<NodeRun>> fallen_;
    std::size_t size_ = 0;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace xinwang
