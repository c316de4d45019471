// The hub shared by the transports of one process: the ZeroMQ context with its I/O threads, the ZAP handler,
// the doorkeeper, and the thread that reads monitors. A node that runs alone has a hub for itself; a host has
// one for all its nodes.
//
// Threads: any. Sockets are closed before their hub goes: every transport holds it.
#pragma once

#include <memory>
#include <mutex>

#include "node/edge/doorkeeper.h"
#include "node/edge/link_monitor.h"
#include "node/edge/zap.h"

namespace xinwang {

class TransportHub {
  public:
    // A node takes at most `sockets_per_node` sockets: data, enrolment and parent, the monitor of each with
    // its reading end, and two for the self-test at its start.
    static constexpr int sockets_per_node = 11;
    explicit TransportHub(int io_threads, int nodes_max = 1);
    ~TransportHub();
    TransportHub(const TransportHub&) = delete;
    TransportHub& operator=(const TransportHub&) = delete;

    zmq::context_t& context() { return context_; }
    MonitorThread& monitors() { return monitors_; }
    // The ZAP handler, started at the first call; from then on no listener of the context is without a
    // handler.
    ZapThread& zap();
    // The doorkeeper of all listeners, started at the first call.
    Doorkeeper& doors();

  private:
    zmq::context_t context_;
    MonitorThread monitors_;
    std::mutex mutex_;
    std::unique_ptr<ZapThread> zap_;
    std::unique_ptr<Doorkeeper> doors_;
};

}  // namespace xinwang
