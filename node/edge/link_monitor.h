// Reads the monitor of one client socket on a thread that does nothing else: an unread monitor blocks libzmq's
// I/O thread, and with it every connection of the process (RELIABILITY.md, finding 5).
//
// Events go into a bounded LinkEvents, which any thread may empty; when it is full the oldest is lost and
// counted.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>
#include <zmq.hpp>

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

class LinkMonitor {
  public:
    // Starts before `socket` connects, so that nothing is missed. `socket` and `events` outlive it.
    LinkMonitor(zmq::context_t& context, zmq::socket_t& socket, LinkEvents& events);
    ~LinkMonitor();
    LinkMonitor(const LinkMonitor&) = delete;
    LinkMonitor& operator=(const LinkMonitor&) = delete;

  private:
    zmq::socket_t& socket_;
    std::thread thread_;
};

}  // namespace xinwang
