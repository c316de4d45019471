// Core, a memory set back: a node restored from a backup, or one whose parent holds more of it than it does
// itself, begins a new incarnation and takes its lost batches back before it seals again. WIRE.md section 7.2.
#include <algorithm>
#include <utility>

#include "node/core/core.h"
#include "protocol/base/hash.h"

namespace xinwang {

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
    rebirth_ = true;
}

// The parent holds more of this node's own log than the node itself: its memory was set back (a copied disk, a
// clone). It must not number new batches in the old incarnation (RELIABILITY: S8, X13); a new one begins.
void Core::check_rollback(Instant now, const Session& session) {
    if (!session.parent) return;
    for (const auto& [id, theirs] : session.stated) {
        if (id.origin != identity_.node || id.incarnation != identity_.incarnation) continue;
        const LogView* log = logbook_.find(id);
        const Seq ours = log == nullptr ? 0 : log->size;
        if (theirs.size <= ours) continue;
        find(now,
             Refusal(Code::rolled_back, id.origin_line(), std::to_string(ours), std::to_string(theirs.size)));
        open_incarnation(now);
        return;
    }
}

// A log that goes the other way, of which the peer is given what it lacks all the same. Its own, of a life that
// it has ended (a parent's present incarnation is not told on the wire: a parent that still lives in it refuses
// the log); or, of a child, one that comes up from below it and was lost there, or never came there.
bool Core::may_be_lost(const Session& session, const LogId& log) const {
    if (log.origin == session.peer) return log.incarnation != session.incarnation;
    return !session.parent && log.toward.is_zero() && roster_.is_below(log.origin, session.peer);
}

// A log of this node's own from before its memory was set back: the one kind of own log that others may hand
// in. Its own signature is on every batch, and the chain admits each at its place alone.
bool Core::is_own_past(const LogId& log) const {
    return log.origin == identity_.node && log.incarnation != identity_.incarnation;
}

// What the parent holds of this node's past, when the two have told each other.
void Core::await_lost_part(Instant now, const Session& session) {
    if (!restored_ || !session.parent) return;
    awaited_.emplace();
    for (const auto& [id, theirs] : session.stated)
        if (is_own_past(id) && theirs.size > logbook_.at(id).size) awaited_->emplace(id, theirs.size);
    settle(now);
}

// Sealing goes on when everything is back, when there is nobody to ask, or after settle_max: a village that is
// offline for days still collects, and a row published twice is mended sooner than one that is missing.
void Core::settle(Instant now) {
    const bool back = awaited_ && std::all_of(awaited_->begin(), awaited_->end(), [this](const auto& wanted) {
                          return logbook_.at(wanted.first).size >= wanted.second;
                      });
    if (!restored_ || !(back || is_city() || settle_until_ <= now)) return;
    writes_.emplace_back(Erase{Table::meta, to_bytes(restored_key())});
    restored_.reset();
    awaited_.reset();
}

}  // namespace xinwang
