#include "tools/sim/network.h"

#include <algorithm>
#include <cmath>

namespace xinwang::sim {

void Network::send_up(Instant now, std::size_t child, Bytes frame) {
    Link& link = links_[child];
    if (link.connection == 0) link.connection = next_connection_++;
    send(now, {child, true, link.connection, std::move(frame)});
}

void Network::send_down(Instant now, std::size_t child, std::uint64_t connection, Bytes frame) {
    if (links_[child].connection != connection) return;
    send(now, {child, false, connection, std::move(frame)});
}

void Network::cut(std::size_t child) {
    links_[child].connection = 0;
}

void Network::maybe_partition(Instant now, std::size_t child, Duration period) {
    if (healed_) return;
    const double hours = static_cast<double>(period.count()) / 3'600'000.0;
    if (!random_.chance(faults_.partition_per_hour * hours)) return;
    Link& link = links_[child];
    link.connection = 0;
    link.partitioned_until = now + Duration(random_.between(1, 2 * faults_.partition_mean.count()));
}

Instant Network::arrival(Instant now, Instant& last) {
    // Exponential about the mean: mostly quick, sometimes very late.
    const double u = static_cast<double>(random_.below(1'000'000) + 1) / 1'000'001.0;
    const double mean = healed_ ? 20.0 : static_cast<double>(faults_.delay_mean.count());
    const Duration delay(1 + static_cast<std::int64_t>(-std::log(u) * mean));
    last = std::max(last, now + delay);
    return last;
}

void Network::send(Instant now, Frame frame) {
    ++frames_;
    Link& link = links_[frame.child];
    if (!healed_ && link.partitioned_until > now) {
        link.connection = 0;
        return;
    }
    if (!healed_ && random_.chance(faults_.cut)) {
        cut(frame.child);
        return;
    }
    if (!healed_ && random_.chance(faults_.lost)) return;
    Instant& last = frame.upward ? link.up_last : link.down_last;
    Instant when = arrival(now, last);
    if (!healed_ && random_.chance(faults_.overtaken)) when = when + Duration(random_.between(1, 50));
    const auto arrive = [this](Frame f) {
        // What belongs to a connection that has died never arrives.
        if (links_[f.child].connection == f.connection) deliver_(f);
    };
    if (!healed_ && random_.chance(faults_.doubled))
        at_(when + Duration(random_.between(0, 50)), [arrive, frame] { arrive(frame); });
    at_(when, [arrive, frame = std::move(frame)] { arrive(frame); });
}

}  // namespace xinwang::sim
