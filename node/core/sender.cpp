#include "node/core/sender.h"

#include <algorithm>

namespace xinwang {
namespace {

// Enough to keep a window full while the next ones are read; each slot holds at most one batch in memory.
constexpr std::size_t slots_max = 6;
constexpr std::size_t wanted_max = 8;

}  // namespace

void Sender::queue(const LogId& log, Progress& p) {
    if (p.queued || p.blocked || p.next >= p.ours) return;
    p.queued = true;
    p.turn = ++turn_;
    waiting_.insert({log.lane, p.turn, log});
}

void Sender::unqueue(const LogId& log, Progress& p) {
    if (!p.queued) return;
    waiting_.erase({log.lane, p.turn, log});
    p.queued = false;
}

void Sender::offer(const LogId& log, Seq ours, Seq peer) {
    Progress& p = logs_[log];
    p.ours = std::max(p.ours, ours);
    // Slots of this log that are beyond a rewind are stale: the peer asks again from `peer`.
    for (Slot& slot : slots_)
        if (slot.log == log && !slot.wanted) slot.dropped = true;
    unqueue(log, p);
    p.peer = peer;
    p.next = peer;
    queue(log, p);
}

void Sender::grown(const LogId& log, Seq ours) {
    Progress& p = logs_[log];
    p.ours = std::max(p.ours, ours);
    queue(log, p);
}

void Sender::held(const LogId& log, Seq size) {
    Progress& p = logs_[log];
    p.peer = std::max(p.peer, size);
    if (p.next < size) {
        unqueue(log, p);
        p.next = size;
        queue(log, p);
    }
}

void Sender::credit(std::uint64_t pieces_in_all) {
    credit_ = std::max(credit_, pieces_in_all);
}

void Sender::block(const LogId& log) {
    Progress& p = logs_[log];
    p.blocked = true;
    unqueue(log, p);
    for (Slot& slot : slots_)
        if (slot.log == log && !slot.wanted) slot.dropped = true;
}

void Sender::unblock(const LogId& log) {
    Progress& p = logs_[log];
    p.blocked = false;
    offer(log, p.ours, p.peer);
}

bool Sender::may_want() const {
    const auto wanted =
        std::count_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.wanted; });
    return wanted_.size() + static_cast<std::size_t>(wanted) < wanted_max;
}

bool Sender::want(const LogId& log, Seq seq) {
    if (!may_want()) return false;
    wanted_.emplace_back(log, seq);
    return true;
}

void Sender::hand_on(LoadedBatch batch) {
    if (!may_want()) return;
    slots_.push_back({batch.log, batch.seq, std::move(*batch.pieces), 0, false, true});
}

std::optional<LoadJob> Sender::next_load(SessionNumber session) {
    if (slots_.size() >= slots_max) return std::nullopt;
    if (!wanted_.empty()) {
        const auto [log, seq] = wanted_.front();
        wanted_.pop_front();
        slots_.push_back({log, seq, {}, 0, false, true});
        return LoadJob{session, log, seq, true};
    }
    if (waiting_.empty()) return std::nullopt;
    const LogId log = waiting_.begin()->log;
    Progress& p = logs_[log];
    unqueue(log, p);
    const Seq seq = p.next++;
    slots_.push_back({log, seq, {}, 0, false, false});
    queue(log, p);
    return LoadJob{session, log, seq, false};
}

void Sender::loaded(LoadedBatch batch) {
    for (Slot& slot : slots_) {
        if (slot.log != batch.log || slot.seq != batch.seq || slot.wanted != batch.wanted ||
            !slot.pieces.empty())
            continue;
        slot.expired = batch.expired;
        if (batch.pieces)
            slot.pieces = std::move(*batch.pieces);
        else if (slot.wanted)
            slot.dropped = true;
        else
            block(batch.log);
        if (slot.dropped && slot.pieces.empty())
            slot.pieces.push_back(nullptr);  // answered: may leave the queue
        return;
    }
}

std::optional<Bytes> Sender::next_frame() {
    while (!slots_.empty()) {
        Slot& slot = slots_.front();
        if (slot.pieces.empty()) return std::nullopt;  // not read yet
        // A batch begun is finished even when its log was rewound: the receiver drops what it need not have.
        if ((slot.dropped && slot.sent == 0) || slot.sent == slot.pieces.size()) {
            slots_.pop_front();
            continue;
        }
        if (sent_pieces_ >= credit_) return std::nullopt;
        const auto index = static_cast<std::uint16_t>(slot.sent++);
        ++sent_pieces_;
        return encode_piece(slot.log, slot.seq, index, static_cast<std::uint16_t>(slot.pieces.size()),
                            *slot.pieces[index], slot.expired);
    }
    return std::nullopt;
}

bool Sender::in_flight() const {
    for (const auto& [log, p] : logs_)
        if (!p.blocked && p.next > p.peer) return true;
    // Nobody acknowledges what was wanted: it must have gone out.
    return std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.wanted; });
}

Seq Sender::peer_size(const LogId& log) const {
    const auto it = logs_.find(log);
    return it == logs_.end() ? 0 : it->second.peer;
}

}  // namespace xinwang
