// Work that the core has in hand beside its logs and sessions: values of its own, pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "node/core/core_types.h"
#include "node/core/jobs.h"
#include "node/core/session.h"
#include "node/core/verdict_rows.h"

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
    std::optional<Refusal> found;  // as told to the operator, in this life
};

// The knowledge by which this node judges who may say what about a record (WIRE.md section 8.8), and its
// progress.
struct AuthorityWork {
    std::shared_ptr<const Authority> current;  // made of the next four and the roster
    std::map<std::pair<std::string, std::uint32_t>, std::shared_ptr<const Catalogue>> versions;
    std::map<DivisionCode, DivisionCode> became;  // codes that went on as another one
    std::vector<TakenTransfer> transfers;
    bool changed = false;              // `current` is to be made anew
    std::map<LogId, ToldRanges> told;  // the ranges that verdicts have brought here
    std::uint64_t judged = 0;          // at the city: the first ordinal that is not judged
    bool judging = false;
    Instant next;
};

// New certificates and keys of this node, and of those below.
struct RenewalWork {
    Instant next;
    std::optional<KeyWish> wish;
    KeyWish adopted;
    std::optional<std::map<LogId, Seq>> to_tell;  // trust logs that bring it to the children, and how far
    bool certify_anew = true;  // once after each start, and after a change of the signing key
    bool told = false, children_told = false;
    std::optional<Refusal> refusal;
};

// A batch that children have asked for and that was never here, asked from the parent in turn.
struct Relay {
    Instant asked;
    std::set<SessionNumber> askers;
};

}  // namespace xinwang
