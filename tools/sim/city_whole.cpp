// A whole city of the size of a real one, 7,207 nodes: all greet their parents, every village hands in a file,
// the city's node is gone for a minute, and everyone is back.
#include <fmt/format.h>

#include "protocol/base/check.h"
#include "tools/sim/city.h"

namespace xinwang::sim {
namespace {

constexpr Duration glance{5'000};
constexpr Duration outage{60'000};
// Virtual time allowed for each: a minute or two in life.
constexpr Duration greet_max{120'000};
constexpr Duration arrive_max{600'000};
constexpr Duration return_max{120'000};
// A storm would be every node shouting at once: on average, so many frames for each node while the city
// returns.
constexpr std::uint64_t frames_a_node_max = 30;

double seconds(Duration d) {
    return static_cast<double>(d.count()) / 1000;
}

}  // namespace

CityOptions CityOptions::whole(std::uint64_t seed) {
    CityOptions o;
    o.seed = seed;
    o.counties = 27;
    o.townships = 353;
    o.villages = 6'826;
    o.files = 0;
    // As hosted nodes do.
    o.tick = Duration(10'000);
    o.timing.ping_every = Duration(60'000);
    return o;
}

std::size_t City::without_parent() const {
    std::size_t count = 0;
    for (const SimNode& n : nodes_)
        if (n.parent && (!n.core || n.core->parent_session() == nullptr || !n.core->parent_session()->resumed))
            ++count;
    return count;
}

// Until `open` says nothing more; how long that took.
Duration City::run_while(Duration most, const char* what, const std::function<std::string()>& open) {
    const Instant begin = now_;
    for (std::string left = open(); !left.empty(); left = open()) {
        if (now_ - begin > most)
            throw LivenessBroken(fmt::format("L1: {} after {} s: {}", what, seconds(most), left));
        run_until(now_ + glance);
    }
    return now_ - begin;
}

void City::run_whole() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        start(i);
        after(0, options_.tick.count(), [this, i] { tick(i); });
    }
    const auto connected = [this] {
        const std::size_t left = without_parent();
        return left == 0 ? std::string() : fmt::format("{} nodes have no parent", left);
    };
    const Duration greeted = run_while(greet_max, "not all are connected", connected);

    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (nodes_[i].certificate.tier == Tier::village) after(0, 60'000, [this, i] { hand_in(i); });
    run_until(now_ + Duration(60'000));
    const Duration arrived = run_while(arrive_max, "not all has arrived", [this] {
        return offers_open_ == 0 ? checks_.unfinished()
                                 : fmt::format("{} files wait to be taken", offers_open_);
    });

    stop(0);
    run_until(now_ + outage);
    const std::uint64_t before = network_->frames();
    start(0);
    const Duration back = run_while(return_max, "not all are back", connected);
    const std::uint64_t frames = network_->frames() - before;
    if (frames > frames_a_node_max * nodes_.size())
        throw LivenessBroken(fmt::format("L3: a storm of {} frames as the city returned", frames));
    run_while(arrive_max, "not all is known", [this] { return checks_.unfinished(); });
    checks_.at_rest();
    said_ = fmt::format("connected in {} s, all held {} s after the last file, back in {} s with {} frames; ",
                        seconds(greeted), seconds(arrived), seconds(back), frames);
}

}  // namespace xinwang::sim
