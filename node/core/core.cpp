// Core, the turn: events in, one commit, then speech.
#include "node/core/core.h"

#include <algorithm>
#include <utility>

namespace xinwang {
namespace {

constexpr std::size_t findings_max = 64;

}  // namespace

void Core::finish(Instant now, JobResult result) {
    struct Visitor {
        Core& core;
        Instant now;
        void operator()(LoadedBatch& r) {
            Session* session = core.find_session(r.session);
            if (session) core.send_what_is_left(*session, r);
            if (!r.pieces) {
                core.find(now, r.pieces.error());
                core.suspect(r.pieces.error());
                if (session) core.cannot_send(now, *session, r);
            }
            if (session) session->sender.loaded(std::move(r));
        }
        void operator()(Admission& r) { core.on_admission(now, std::move(r)); }
        void operator()(PackedBlock& r) { core.on_packed(std::move(r)); }
        void operator()(Sealed& r) { core.on_sealed(now, std::move(r)); }
        void operator()(IntakeStepped& r) { core.on_intake(now, std::move(r)); }
        void operator()(Examined& r) { core.on_examined(now, std::move(r)); }
        void operator()(Scrubbed& r) { core.on_scrubbed(now, std::move(r)); }
        void operator()(Compared& r) { core.on_compared(now, r); }
        void operator()(Judged& r) { core.on_judged(now, std::move(r)); }
    };
    std::visit(Visitor{*this, now}, result);
}

std::vector<Write> Core::take_writes() {
    return std::exchange(writes_, {});
}

// What this turn wrote is durable: now it may be said, and what waited for it may go on.
void Core::committed(Instant now) {
    for (const auto& [number, id] : to_acknowledge_)
        if (Session* session = find_session(number)) say(*session, Held{id, logbook_.at(id).size});
    to_acknowledge_.clear();
    for (const LogId& id : touched_)
        for (auto& [number, session] : sessions_) {
            if (!session.resumed) continue;
            if (goes_to(session, id) || may_be_lost(session, id))
                session.sender.grown(id, counted(id, logbook_.at(id).size));
        }
    touched_.clear();
    released_.insert(released_.end(), finished_.begin(), finished_.end());
    finished_.clear();
    blocks_.kept = blocks_.staged;
    if (roster_changed_ || authority_.changed) make_authority();
    if (std::exchange(roster_changed_, false)) retry_parked(now);
    send_mended();
    for (auto& [number, session] : sessions_) pump(session);
    start_intake(now);
    start_seals(now);
    start_judging(now);
}

void Core::end_turn(Instant now) {
    for (const LogId& id : touched_)
        if (id.origin == identity_.node) sign_own_head(now, logbook_.at(id));
}

std::vector<Send> Core::take_sends() {
    return std::exchange(sends_, {});
}

std::vector<Job> Core::take_jobs() {
    return std::exchange(jobs_, {});
}

std::vector<SubmissionId> Core::take_released() {
    return std::exchange(released_, {});
}

bool Core::take_rebirth() {
    return std::exchange(rebirth_, false);
}

bool Core::take_reconnect() {
    return std::exchange(reconnect_, false);
}

bool Core::take_admission_changed() {
    return std::exchange(admission_changed_, false);
}

void Core::recall(std::deque<Finding> earlier) {
    earlier.insert(earlier.end(), findings_.begin(), findings_.end());
    findings_ = std::move(earlier);
    while (findings_.size() > findings_max) findings_.pop_front();
}

void Core::find(Instant now, const Refusal& refusal, const std::optional<LogId>& log, const NodeId& by) {
    if (!findings_.empty() && findings_.back().refusal == refusal && findings_.back().log == log) {
        findings_.back().at = now;
        return;
    }
    // What one neighbour does wrong may not push out what the operator needs to see of the others.
    const NodeId& of = by.is_zero() ? heard_ : by;
    const auto is_of = [&](const Finding& f) { return f.by == of; };
    if (!of.is_zero() &&
        std::count_if(findings_.begin(), findings_.end(), is_of) >= limits::findings_of_one_max)
        findings_.erase(std::find_if(findings_.begin(), findings_.end(), is_of));
    findings_.push_back({now, refusal, log, of});
    if (findings_.size() > findings_max) findings_.pop_front();
}

// It is so no longer: an operator need not look.
void Core::is_settled(const Refusal& finding) {
    std::erase_if(findings_, [&](const Finding& f) { return f.refusal == finding; });
}

}  // namespace xinwang
