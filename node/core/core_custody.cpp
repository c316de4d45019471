// Core, custody: received batches are checked, kept and acknowledged; heads are verified and countersigned;
// receipts travel down. WIRE.md sections 5 and 8.
#include <algorithm>
#include <utility>

#include "node/core/core.h"
#include "node/core/note_rows.h"
#include "protocol/base/check.h"

namespace xinwang {

Result<void> Core::check_way(const Session& session, const LogId& log) const {
    if (is_own_past(log)) return {};
    if (!session.parent) {
        const bool from_origin = log.origin == session.peer;
        // Also by its former way: what had been handed over there before a move goes on up.
        const bool is_its_way = from_origin ? roster_.is_below(log.origin, identity_.node)
                                            : roster_.was_below(log.origin, session.peer) &&
                                                  roster_.was_below(log.origin, identity_.node);
        if (log.toward.is_zero() && is_its_way) return {};
        return refuse(Code::not_your_log, "log", log.origin_line(), session.peer.hex());
    }
    // What this node has lost or never had of a log from below it (7.2).
    if (log.toward.is_zero() && roster_.is_below(log.origin, identity_.node)) return {};
    const bool from_above = log.origin != identity_.node && roster_.is_below(identity_.node, log.origin);
    const bool for_us = log.toward == identity_.node || roster_.is_below(log.toward, identity_.node);
    const bool for_all = log.toward.is_zero() && logbook_.way(log, roster_) == Way::down_to_all;
    if (from_above && (for_us || for_all)) return {};
    return refuse(Code::not_your_log, "log", log.origin_line(), session.peer.hex());
}

// What goes down toward a node travels beside the word of where that node is: whoever is ahead refuses or sends
// in vain for a moment, and it is offered again soon.
bool Core::is_news_of_a_move(Code refused, const LogId& log) {
    return refused == Code::not_your_log && !log.toward.is_zero();
}

void Core::on_piece(Instant now, Session& session, Piece piece) {
    if (session.parent && logbook_.goes_up(piece.log, roster_)) await_takeover(now);
    auto taken = session.receiver.take(std::move(piece));
    if (!taken) {
        find(now, taken.error());
        say(session, Refused{{}, Refused::no_seq, taken.error()});
        const bool parent = session.parent;
        drop_session(session.number);
        if (parent) next_hello_ = now;
        return;
    }
    if (*taken) on_complete(now, session, std::move(**taken));
}

void Core::on_complete(Instant now, Session& session, Receiver::Complete batch) {
    if (!batch.expired && healing_.awaits(session.number, {batch.log, batch.seq}))
        return fetched(session, std::move(batch));
    // What this node itself takes may have been its turn as well.
    if (session.parent && !batch.expired && hand_down(batch) && !check_way(session, batch.log))
        return session.receiver.give_back(batch.pieces.size());
    const LogView* held = logbook_.find(batch.log);
    if (held != nullptr && batch.seq < held->size) {
        session.receiver.give_back(batch.pieces.size());
        say(session, Held{batch.log, held->size});
        return;
    }
    if (roster_.find(batch.log.origin) == nullptr) {
        // Its enrolment is on its way in a trust log, ahead of it. The credit it occupies bounds the wait.
        parked_.emplace_back(session.number, std::move(batch));
        return;
    }
    auto may = check_way(session, batch.log);
    if (may && batch.expired) may = check_expired(session, batch);
    if (!may) {
        if (!is_news_of_a_move(may.error().code, batch.log)) find(now, may.error(), batch.log);
        session.receiver.give_back(batch.pieces.size());
        say(session, Refused{batch.log, batch.seq, may.error()});
        count_refused(now, session, may.error());
        return;
    }
    admit(session, std::move(batch));
}

void Core::admit(Session& session, Receiver::Complete batch) {
    const LogView unknown = nothing_of(batch.log);
    const LogView* held = logbook_.find(batch.log);
    const LogView& log = held != nullptr ? *held : unknown;
    // Made when something is being checked, and gone when nothing is: a name alone leaves nothing here.
    const auto under_way = incoming_.find(batch.log);
    const Seq next = under_way == incoming_.end() ? log.size : std::max(under_way->second.next, log.size);
    if (disk_full_) {
        session.receiver.give_back(batch.pieces.size());
        say(session, Refused{batch.log, batch.seq, Refusal(Code::store_full, "store")});
        return;
    }
    if (batch.seq != next) {
        session.receiver.give_back(batch.pieces.size());
        if (batch.seq < next) {  // being checked: say what is durable, and again when it is
            say(session, Held{batch.log, log.size});
            under_way->second.waiting.insert(session.number);
        } else  // a gap: what is missing must come first
            say(session, Have{{{batch.log, log.size, log.last, 0}}});
        return;
    }
    Incoming& incoming = incoming_[batch.log];
    incoming.checking[next] = {session.number, session.peer};
    incoming.next = next + 1;
    jobs_.push_back(AdmitJob{session.number, batch.log, batch.seq, std::move(batch.pieces),
                             roster_.sign_keys(batch.log.origin), batch.expired});
}

void Core::retry_parked(Instant now) {
    auto parked = std::move(parked_);
    parked_.clear();
    for (auto& [number, batch] : parked)
        if (Session* session = find_session(number)) on_complete(now, *session, std::move(batch));
}

void Core::on_admission(Instant now, Admission admission) {
    if (healing_.in_mending({admission.log, admission.seq}) != nullptr)
        return on_mended(now, std::move(admission));
    const LogId id = admission.log;
    const auto incoming = incoming_.find(id);
    if (incoming == incoming_.end()) return too_late(std::move(admission));
    place(now, incoming->second, std::move(admission));
    if (incoming->second.is_idle()) incoming_.erase(incoming);
}

// Forgotten meanwhile: a batch before it was refused, or whoever brought it lives anew.
void Core::too_late(Admission admission) {
    Session* session = find_session(admission.session);
    if (session == nullptr) return;
    session->receiver.give_back(admission.pieces.size());
    const LogView* log = logbook_.find(admission.log);
    if (log != nullptr && admission.seq < log->size) to_acknowledge_.insert({session->number, admission.log});
}

void Core::place(Instant now, Incoming& incoming, Admission admission) {
    const LogId id = admission.log;
    const auto bringer = incoming.checking.find(admission.seq);
    if (bringer == incoming.checking.end() || bringer->second.session != admission.session)
        return too_late(std::move(admission));
    incoming.ready.emplace(admission.seq, std::move(admission));
    // A log comes to be with its first good batch.
    const LogView unknown = nothing_of(id);
    for (;;) {
        const LogView* held = logbook_.find(id);
        const LogView& known = held != nullptr ? *held : unknown;
        const auto next = incoming.ready.find(known.size);
        if (next == incoming.ready.end()) return;
        Admission ready = std::move(next->second);
        incoming.ready.erase(next);
        const NodeId by = incoming.checking.at(ready.seq).peer;
        incoming.checking.erase(ready.seq);
        Session* session = find_session(ready.session);
        if (session) session->receiver.give_back(ready.pieces.size());
        auto checked = ready.batch ? check_admitted(known, ready.seq, *ready.batch)
                                   : Result<void>(tl::unexpected(ready.batch.error()));
        if (checked && held == nullptr) checked = check_life(now, id);
        if (!checked) {
            if (checked.error().code == Code::chain_broken)
                checked = tl::unexpected(on_broken_chain(now, ready, known));
            refuse_batch(now, incoming, ready, by, checked.error());
            return;
        }
        LogView& log = logbook_.at(id);
        if (held == nullptr && session != nullptr) take_early_heads(*session, log);
        AdmittedBatch& batch = *ready.batch;
        if (id.origin == identity_.node)
            own_moment_ = std::max(own_moment_, std::min(batch.created_ms, limits::moment_followed_max));
        note_signer(log, ready.seq, batch.signer);
        if (batch.gone != 0)
            stage_expired(now, log, ready.seq, batch);
        else
            stage_batch(log, ready.seq, batch.id, batch.entries, batch.bytes, batch.pieces,
                        std::move(batch.index), now);
        acknowledge(incoming, ready, id);
        if (is_verdict_log(id))
            for (const RefusedRows& refused : batch.refused_rows) note_refused_rows(refused);
        for (const Entry& entry : batch.control) apply(now, log, entry);
        settle_heads(now, log);
    }
}

// Acknowledges to the session that delivered the batch and to every session that would still send it. A log
// that reached this node from above also has a child below that holds it: that child is told as well.
void Core::acknowledge(Incoming& incoming, const Admission& admission, const LogId& log) {
    Session* by = find_session(admission.session);
    if (by != nullptr) to_acknowledge_.insert({by->number, log});
    if (by != nullptr && (may_be_lost(*by, log) || goes_to(*by, log))) by->sender.held(log, admission.seq + 1);
    if (by != nullptr && by->parent && log.origin != identity_.node)
        if (const Session* below = session_toward(log.origin)) to_acknowledge_.insert({below->number, log});
    for (const SessionNumber number : incoming.waiting) to_acknowledge_.insert({number, log});
    if (logbook_.at(log).size == incoming.next) incoming.waiting.clear();  // nothing more is being checked
}

// What the signature cannot say: the place in the chain, and that the audience is the one the policy names.
Result<void> Core::check_admitted(const LogView& log, Seq seq, const AdmittedBatch& batch) const {
    if (batch.previous != log.last)
        return refuse(Code::chain_broken, "previous", batch.previous.hex(), log.last.hex());
    if (const Revocation* gone = roster_.revocation(log.id.origin); gone && seq >= gone->size_of(log.id))
        return refuse(Code::beyond_cut_off, roster_.find(gone->node)->code.text(), std::to_string(seq),
                      std::to_string(gone->size_of(log.id)));
    XW_TRY_VOID(check_signer(log, seq, batch.signer));
    if (batch.policy == policy_open) {
        if (log.id.lane == Lane::trust) return {};
        return refuse(Code::policy_not_allowed, "policy", std::to_string(batch.policy), lane_name(log.id.lane));
    }
    XW_TRY(audience, roster_.audience(log.id.origin, batch.policy, log.id.toward));
    std::vector<NodeId> wanted = audience;
    std::sort(wanted.begin(), wanted.end());
    // Or as it was before a move of the origin, or of a node above it.
    const auto former = roster_.former_audiences(log.id.origin, batch.policy);
    if (wanted != batch.audience && std::find(former.begin(), former.end(), batch.audience) == former.end())
        return refuse(Code::audience_wrong, "audience", std::to_string(batch.audience.size()),
                      std::to_string(wanted.size()));
    return {};
}

// In force at this place of the log, and no older than the one before it.
Result<void> Core::check_signer(const LogView& log, Seq seq, const SignPublicKey& signer) const {
    const auto rank = roster_.signers().rank(log.id, seq, signer, roster_.find(log.id.origin)->sign_key);
    if (rank && *rank >= log.signer_rank) return {};
    return refuse(Code::signer_not_in_force, log.id.origin_line(), signer.hex());
}

void Core::note_signer(LogView& log, Seq seq, const SignPublicKey& signer) const {
    const auto rank = roster_.signers().rank(log.id, seq, signer, roster_.find(log.id.origin)->sign_key);
    if (rank) log.signer_rank = *rank;
}

// Of a child's own log this is a second history; of our own past, that what came back is another machine's.
Refusal Core::on_broken_chain(Instant now, const Admission& admission, const LogView& log) {
    const BatchId& previous = admission.batch->previous;
    const Refusal broken(Code::chain_broken, "previous", previous.hex(), log.last.hex());
    if (is_own_past(log.id)) on_branch(log.id);
    const Session* session = find_session(admission.session);
    if (session == nullptr || session->peer != log.id.origin) return broken;
    const Refusal refusal = on_fork(now, log.id, *admission.pieces.front(), view(log.head_note));
    return refusal.code == Code::forked ? broken : refusal;
}

void Core::refuse_batch(Instant now, Incoming& incoming, Admission& admission, const NodeId& by,
                        const Refusal& refusal) {
    const LogView unknown = nothing_of(admission.log);
    const LogView* held = logbook_.find(admission.log);
    const LogView& log = held != nullptr ? *held : unknown;
    find(now, refusal, admission.log, by);
    // Another session's batch may be the good one.
    forget_from(incoming, log, log.size, admission.session);
    if (Session* session = find_session(admission.session))
        say(*session, Refused{admission.log, admission.seq, refusal});
    // There is nothing wrong with it but that it is one too many.
    if (refusal.code != Code::too_many_lives) keep_refused(now, admission, by, refusal);
    if (Session* session = find_session(admission.session)) count_refused(now, *session, refusal);
}

// What is being checked from `from` on counts for nothing. Whoever brought some of it goes back to where the
// log stands, but for `except`, who is told otherwise.
void Core::forget_from(Incoming& incoming, const LogView& log, Seq from, SessionNumber except) {
    for (auto it = incoming.ready.lower_bound(from); it != incoming.ready.end(); it = incoming.ready.erase(it))
        if (Session* session = find_session(it->second.session))
            session->receiver.give_back(it->second.pieces.size());
    for (auto it = incoming.checking.lower_bound(from); it != incoming.checking.end();
         it = incoming.checking.erase(it))
        incoming.waiting.insert(it->second.session);
    incoming.next = std::max(from, log.size);
    for (const SessionNumber number : std::exchange(incoming.waiting, {}))
        if (const Session* session = find_session(number); session != nullptr && number != except)
            say(*session, Have{{{log.id, log.size, log.last, 0}}});
}

void Core::leave_quarantine(const LogId& log, Seq seq) {
    const auto pieces = quarantine_.remove({log, seq});
    if (!pieces) return;
    for (Erase& erase : release(log, seq, *pieces)) writes_.emplace_back(std::move(erase));
}

void Core::stage_batch(LogView& log, Seq seq, const BatchId& id, std::uint32_t entries, std::size_t bytes,
                       const std::vector<SharedBytes>& pieces, std::vector<IndexRow> index, Instant now) {
    AppendBatch write = next_of(log, seq, id, entries, bytes, now);
    write.header = pieces.front();
    write.pieces.assign(pieces.begin() + 1, pieces.end());
    write.index = std::move(index);
    if (has_taker(log.id)) recent_.add(log.id, seq, pieces);
    writes_.emplace_back(std::move(write));
}

// The log grows by a batch of which the caller writes what there is.
AppendBatch Core::next_of(LogView& log, Seq seq, const BatchId& id, std::uint32_t entries, std::size_t bytes,
                          Instant now) {
    XW_CHECK(seq == log.size);
    leave_quarantine(log.id, seq);
    AppendBatch write;
    write.log = log.id;
    write.seq = seq;
    write.id = id;
    write.entries = entries;
    write.at_ms = now.ms;
    write.frontier = logbook_.append(log, id, entries, bytes);
    if (is_city_trust(log.id)) trails_[log.id].grew(log.tree);
    touched_.insert(log.id);
    ++next_ordinal_;
    return write;
}

// Somebody may be there to whom the log goes: its newest batches are worth keeping in memory.
bool Core::has_taker(const LogId& log) const {
    switch (logbook_.way(log, roster_)) {
        case Way::here:
            return false;
        case Way::up:
            return parent_session() != nullptr;
        case Way::both:
            return parent_session() != nullptr || !by_connection_.empty();
        case Way::down_to_all:
        case Way::down_to_one:
            return !by_connection_.empty();
    }
    return false;
}

// --- heads

void Core::on_head(Instant now, Session& session, const HeadNote& note) {
    if (note.log.origin == identity_.node) return on_own_head(now, note.log, note.note);
    const Certificate* origin = roster_.find(note.log.origin);
    if (origin == nullptr || !check_way(session, note.log)) return;  // the next head will find it enrolled
    // A former parent: it signs for nothing.
    if (!session.parent && !roster_.is_below(note.log.origin, identity_.node)) return;
    const auto keys = roster_.sign_keys(origin->node);
    auto head =
        by_one_of(keys, [&](const SignPublicKey& key) { return verify_head(note.note, origin->node, key); });
    if (!head || head->log != note.log) {
        const Refusal refusal =
            head ? Refusal(Code::not_your_log, "head", head->log.origin_line(), note.log.origin_line())
                 : head.error();
        find(now, refusal, note.log);
        return;
    }
    LogView* held = logbook_.find(note.log);
    if (held == nullptr) return keep_early(session, SignedHead{*head, note.note});
    LogView& log = *held;
    log.claimed_size = std::max(log.claimed_size, head->size);
    if (head->size == log.size && head->size == log.head_size && head->root != log.tree.root())
        return find(now, on_fork(now, log.id, view(note.note), view(log.head_note)), log.id);
    if (head->size < log.size || head->size <= log.head_size) return;
    log.ahead.add(SignedHead{*head, note.note});
    settle_heads(now, log);
}

void Core::settle_heads(Instant now, LogView& log) {
    // The log's origin has moved away and this node countersigns it no more: a head that was kept would be
    // passed on without this node's receipt.
    if (log.id.toward.is_zero() && logbook_.way(log.id, roster_) == Way::here) return;
    while (log.ahead.nearest && log.ahead.nearest->head.size <= log.size) {
        const SignedHead reached = log.ahead.take();
        if (reached.head.size < log.size) continue;  // passed by within one turn: a newer head will come
        if (reached.head.root != log.tree.root()) {
            find(now,
                 Refusal(Code::forked, log.id.origin_line(), reached.head.root.hex(), log.tree.root().hex()),
                 log.id);
            (void)on_fork(now, log.id, view(reached.note), view(log.head_note));
            continue;
        }
        accept_head(now, log, reached);
    }
}

// The head agrees with what this node holds. Kept, countersigned and passed on, all spoken after the commit.
void Core::accept_head(Instant now, LogView& log, const SignedHead& head) {
    log.head_note = head.note;
    log.head_size = head.head.size;
    writes_.push_back(Put{Table::heads, head_row_key(log.id), to_bytes(view(head.note))});
    for (const auto& [number, session] : sessions_)
        if (session.resumed && goes_to(session, log.id)) say(session, HeadNote{log.id, head.note});
    // Only a log on its way up is held in custody for its origin.
    if (log.id.origin == identity_.node || !logbook_.goes_up(log.id, roster_)) return;
    const std::string receipt = cosign(head.note, now.ms / 1000, identity_.node, identity_.sign_key);
    log.receipts[identity_.node] = {head.head.size, receipt};
    keep_receipt(log, identity_.node, receipt);
}

void Core::sign_own_heads(Instant now) {
    next_own_heads_ = now + timing_.head_every;
    for (const auto& [id, view] : logbook_.all())
        if (id.origin == identity_.node && view.size > 0) sign_own_head(now, logbook_.at(id));
    repeat_heads();
}

// A head that was lost on its way down is asked for by nobody: no receipt waits for it.
void Core::repeat_heads() {
    for (const auto& [id, log] : logbook_.all()) {
        if (id.origin == identity_.node || log.head_note.empty()) continue;
        for (const auto& [number, session] : sessions_)
            if (!session.parent && session.resumed && goes_to(session, id))
                say(session, HeadNote{id, log.head_note});
    }
}

void Core::sign_own_head(Instant now, LogView& log) {
    const Hash256 root = log.tree.root();
    SignedHead head{{log.id, log.size, root},
                    sign_head(log.id, log.size, root, identity_.node, identity_.sign_key)};
    log.claimed_size = log.size;
    accept_head(now, log, head);
}

// --- receipts

void Core::on_receipt(Instant now, Session& session, const ReceiptNote& note) {
    if (roster_.find(note.log.origin) == nullptr)
        return;  // it is on its way here, and asks for its receipts again
    const Certificate* ancestor = roster_.find(note.ancestor);
    const bool ours = note.log.origin == identity_.node || roster_.is_below(note.log.origin, identity_.node);
    if (!session.parent || ancestor == nullptr || !ours || !roster_.is_below(identity_.node, note.ancestor)) {
        find(now, Refusal(Code::not_your_log, "receipt", note.log.origin_line(), note.ancestor.hex()),
             note.log);
        return;
    }
    const auto keys = roster_.sign_keys(ancestor->node);
    auto receipt = by_one_of(
        keys, [&](const SignPublicKey& key) { return verify_receipt(note.note, ancestor->node, key); });
    if (!receipt || receipt->head.log != note.log) {
        find(now,
             receipt ? Refusal(Code::not_your_log, "receipt", receipt->head.log.origin_line(),
                               note.log.origin_line())
                     : receipt.error(),
             note.log);
        return;
    }
    // One of long ago says nothing of today's clock; one of a day to come does.
    constexpr std::int64_t seconds_read_max = 100'000'000'000;
    const Instant signed_at{std::min(receipt->seconds, seconds_read_max) * 1000};
    if (ancestor->node == session.peer && now < signed_at) compare_clocks(now, session, signed_at);
    const LogView* log = logbook_.find(note.log);
    const Seq held_here = log == nullptr ? 0 : log->size;
    // Of its past a restored node takes the batches back first, and what came past this node while it was away
    // comes from below; the receipt is asked for again.
    const bool comes_yet = is_own_past(note.log) || note.log.origin != identity_.node;
    if (receipt->head.size > held_here && comes_yet) return;
    if (receipt->head.size > held_here) {
        // An ancestor holds what we have lost, and its receipt carries our own signature: our memory was set
        // back.
        return on_own_head(now, note.log, note.note);
    }
    if (log == nullptr) return;  // a name alone
    LogView& view = logbook_.at(note.log);
    if (branches_.contains(note.log)) return;  // whether it is for this history nobody here can tell
    if (receipt->head.size == held_here && receipt->head.root != view.tree.root())
        return on_other_tree(now, note, receipt->head.root);
    ReceiptView& held = view.receipts[note.ancestor];
    if (receipt->head.size <= held.size) return;  // S7: watermarks only rise
    held = {receipt->head.size, note.note};
    keep_receipt(view, note.ancestor, note.note);
    drop_proof(view, note.ancestor, held.size);
    // Of a log that came from above no head need ever come this way: the receipt carries it.
    if (receipt->head.size != view.size || view.size <= view.head_size) return;
    if (const auto head = head_in_receipt(note.note)) on_head(now, session, {note.log, *head});
}

void Core::keep_receipt(const LogView& log, const NodeId& ancestor, const std::string& note) {
    writes_.push_back(Put{Table::receipts, receipt_row_key(log.id, ancestor), to_bytes(view(note))});
    if (log.id.origin == identity_.node) return;
    if (Session* session = session_toward(log.id.origin); session && session->resumed && !session->parent)
        say(*session, ReceiptNote{log.id, ancestor, note});
}

Seq Core::held_by_parent(const LogId& log) const {
    const NodeId& parent = certificate().parent;
    const LogView* view = logbook_.find(log);
    if (view == nullptr) return 0;
    Seq size = 0;
    if (const auto it = view->receipts.find(parent); it != view->receipts.end()) size = it->second.size;
    // Not an ancestor's that stands in.
    if (const Session* session = child_session(parent); session != nullptr && session->parent)
        size = std::max(size, session->sender.peer_size(log));
    return std::min(size, view->size);
}

Seq Core::confirmed_above(const LogId& log) const {
    const LogView* view = logbook_.find(log);
    if (view == nullptr) return 0;
    Seq confirmed = view->size;
    for (const NodeId& ancestor : roster_.ancestors(identity_.node)) {
        const auto it = view->receipts.find(ancestor);
        confirmed = std::min(confirmed, it == view->receipts.end() ? Seq{0} : it->second.size);
    }
    return confirmed;
}

Seq Core::held_by_city(const LogId& log) const {
    const LogView* view = logbook_.find(log);
    const Certificate* city = roster_.city();
    if (view == nullptr || city == nullptr) return 0;
    if (city->node == identity_.node) return view->size;
    const auto it = view->receipts.find(city->node);
    return it == view->receipts.end() ? 0 : it->second.size;
}

}  // namespace xinwang
