#include "tools/sim/network.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace xinwang::sim {

void Network::send_up(Instant now, std::size_t child, Bytes frame) {
    Link& link = links_[child];
    if (link.connection == 0) link.connection = next_connection_++;
    send(now, {child, true, link.connection, std::move(frame)});
}

bool Network::send_down(Instant now, std::size_t child, std::uint64_t connection, Bytes frame) {
    if (links_[child].connection != connection) return false;
    send(now, {child, false, connection, std::move(frame)});
    return true;
}

void Network::cut(std::size_t child) {
    Link& link = links_[child];
    link.up.sent = link.down.sent = {};  // what was queued is gone with it
    if (std::exchange(link.connection, 0) != 0) died_(child);
}

void Network::partition(std::size_t child, Instant until) {
    cut(child);
    links_[child].partitioned_until = until;
}

void Network::maybe_partition(Instant now, std::size_t child, Duration period) {
    if (healed_) return;
    const double hours = static_cast<double>(period.count()) / 3'600'000.0;
    if (!random_.chance(faults_.partition_per_hour * hours)) return;
    partition(child, now + Duration(random_.between(1, 2 * faults_.partition_mean.count())));
}

Instant Network::arrival(Instant now, Stream& stream, std::size_t bytes) {
    stream.sent = std::max(stream.sent, now);
    if (faults_.bytes_per_second > 0)
        stream.sent =
            stream.sent +
            Duration(static_cast<std::int64_t>(static_cast<double>(bytes) * 1000 / faults_.bytes_per_second));
    // Exponential about the mean: mostly quick, sometimes very late.
    const double u = static_cast<double>(random_.below(1'000'000) + 1) / 1'000'001.0;
    const double mean = static_cast<double>((healed_ ? faults_.healed_delay_mean : faults_.delay_mean).count());
    const Duration delay(1 + static_cast<std::int64_t>(-std::log(u) * mean));
    stream.last = std::max(stream.last, stream.sent + delay);
    return stream.last;
}

void Network::send(Instant now, Frame frame) {
    ++frames_;
    Link& link = links_[frame.child];
    if (!healed_ && link.partitioned_until > now) {
        link.connection = 0;
        return;
    }
    if (!healed_ && random_.chance(faults_.cut)) return cut(frame.child);
    if (!healed_ && random_.chance(faults_.lost)) return;
    Instant when = arrival(now, frame.upward ? link.up : link.down, frame.bytes.size());
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
