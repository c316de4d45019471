// Most of a year, in which certificates and opening keys come to their ends: the centre is dead for a month,
// two villages' clocks are ten years wrong, one village is cut off for 120 days, and one is revoked while it
// is.
#include <fmt/format.h>

#include "protocol/base/check.h"
#include "tools/sim/city.h"

namespace xinwang::sim {
namespace {

constexpr std::int64_t ten_years_ms = 3'652 * day_ms;
constexpr Duration tick_every{30 * 60'000};

Duration days(double count) {
    return Duration(static_cast<std::int64_t>(count * static_cast<double>(day_ms)));
}

}  // namespace

CityOptions CityOptions::calendar(std::uint64_t seed) {
    CityOptions o;
    o.seed = seed;
    o.counties = 2;
    o.townships = 2;
    o.villages = 6;
    o.files = 0;
    o.tick = tick_every;
    o.certificate_days = 100;
    // Hours where life has seconds: a year of seconds would take one.
    o.timing.hello_every = Duration(600'000);
    o.timing.ping_every = Duration(3'600'000);
    o.timing.stall_after = Duration(6 * 3'600'000);
    o.timing.refresh_every = Duration(2 * 3'600'000);
    o.timing.head_every = days(1);
    o.timing.retry_refused = Duration(6 * 3'600'000);
    o.timing.scrub_bytes_per_s = 0;
    o.timing.renewal.certificate = days(100);
    o.timing.renewal.ask_every = Duration(6 * 3'600'000);
    return o;
}

// Which village plays which part.
struct City::Cast {
    std::size_t fast = 0, slow = 0;  // clocks
    std::size_t dark = 0, revoked = 0;
};

City::Cast City::cast_villages() {
    std::vector<std::size_t> villages;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (nodes_[i].certificate.tier == Tier::village) villages.push_back(i);
    XW_CHECK(villages.size() >= 5);
    Cast cast{villages[0], villages[1], villages[2], villages[3]};
    nodes_[cast.fast].clock_off = Duration(ten_years_ms);
    nodes_[cast.slow].clock_off = Duration(-ten_years_ms);
    return cast;
}

void City::run_calendar() {
    const Cast cast = cast_villages();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        start(i);
        after(0, options_.tick.count(), [this, i] { tick(i); });
    }
    const auto hand_in_everywhere = [&] {
        for (std::size_t i = 0; i < nodes_.size(); ++i)
            if (nodes_[i].core && nodes_[i].certificate.tier == Tier::village) hand_in(i);
    };
    const Instant begin = now_;
    const auto until = [&](double day) { run_until(begin + days(day)); };
    const auto weeks_to = [&](double day) {
        for (; now_ + days(7) < begin + days(day);) {
            hand_in_everywhere();
            run_until(now_ + days(7));
        }
        until(day);
    };

    weeks_to(20);
    stop(0);
    weeks_to(50);
    check_acknowledged_by_parents();
    start(0);
    network_->partition(cast.dark, begin + days(175));
    network_->partition(cast.revoked, begin + days(175));
    until(55);
    revoke_meanwhile(cast.revoked);
    weeks_to(175);
    say("all are back");
    until(180);
    hand_in_everywhere();
    until(190);
    quiesce_calendar(cast);
}

// The centre is dead, and every record is held by the parent of its village all the same.
void City::check_acknowledged_by_parents() {
    for (const SimNode& n : nodes_) {
        if (n.certificate.tier != Tier::village) continue;
        if (n.people->waiting()) throw LivenessBroken("L1: " + n.name + " has not finished its files");
        for (const Lane lane : {Lane::rights, Lane::records}) {
            const LogId log = n.core->own_log({lane, {}});
            const LogView* own = n.core->logbook().find(log);
            const Seq size = own == nullptr ? 0 : own->size;
            if (lane == Lane::records && size == 0)
                throw LivenessBroken("L1: " + n.name + " has sealed nothing");
            const LogView* above = nodes_[*n.parent].core->logbook().find(log);
            if (size > 0 && (above == nullptr || above->size != size))
                throw LivenessBroken(
                    fmt::format("L1: the parent of {} does not hold all of {}", n.name, log.origin_line()));
        }
    }
}

void City::revoke_meanwhile(std::size_t node) {
    SimNode& n = nodes_[node];
    const LogId log = n.core->own_log({Lane::records, {}});
    revoked_size_ = nodes_[*n.parent].core->logbook().find(log)->size;
    post(*n.parent, [this, code = n.certificate.code, parent = *n.parent](Core& core) {
        XW_CHECK(core.revoke(clock(parent), code, "stolen"));
    });
    checks_.take_out(node);
}

void City::quiesce_calendar(const Cast& cast) {
    if (const std::string open = checks_.unfinished(); !open.empty()) throw LivenessBroken("L1: " + open);
    checks_.at_rest();
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (i != cast.revoked) check_renewed(i, i == cast.fast || i == cast.slow);
    const SimNode& gone = nodes_[cast.revoked];
    const SimNode& parent = nodes_[*gone.parent];
    const LogId log = gone.core->own_log({Lane::records, {}});
    if (parent.core->logbook().find(log)->size != revoked_size_ || revoked_size_ == 0)
        throw SafetyBroken("X14 at " + parent.name + ": the cut-off of a revoked node did not hold");
    if (gone.core->logbook().find(log)->size <= revoked_size_)
        throw LivenessBroken("X14: nothing was handed in at " + gone.name + " while it was revoked");
    const auto& why = gone.core->parent_refusal();
    if (!why || why->code != Code::node_revoked)
        throw LivenessBroken("X6: " + gone.name + " is not told that it was revoked");
}

// Its certificate is in term and its opening key of another epoch, as it and all above it know; wrong clocks
// may be late, and lose nothing.
void City::check_renewed(std::size_t node, bool wrong_clock) const {
    const Certificate& own = nodes_[node].core->certificate();
    for (auto up = nodes_[node].parent; up; up = nodes_[*up].parent)
        if (*nodes_[*up].core->roster().find(own.node) != own)
            throw LivenessBroken(
                fmt::format("X6: {} holds another certificate of {}", nodes_[*up].name, nodes_[node].name));
    if (wrong_clock) return;
    const bool city = !nodes_[node].parent;
    if (!city && expiry(own, now_).expired)
        throw LivenessBroken("X6: the certificate of " + nodes_[node].name + " has ended");
    if (opening_at(own, now_).second < 2)
        throw LivenessBroken(nodes_[node].name + " still has its first opening key");
}

}  // namespace xinwang::sim
