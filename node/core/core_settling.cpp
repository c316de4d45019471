// Core, a memory set back: a node numbers nothing before it knows that its store is its newest; one restored
// from a backup, or one of which others hold more than it does itself, begins a new incarnation and takes its
// lost batches back before it seals again. WIRE.md section 7.2.
#include <algorithm>
#include <utility>

#include "node/core/core.h"
#include "node/core/note_rows.h"
#include "protocol/base/hash.h"

namespace xinwang {

// --- at the start

// The city has no parent to ask, and what its children lack proves nothing. What they hold does: a city whose
// store lies in its place (a snapshot of the whole disk does too) numbers nothing until they have had time to
// show its own signatures.
void Core::begin_resume(Instant now) {
    const Memory memory = identity_.memory;
    if (memory == Memory::held) return keep_home();
    if (memory == Memory::set_back || (is_city() && memory != Memory::proven)) {
        find(now, Refusal(memory == Memory::set_back ? Code::memory_set_back : Code::memory_unproven, "store"));
        return open_incarnation(now);
    }
    resuming_ = true;
    resume_until_ = now + timing_.resume_wait;
}

// Not before: a crash in between must not turn a doubt into a proof.
void Core::keep_home() {
    if (identity_.memory != Memory::proven && !identity_.home.empty())
        writes_.emplace_back(Put{Table::meta, to_bytes(view("home")), std::move(identity_.home)});
    identity_.home.clear();
}

// The parent has said what it holds of this node, and it is no more than is here.
void Core::end_resume() {
    if (!resuming_ || rebirth_) return;
    resuming_ = false;
    keep_home();
}

// Nobody has answered. A village that is offline goes on by the edge's word, or under new numbers.
void Core::give_up_resume(Instant now) {
    if (!resuming_ || now < resume_until_) return;
    if (identity_.memory == Memory::proven) return end_resume();
    find(now, Refusal(Code::memory_unproven, "store"));
    open_incarnation(now);
}

void Core::hold_seals(Instant now, const std::optional<Refusal>& why) {
    seals_held_ = why.has_value();
    if (why) find(now, *why);
}

bool Core::may_seal() const {
    return !disk_full_ && !restored_ && !resuming_ && !rebirth_ && !frozen_here_ && !seals_held_;
}

// --- what others know

// The peer has stated less of a log of its own than it has signed: its own signature tells it so, whoever we
// are. What it does not know of its present incarnation it does not number again.
void Core::show_own_heads(const Session& session) {
    for (const auto& [id, log] : logbook_.all()) {
        if (id.origin != session.peer) continue;
        const auto it = session.stated.find(id);
        const Seq theirs = it == session.stated.end() ? 0 : it->second.size;
        if (log.head_size > theirs) say(session, HeadNote{id, log.head_note});
    }
}

// This node's own signature over more than it holds: it has forgotten. Nobody else could have made it, so it is
// believed from anybody, a child too; a mere word of a child is not.
void Core::on_own_head(Instant now, const LogId& log, const std::string& note) {
    if (log.incarnation != identity_.incarnation || rebirth_) return;
    const auto keys = roster_.sign_keys(identity_.node);
    const auto head =
        by_one_of(keys, [&](const SignPublicKey& key) { return verify_head(note, identity_.node, key); });
    if (!head || head->log != log) return;
    const LogView& ours = logbook_.at(log);
    if (head->size < ours.size || (head->size == ours.size && head->root == ours.tree.root())) return;
    find(now,
         Refusal(Code::rolled_back, log.origin_line(), std::to_string(ours.size), std::to_string(head->size)));
    open_incarnation(now);
}

// A new process of this child: what an earlier one had sent and is still being checked comes too late. Else a
// child that is told "I hold four" could number a fifth beside the one that is on its way.
void Core::begin_life(const Session& session) {
    for (auto& [id, incoming] : incoming_) {
        if (id.origin != session.peer) continue;
        const auto own = std::find_if(incoming.checking.begin(), incoming.checking.end(),
                                      [&](const auto& c) { return c.second.peer == session.peer; });
        if (own == incoming.checking.end()) continue;
        const LogView unknown = nothing_of(id);
        const LogView* log = logbook_.find(id);
        forget_from(incoming, log == nullptr ? unknown : *log, own->first, session.number);
    }
    std::erase_if(incoming_, [](const auto& entry) { return entry.second.is_idle(); });
}

// The parent states less than it has signed for: it was restored, or lost its disk. Its receipts for these logs
// stand for nothing any more, so that nothing is pruned on their word, and what it lacks goes to it again (S7).
void Core::withdraw_receipts(Instant now, const Session& session) {
    if (!session.parent) return;
    std::optional<Refusal> found;
    for (const auto& [id, log] : logbook_.all()) {
        const auto receipt = log.receipts.find(session.peer);
        if (receipt == log.receipts.end() || !logbook_.goes_up(id, roster_)) continue;
        const auto it = session.stated.find(id);
        const Seq theirs = it == session.stated.end() ? 0 : it->second.size;
        if (theirs >= receipt->second.size) continue;
        if (!found)
            found = Refusal(Code::parent_set_back, id.origin_line(), std::to_string(receipt->second.size),
                            std::to_string(theirs));
        const ReceiptView was = receipt->second;
        withdraw_receipt(logbook_.at(id), session.peer);
        keep_proof(logbook_.at(id), session.peer, was);
    }
    if (found) find(now, *found);
}

void Core::withdraw_receipt(LogView& log, const NodeId& ancestor) {
    writes_.emplace_back(Erase{Table::receipts, receipt_row_key(log.id, ancestor)});
    log.receipts.erase(ancestor);
}

// --- a new incarnation

// The old incarnation's logs stay as they are; nothing is numbered in them any more. The new one is drawn from
// the old and from this start's nonce: unique without randomness of the core's own.
void Core::open_incarnation(Instant now) {
    Writer seed;
    seed.block(identity_.incarnation);
    seed.u64(identity_.boot_nonce);
    identity_.incarnation = hash<Incarnation>("XW-incarnation", {seed.bytes()});
    writes_.emplace_back(
        Put{Table::meta, to_bytes(view("incarnation")), to_bytes(identity_.incarnation.view())});
    writes_.emplace_back(Put{Table::meta, to_bytes(restored_key()), encode(RestoredRow{now, true})});
    keep_home();
    rebirth_ = true;
}

// The parent holds more of this node's own log than the node itself: its memory was set back (a copied disk, a
// clone). It must not number new batches in the old incarnation (node/DESIGN.md, S8, X13); a new one begins.
void Core::check_rollback(Instant now, const Session& session) {
    if (!session.parent || rebirth_) return;
    for (const auto& [id, theirs] : session.stated) {
        if (id.origin != identity_.node || id.incarnation != identity_.incarnation) continue;
        const LogView* log = logbook_.find(id);
        const Seq ours = log == nullptr ? 0 : log->size;
        if (theirs.size < ours || (theirs.size == ours && (ours == 0 || theirs.last == log->last))) continue;
        find(now,
             Refusal(Code::rolled_back, id.origin_line(), std::to_string(ours), std::to_string(theirs.size)));
        open_incarnation(now);
        return;
    }
}

// True for a log that normally flows from the peer to this node, but of which the peer may have lost a part, so
// that this node sends that part back. Either the peer's own log, of an incarnation that has ended (the wire
// does not tell a parent's present incarnation: a parent that still lives in it refuses the log); or, when the
// peer is a child, a log from below that child, which was lost there or went past it.
bool Core::may_be_lost(const Session& session, const LogId& log) const {
    if (log.origin == session.peer) return log.incarnation != session.incarnation;
    if (!log.toward.is_zero()) return false;
    if (!session.parent) return roster_.is_below(log.origin, session.peer);
    // What was handed to this node before its origin moved away, and may never have gone further.
    return !roster_.is_below(log.origin, identity_.node) && roster_.was_below(log.origin, identity_.node);
}

// A log of this node's own from before its memory was set back: the one kind of own log that others may hand
// in. Its own signature is on every batch, and the chain admits each at its place alone.
bool Core::is_own_past(const LogId& log) const {
    return log.origin == identity_.node && log.incarnation != identity_.incarnation;
}

Seq Core::held_here(const LogId& log) const {
    const LogView* view = logbook_.find(log);
    return view == nullptr ? 0 : view->size;
}

// What the parent holds of this node's past, when the two have told each other.
void Core::await_lost_part(Instant now, const Session& session) {
    // Every child of the city may hold something that the others do not.
    if (!restored_ || !(session.parent || is_city())) return;
    if (!awaited_ || session.parent) awaited_.emplace();
    for (const auto& [id, theirs] : session.stated)
        if (is_own_past(id) && theirs.size > held_here(id)) {
            Seq& size = (*awaited_)[id];
            size = std::max(size, theirs.size);
        }
    settle(now);
}

// Sealing goes on when everything is back, or after settle_max: a village that is offline for days still
// collects, and a row published twice is mended sooner than one that is missing. The city gives its children as
// long to greet as a child gives its parent.
void Core::settle(Instant now) {
    const bool back = awaited_ && std::all_of(awaited_->begin(), awaited_->end(), [this](const auto& wanted) {
                          // What the parent holds of a log that has split is another machine's: it never fits
                          // here.
                          return branches_.contains(wanted.first) || held_here(wanted.first) >= wanted.second;
                      });
    const bool asked = !is_city() || children_until_ <= now;
    if (!restored_ || !((back && asked) || settle_until_ <= now)) return;
    writes_.emplace_back(Erase{Table::meta, to_bytes(restored_key())});
    restored_.reset();
    awaited_.reset();
}

}  // namespace xinwang
