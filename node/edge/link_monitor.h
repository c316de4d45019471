// Reads the monitors of client sockets on a thread that does nothing else: an unread monitor blocks libzmq's
// I/O thread, and with it every connection of the process (node/DESIGN.md, Z5).
//
// Events go into a bounded LinkEvents, which any thread may empty; when it is full the oldest event is lost
// and counted.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "node/edge/belled_poll.h"
#include "node/edge/parent_diagnosis.h"

namespace xinwang {

class LinkEvents {
  public:
    // `arrived` is called after each event, on the thread that brought it.
    explicit LinkEvents(std::function<void()> arrived) : arrived_(std::move(arrived)) {}
    void push(LinkEvent::Kind kind, std::int64_t value);
    std::vector<LinkEvent> take();
    bool empty() const;
    std::uint64_t lost() const;

  private:
    const std::function<void()> arrived_;
    mutable std::mutex mutex_;
    std::deque<LinkEvent> waiting_;
    std::uint64_t lost_ = 0;
};

// The thread that reads any number of monitors; add() and await_end() may be called from any thread.
class MonitorThread {
  public:
    using Ticket = BelledPoll::Number;

    MonitorThread();
    // Requires that every monitor has ended.
    ~MonitorThread();
    MonitorThread(const MonitorThread&) = delete;
    MonitorThread& operator=(const MonitorThread&) = delete;

    // Takes over the reading end. `events` must stay until await_end().
    Ticket add(zmq::socket_t reading_end, LinkEvents& events);
    // Returns when the monitor's last event has been read. Requires that the monitor was told to stop.
    void await_end(Ticket ticket);

  private:
    struct Watch {
        zmq::socket_t socket;
        LinkEvents* events;
    };
    void run() noexcept;
    void take_new();
    void drain(Ticket ticket);

    std::map<Ticket, Watch> watches_;  // the thread's own
    BelledPoll poll_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable ended_;
    std::map<Ticket, Watch> new_;
    std::set<Ticket> open_;
    Ticket next_ = 1;
    bool ending_ = false;
    std::thread thread_;
};

class LinkMonitor {
  public:
    // Starts before `socket` connects, so that no event is missed. All four arguments outlive the monitor.
    LinkMonitor(MonitorThread& thread, zmq::context_t& context, zmq::socket_t& socket, LinkEvents& events);
    ~LinkMonitor();
    LinkMonitor(const LinkMonitor&) = delete;
    LinkMonitor& operator=(const LinkMonitor&) = delete;

  private:
    MonitorThread& thread_;
    zmq::socket_t& socket_;
    MonitorThread::Ticket ticket_;
};

}  // namespace xinwang
