// The batches under way of one log that comes in. Values of the core's; pure.
#pragma once

#include <map>
#include <set>

#include "node/core/jobs.h"

namespace xinwang {

// A log while its batches are being checked: those asked for, and those that came back out of order.
struct Incoming {
    struct Bringer {
        SessionNumber session = 0;
        NodeId peer;
    };
    Seq next = 0;
    std::map<Seq, Bringer> checking;  // all from the log's size to `next`, the ready ones too
    std::map<Seq, Admission> ready;
    // Sessions that brought a batch again while another session's is being checked: they are told the result.
    std::set<SessionNumber> waiting;
    bool is_idle() const { return checking.empty() && ready.empty() && waiting.empty(); }
};

}  // namespace xinwang
