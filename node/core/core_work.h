// What the core has in hand beside its logs and sessions: values of its own, pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "node/core/jobs.h"
#include "node/core/session.h"

namespace xinwang {

// An intake step whose entries are being sealed; committed whole.
struct IntakeWork {
    SubmissionId submission;
    std::optional<IntakeStep> step;
    std::map<OwnLog, std::optional<Sealed>> sealed;
    std::map<OwnLog, std::vector<std::uint32_t>> rows;  // of the entries, in the order they are sealed in
};

// An entry of a trust log that waits for what it builds on.
struct Unplaced {
    Entry entry;
    std::optional<Refusal> found;  // what an operator was told of it, in this life
};

// What children have asked for that was never here, asked of the parent in turn.
struct Relay {
    Instant asked;
    std::set<SessionNumber> askers;
};

}  // namespace xinwang
