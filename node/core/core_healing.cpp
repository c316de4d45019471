// Core, healing: the store is read again and again, what is found spoilt is listed, asked for and put back.
// WIRE.md section 7.5.
#include <algorithm>

#include "node/core/core.h"
#include "protocol/base/check.h"

namespace xinwang {
namespace {

// Readers that meet the same damage again and again do not multiply the work.
constexpr std::size_t suspected_max = 64;
// The list may be long after a bad day, and is gone through in every turn that looks.
constexpr Duration look_every{1'000};
// Each may bring a whole batch into memory.
constexpr std::size_t relayed_max = 8;
// Of one child: its siblings' wounds are asked for too.
constexpr std::ptrdiff_t relayed_of_one_max = 4;
constexpr Duration relay_patience{600'000};

// A trust log is open, and one that goes everywhere may be read by everybody.
bool is_for_all(const LogId& log) {
    return log.lane == Lane::trust && log.toward.is_zero();
}

// What went down to the child before a move, and is kept at both.
bool went_down(const Roster& roster, const Session& session, const LogId& log) {
    return !session.parent && log.lane == Lane::trust && roster.was_below(session.peer, log.origin);
}

// A log toward a node that has moved out of somebody's branch is kept where it was carried; its sender's side
// has it still. `holder`: who carried it, or is above whoever did.
bool carried_down(const Roster& roster, const NodeId& holder, const LogId& log) {
    if (log.toward.is_zero()) return false;
    for (const auto& lineage : roster.lineages(log.toward))
        for (const NodeId& node : lineage)
            if (node == holder || roster.is_below(node, holder)) return true;
    return false;
}

}  // namespace

void Core::heal(Instant now) {
    if (auto step = scrub_.next(now)) jobs_.emplace_back(std::move(*step));
    if (now < next_heal_) return;
    next_heal_ = now + look_every;
    while (const auto due = healing_.take_due(now)) jobs_.emplace_back(ExamineJob{std::nullopt, *due});
}

void Core::suspect(const Refusal& refusal) {
    const auto place = damage_place(refusal);
    if (!place || suspected_.size() >= suspected_max || !suspected_.insert(*place).second) return;
    jobs_.emplace_back(ExamineJob{refusal, {}});
}

void Core::on_scrubbed(Instant now, Scrubbed done) {
    for (const BatchName& name : done.batches)
        if (!healing_.lists(name)) jobs_.emplace_back(ExamineJob{std::nullopt, name});
    for (const Refusal& refusal : done.others) list_lost(now, refusal);
    const bool end = done.end;
    if (auto row = scrub_.stepped(now, std::move(done))) writes_.emplace_back(std::move(*row));
    if (!end) return;
    for (Erase& erase : healing_.pass_ended(scrub_.pass())) writes_.emplace_back(std::move(erase));
}

// A row that the node still knows, as it was restored or written: its disk has lost it, its memory has not.
// Without it the next start would end here.
std::optional<Put> Core::remembered(const DamagePlace& place) const {
    Reader key(place.key, "key");
    const auto row = [&](Bytes value) { return Put{place.table, place.key, std::move(value)}; };
    if (place.table == Table::heads || place.table == Table::receipts) {
        const auto log = LogId::read(key);
        const LogView* view = log ? logbook_.find(*log) : nullptr;
        if (view == nullptr) return std::nullopt;
        if (place.table == Table::heads)
            return view->head_note.empty() ? std::nullopt
                                           : std::optional(row(to_bytes(xinwang::view(view->head_note))));
        const auto receipt = view->receipts.find(key.block<NodeId>());
        if (receipt == view->receipts.end()) return std::nullopt;
        return row(to_bytes(xinwang::view(receipt->second.note)));
    }
    if (place.table == Table::certificates && place.key.size() == NodeId::size) {
        const Certificate* certificate = roster_.find(key.block<NodeId>());
        return certificate == nullptr ? std::nullopt : std::optional(row(encode(*certificate)));
    }
    if (place.table == Table::submissions) {
        const auto it = submissions_.find(key.block<SubmissionId>());
        return it == submissions_.end() ? std::nullopt : std::optional(row(encode(it->second)));
    }
    return std::nullopt;
}

void Core::list_lost(Instant now, const Refusal& refusal) {
    const auto place = damage_place(refusal);
    if (!place) return find(now, refusal);
    if (auto row = remembered(*place)) {
        find(now, refusal);
        writes_.emplace_back(std::move(*row));
        return;
    }
    if (auto row = healing_.lost(now, *place, refusal, scrub_.pass())) writes_.emplace_back(std::move(*row));
}

void Core::on_examined(Instant now, Examined done) {
    if (done.refusal)
        if (const auto place = damage_place(*done.refusal)) suspected_.erase(*place);
    if (!done.name) return list_lost(now, *done.refusal);
    const BatchName& name = *done.name;
    const bool listed = healing_.lists(name);
    if (!done.seen.damage) {
        if (auto row = healing_.sound(name)) writes_.emplace_back(std::move(*row));
        return;
    }
    find(now, *done.seen.damage);
    if (auto row = healing_.damaged(now, name, *done.seen.damage, done.seen.place))
        writes_.emplace_back(std::move(*row));
    // One that was listed before is asked for in its turn alone.
    if (!listed || !done.refusal) ask_for(now, name);
}

// --- asking

bool Core::passes_between(const Session& session, const LogId& log) const {
    return comes_from(session, log) || goes_to(session, log) || went_down(roster_, session, log);
}

std::vector<const Session*> Core::neighbours_with(const BatchName& name) const {
    std::vector<const Session*> found;
    for (const auto& [number, session] : sessions_) {
        if (!session.resumed || session.version < protocol_version_want) continue;
        const bool sent = goes_to(session, name.log);
        const bool carried = session.parent && carried_down(roster_, identity_.node, name.log);
        if (carried || (sent ? session.sender.peer_size(name.log) > name.seq
                             : comes_from(session, name.log) || went_down(roster_, session, name.log)))
            found.push_back(&session);
    }
    return found;
}

void Core::ask_for(Instant now, const BatchName& name) {
    const Wound& wound = healing_.wounds().at(name);
    if (wound.state != WoundState::waiting) return;
    if (!wound.place)
        return healing_.failed(now, name, Refusal(Code::store_corrupt, "batches", "", "unknown batch"));
    const auto neighbours = neighbours_with(name);
    if (neighbours.empty()) return healing_.failed(now, name, Refusal(Code::no_session));
    const Session& session = *neighbours[wound.tries % neighbours.size()];
    if (!healing_.may_ask(session.number)) return healing_.later(now, name);
    healing_.asked(now, name, session.number, session.peer);
    say(session, Want{name.log, name.seq});
}

// A neighbour has lost what this node may still hold.
void Core::on_want(Instant now, Session& session, const Want& want) {
    const LogView* log = logbook_.find(want.log);
    const bool held = log != nullptr && want.seq < log->size;
    const bool its_own = passes_between(session, want.log) || is_for_all(want.log) ||
                         (!session.parent && carried_down(roster_, session.peer, want.log));
    // What was carried elsewhere those above know; here it never was.
    const bool unknown = !held && !want.log.toward.is_zero();
    if (!its_own && !unknown) {
        const Refusal refusal(Code::not_your_log, "log", want.log.origin_line(), session.peer.hex());
        return say(session, Refused{want.log, want.seq, refusal});
    }
    if (!held && ask_above(now, session, want)) return;
    if (!held || healing_.lists({want.log, want.seq})) {
        const Refusal refusal(Code::not_held, "batch", std::to_string(want.seq), want.log.origin_line());
        return say(session, Refused{want.log, want.seq, refusal});
    }
    (void)session.sender.want(want.log, want.seq);  // beyond its bound in silence: the peer asks again
}

// The store could not give a batch that the peer wants, alone or in its turn.
void Core::cannot_send(Instant now, Session& session, const LoadedBatch& batch) {
    const Refusal& why = batch.pieces.error();
    const bool expired = why.code == Code::batch_expired;
    if (batch.wanted || expired) {
        Refusal told(Code::not_held, "batch", std::to_string(batch.seq), batch.log.origin_line());
        if (expired) told = Refusal(why.code, why.field, why.value, certificate().code.text());
        say(session, Refused{batch.log, batch.seq, told});
    }
    // The log waits, and is tried again as if the peer had refused it: what could not be read today may be put
    // right tomorrow, and the session may last longer than that.
    if (!batch.wanted) session.refused.insert_or_assign(batch.log, RefusedLog{why, now});
}

bool Core::on_want_refused(Instant now, const Session& session, const Refused& refused) {
    const BatchName name{refused.log, refused.seq};
    if (session.parent) {
        const auto relayed = relayed_.extract(name);
        if (relayed) {
            for (const SessionNumber asker : relayed.mapped().askers)
                if (const Session* child = find_session(asker)) say(*child, refused);
            return true;
        }
    }
    if (!healing_.awaits(session.number, name)) return false;
    healing_.failed(now, name, refused.refusal);
    return true;
}

// --- for a child that has moved here, from above

// What it brings along has never been here: trust logs of its former parents, and what came up past it from
// nodes that are elsewhere now. Those further up may hold it. False: nobody to ask.
bool Core::ask_above(Instant now, const Session& session, const Want& want) {
    const Session* above = parent_session();
    if (session.parent || above == nullptr || !above->resumed || above->version < protocol_version_want)
        return false;
    std::erase_if(relayed_, [&](const auto& entry) { return now - entry.second.asked > relay_patience; });
    const BatchName name{want.log, want.seq};
    const bool asked = relayed_.contains(name);
    const auto of_one = std::count_if(relayed_.begin(), relayed_.end(), [&](const auto& entry) {
        return entry.second.askers.contains(session.number);
    });
    // In silence: the child asks again.
    if (!asked && (relayed_.size() >= relayed_max || of_one >= relayed_of_one_max)) return true;
    relayed_[name].askers.insert(session.number);
    if (asked) return true;
    relayed_[name].asked = now;
    say(*above, want);
    return true;
}

// Unread: who asked knows the id that the batch must have.
bool Core::hand_down(const Receiver::Complete& batch) {
    const auto relayed = relayed_.extract({batch.log, batch.seq});
    if (!relayed) return false;
    for (const SessionNumber asker : relayed.mapped().askers)
        if (Session* child = find_session(asker))
            child->sender.hand_on({asker, batch.log, batch.seq, true, batch.pieces});
    return true;
}

// --- what comes back

void Core::fetched(const Session& session, Receiver::Complete batch) {
    // Held batches were verified by its keys; no certificate ever leaves the roster.
    XW_CHECK(roster_.find(batch.log.origin) != nullptr);
    healing_.mending({batch.log, batch.seq});
    jobs_.emplace_back(AdmitJob{session.number, batch.log, batch.seq, std::move(batch.pieces),
                                roster_.sign_keys(batch.log.origin)});
}

void Core::on_mended(Instant now, Admission admission) {
    const BatchName name{admission.log, admission.seq};
    const Wound& wound = *healing_.in_mending(name);
    if (Session* session = find_session(admission.session))
        session->receiver.give_back(admission.pieces.size());
    const BatchPlace place = *wound.place;
    if (admission.batch && admission.batch->id != place.id)
        admission.batch = refuse(Code::chain_broken, "batch", admission.batch->id.hex(), place.id.hex());
    if (!admission.batch) {
        find(now, admission.batch.error());
        return healing_.failed(now, name, admission.batch.error());
    }
    RestoreBatch write;
    write.log = name.log;
    write.seq = name.seq;
    write.id = place.id;
    write.header = admission.pieces.front();
    write.pieces.assign(admission.pieces.begin() + 1, admission.pieces.end());
    write.entries = admission.batch->entries;
    write.at_ms = place.at_ms.value_or(now.ms);
    write.ordinal = place.ordinal;
    write.entries_before = place.entries_before;
    write.bytes_before = place.bytes_before;
    writes_.emplace_back(std::move(write));
    if (auto row = healing_.sound(name)) writes_.emplace_back(std::move(*row));
    Writer healed;
    healed.u64(++healed_);
    writes_.emplace_back(Put{Table::meta, healed_row_key(), healed.take()});
    mended_.insert(name.log);
}

// After the commit: a log that could not be read to be sent goes on where the peer stands.
void Core::send_mended() {
    for (const LogId& log : mended_)
        for (auto& [number, session] : sessions_) {
            const auto it = session.refused.find(log);
            if (it == session.refused.end() || it->second.refusal.code != Code::store_corrupt) continue;
            session.refused.erase(it);
            session.sender.unblock(log);
        }
    mended_.clear();
}

}  // namespace xinwang
