// Memories set back and machines copied, in a small city without other faults: a snapshot of one node's disk is
// put back without a marker, from every commit of a short life; and two machines live as one node for a while.
#include <fmt/format.h>

#include "protocol/base/check.h"
#include "tools/sim/city.h"

namespace xinwang::sim {
namespace {

constexpr std::int64_t minute = 60'000;
constexpr Duration life{4 * minute}, away{3 * minute}, settle_max{3'600'000}, look_every{10'000};
constexpr int files_before = 3, files_after = 2;

}  // namespace

CityOptions CityOptions::small(std::uint64_t seed) {
    CityOptions o;
    o.seed = seed;
    o.counties = o.townships = o.villages = 1;
    o.timing.scrub_bytes_per_s = 0;
    return o;
}

// One node's life of a few minutes, with each commit's disk kept.
void City::live_and_record(std::size_t node) {
    recorded_ = node;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        start(i, Memory::unproven);  // as at a first start: what it knows of its home is in its first commit
        after(0, options_.tick.count(), [this, i] { tick(i); });
    }
    for (int i = 0; i < files_before; ++i) {
        after(10'000, life.count() - 30'000, [this, node] { hand_in(node); });
        after(10'000, life.count() - 30'000, [this] { hand_in(nodes_.size() - 1); });
    }
    run_until(now_ + life);
    recorded_.reset();
}

// Everything must arrive, and nobody may ever sign two batches for one place, or freeze anybody.
void City::run_setback(const SetBack& plan) {
    live_and_record(plan.node);
    commits_ = snapshots_.size();
    if (plan.commit >= snapshots_.size()) return;
    SimNode& n = nodes_[plan.node];
    stop(plan.node);
    if (plan.offline)
        for (std::size_t i = 0; i < nodes_.size(); ++i)
            if (i == plan.node || nodes_[i].parent == plan.node) network_->partition(i, now_ + away);
    *n.disk = snapshots_[plan.commit].disk;
    n.spool = snapshots_[plan.commit].spool;
    {
        const auto store = Store::open(make_memory_kv(n.disk));
        XW_CHECK(store);
        checks_.set_back(plan.node, **store);
    }
    checks_.excuse(plan.node);
    after(minute, minute, [this, node = plan.node] { checks_.forget_unheld(node); });
    start(plan.node, plan.memory);
    say(fmt::format("{} wakes with the memory of commit {}", n.name, plan.commit));
    for (int i = 0; i < files_after; ++i)
        after(plan.pause.count(), 2 * plan.pause.count(), [this, node = plan.node] { hand_in(node); });
    wait_quiet(settle_max);
    checks_.at_rest();
    for (const SimNode& other : nodes_)
        if (!other.core->frozen().empty())
            throw SafetyBroken("X13: an honest node was frozen at " + other.name);
}

void City::wait_quiet(Duration most) {
    const Instant end = now_ + most;
    std::string open = "files wait to be taken";
    while (!open.empty()) {
        if (now_ >= end) throw LivenessBroken("L1: " + open);
        run_until(now_ + look_every);
        if (offers_open_ == 0) open = checks_.unfinished();
    }
}

}  // namespace xinwang::sim
