// What is under way of one log that comes in. Values of the core's; pure.
#pragma once

#include <map>
#include <set>

#include "node/core/jobs.h"

namespace xinwang {

// A log while batches of it are being checked: what has been asked for, and what came back out of order.
struct Incoming {
    struct Bringer {
        SessionNumber session = 0;
        NodeId peer;
    };
    Seq next = 0;
    std::map<Seq, Bringer> checking;  // all from the log's size to `next`, the ready ones too
    std::map<Seq, Admission> ready;
    // Have brought again what another session's batch is being checked for: told what came of it.
    std::set<SessionNumber> waiting;
    bool is_idle() const { return checking.empty() && ready.empty() && waiting.empty(); }
};

}  // namespace xinwang
