#include "node/core/logbook.h"

#include "protocol/base/check.h"

namespace xinwang {

void HeadsAhead::add(SignedHead head) {
    if (!nearest || head.head.size <= nearest->head.size) {
        if (nearest && head.head.size < nearest->head.size && !newest) newest = std::move(nearest);
        nearest = std::move(head);
    } else {
        newest = std::move(head);
    }
}

SignedHead HeadsAhead::take() {
    SignedHead taken = std::move(*nearest);
    nearest = std::move(newest);
    newest.reset();
    return taken;
}

Logbook::Lives Logbook::lives(const NodeId& origin, const Incarnation& life) const {
    Lives found;
    std::optional<Incarnation> last;
    for (auto it = logs_.lower_bound(LogId{origin, {}, Lane::trust, {}});
         it != logs_.end() && it->first.origin == origin; ++it) {
        if (last == it->first.incarnation) continue;
        last = it->first.incarnation;
        ++found.count;
        found.known = found.known || it->first.incarnation == life;
    }
    return found;
}

LogView& Logbook::restore(const LogRow& row) {
    LogView& log = at(row.id);
    log.size = row.size;
    log.last = row.last;
    log.entries = row.entries;
    log.bytes = row.bytes;
    auto tree = Frontier::parse(row.frontier);
    // The store has checked these bytes against their hash: what is wrong here was written wrong by us.
    XW_CHECK(tree && tree->size() == row.size);
    log.tree = std::move(*tree);
    log.claimed_size = row.size;
    return log;
}

const LogView* Logbook::find(const LogId& id) const {
    const auto it = logs_.find(id);
    return it == logs_.end() ? nullptr : &it->second;
}

LogView* Logbook::find(const LogId& id) {
    const auto it = logs_.find(id);
    return it == logs_.end() ? nullptr : &it->second;
}

LogView& Logbook::at(const LogId& id) {
    LogView& log = logs_[id];
    log.id = id;
    return log;
}

Bytes Logbook::append(LogView& log, const BatchId& batch, std::uint32_t entries, std::size_t bytes) {
    log.tree.append(batch);
    log.size += 1;
    log.last = batch;
    log.entries += entries;
    log.bytes += bytes;
    log.claimed_size = std::max(log.claimed_size, log.size);
    return log.tree.serialise();
}

Way Logbook::way(const LogId& id, const Roster& roster) const {
    const Certificate* origin = roster.find(id.origin);
    if (origin == nullptr) return Way::here;
    if (!id.toward.is_zero()) return id.toward == self_ ? Way::here : Way::down_to_one;
    if (origin->tier == Tier::city) return Way::down_to_all;
    if (id.origin == self_) return id.lane == Lane::trust ? Way::both : Way::up;
    if (id.lane == Lane::trust && roster.is_below(self_, id.origin)) return Way::down_to_all;
    // Of a node that was below this one before it moved: kept, and at most handed on (Core::may_be_lost).
    return roster.is_below(id.origin, self_) ? Way::up : Way::here;
}

bool Logbook::goes_up(const LogId& id, const Roster& roster) const {
    const Way w = way(id, roster);
    return w == Way::up || w == Way::both;
}

bool Logbook::goes_to(const LogId& id, const NodeId& peer, bool peer_is_parent, const Roster& roster) const {
    switch (way(id, roster)) {
        case Way::here:
            return false;
        case Way::up:
            return peer_is_parent;
        case Way::both:
            return true;
        case Way::down_to_all:
            return !peer_is_parent;
        case Way::down_to_one:
            return !peer_is_parent && (id.toward == peer || roster.is_below(id.toward, peer));
    }
    return false;
}

}  // namespace xinwang
