// Two machines that live as one node: a copy of a disk runs beside the original for a while, in touch with
// their parent together or in turns, until the parent has frozen them; then people stop one, and let the other
// in again.
#include <fmt/format.h>

#include "protocol/base/check.h"
#include "tools/sim/city.h"

namespace xinwang::sim {
namespace {

constexpr std::int64_t minute = 60'000;
constexpr Duration life{4 * minute}, look_every{5'000}, found_within{10 * minute}, settle_max{3'600'000};

}  // namespace

// The same keys, the disk of an earlier moment, another machine.
std::size_t City::add_twin(std::size_t of, const Moment& moment) {
    const SimNode& n = nodes_[of];
    SimNode twin = blank_node(n.certificate, n.sign_key, n.open_keys, n.parent);
    twin.name = n.name + "'s copy";
    twin.is_twin = true;
    twin.disk = std::make_shared<MemoryDisk>(moment.disk);
    twin.spool = moment.spool;
    twin.people = std::make_unique<Submitter>(std::vector<const Catalogue*>{&licence_, &penalty_},
                                              options_.seed * 64 + nodes_.size(), n.certificate.code.text());
    nodes_.push_back(std::move(twin));
    const std::size_t made = nodes_.size() - 1;
    checks_.split(nodes_[made].node);
    after(0, options_.tick.count(), [this, made] { tick(made); });
    return made;
}

// What a frozen machine has numbered is all that it ever will under that incarnation.
void City::check_frozen(std::size_t node, Stillness& still) const {
    const SimNode& n = nodes_[node];
    if (!n.core || !n.core->frozen_here()) return;
    std::map<LogId, Seq> sizes;
    for (const auto& [id, log] : n.core->logbook().all())
        if (id.origin == n.node) sizes[id] = log.size;
    if (!still.sizes) still.sizes = sizes;
    for (const auto& [id, size] : sizes)
        if (size != (*still.sizes)[id])
            throw SafetyBroken(
                fmt::format("X13 at {}: frozen, it went on from {} to {}", n.name, (*still.sizes)[id], size));
}

void City::run_clones() {
    const std::size_t original = 1 + random_.below(3);
    live_and_record(original);
    const std::size_t twin = add_twin(original, snapshots_[random_.below(snapshots_.size())]);
    SimNode& parent = nodes_[*nodes_[original].parent];
    // A copied directory is known for one; a copied machine is not.
    start(twin, random_.chance(0.3) ? Memory::set_back : Memory::proven);
    say(fmt::format("{} runs", nodes_[twin].name));
    Instant together = now_;
    for (const std::size_t machine : {original, twin}) {
        if (random_.chance(0.5)) {
            const Instant back = now_ + Duration(random_.between(0, 90 * minute));
            network_->partition(machine, back);
            together = std::max(together, back);
        }
        for (int i = 0; i < 3; ++i)
            after(0, (together - now_).count() + minute, [this, machine] { hand_in(machine); });
    }
    Stillness still[2];
    const auto look = [&] {
        run_until(now_ + look_every);
        check_frozen(original, still[0]);
        check_frozen(twin, still[1]);
    };
    const auto known_at = [&](const SimNode& n) { return n.core->frozen().contains(nodes_[original].node); };
    while (!known_at(parent) || !known_at(nodes_[0]) || !still[0].sizes || !still[1].sizes) {
        if (now_ > together + found_within)
            throw LivenessBroken(fmt::format("S9: two machines of {}: parent {}, city {}, told {} and {}",
                                             nodes_[original].name, known_at(parent), known_at(nodes_[0]),
                                             still[0].sizes.has_value(), still[1].sizes.has_value()));
        look();
    }
    const Instant decided = now_ + Duration(random_.between(0, 120 * minute));
    while (now_ < decided) look();
    thaw_and_settle(original, twin);
}

// One is stopped, whichever; the other is let in again, and all of it arrives.
void City::thaw_and_settle(std::size_t original, std::size_t twin) {
    // Those below it know the way to the original alone.
    const bool swapped = original + 2 == nodes_.size() && random_.chance(0.5);
    const std::size_t left = swapped ? twin : original;
    stop(swapped ? original : twin);
    nodes_[swapped ? original : twin].is_gone = true;
    const DivisionCode code = nodes_[original].certificate.code;
    post(*nodes_[original].parent, [this, code](Core& core) {
        if (!core.thaw(now_, code, "one was stopped"))
            throw SafetyBroken("S9: the parent does not let it in again");
    });
    say(fmt::format("{} is let in again", nodes_[left].name));
    hand_in(left);
    const Instant end = now_ + settle_max;
    const SimNode& n = nodes_[left];
    const auto open = [&]() -> std::string {
        if (offers_open_ != 0) return "files wait to be taken";
        if (!nodes_[0].core->frozen().empty()) return "the city holds it for frozen";
        if (n.core->restored() || n.core->pending_entries() != 0) return n.name + " has not settled";
        for (const auto& [id, s] : n.core->submissions())
            if (s.open()) return n.name + " has not read " + s.name;
        for (const auto& [id, log] : n.core->logbook().all()) {
            if (id.origin != n.node || id.incarnation != n.core->identity().incarnation) continue;
            const LogView* held = nodes_[0].core->logbook().find(id);
            if (held == nullptr || held->size != log.size || held->last != log.last)
                return "the city lacks some of " + id.origin_line();
        }
        return checks_.unfinished();
    };
    for (std::string why = open(); !why.empty(); why = open()) {
        if (now_ >= end) throw LivenessBroken("L1: " + why);
        run_until(now_ + look_every);
    }
    if (!nodes_[*n.parent].core->frozen().empty())
        throw SafetyBroken("X13: frozen again at " + nodes_[*n.parent].name);
    checks_.at_rest();
}

}  // namespace xinwang::sim
