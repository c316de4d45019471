// The simulated network: connections between a child and its parent that behave like ZeroMQ's over a bad
// line.
//
// A connection is two streams, each in order while it lasts. Faults per seed: delay, cuts (a connection dies,
// with all in flight; the child gets a new one after a while, without being told), partitions (no connection
// at all for a time), and, in hostile seeds, frames lost, doubled or overtaken within a stream. Any frame may
// be lost: only the protocol's own acknowledgements count. All on virtual time.
#pragma once

#include <functional>
#include <map>

#include "protocol/base/bytes.h"
#include "protocol/base/time.h"
#include "tools/sim/random.h"

namespace xinwang::sim {

struct NetworkFaults {
    Duration delay_mean{20};
    Duration healed_delay_mean{20};
    double bytes_per_second = 0;  // 0: no limit; the heal leaves thin lines thin
    double cut = 0;               // a connection dies, per frame
    double lost = 0;              // frame, per frame
    double doubled = 0;
    double overtaken = 0;
    double partition_per_hour = 0;
    Duration partition_mean{600'000};
};

// One end of a child's link, by the child's index in the city.
struct Frame {
    std::size_t child = 0;
    bool upward = true;
    std::uint64_t connection = 0;
    Bytes bytes;
};

class Network {
  public:
    using Deliver = std::function<void(const Frame&)>;
    // `at(time, action)` schedules on virtual time.
    using Schedule = std::function<void(Instant, std::function<void()>)>;
    // A connection of `child` died; the caller chooses whether to tell the child's node.
    using Died = std::function<void(std::size_t child)>;

    Network(Random& random, NetworkFaults faults, Schedule at, Deliver deliver, Died died)
        : random_(random),
          faults_(faults),
          at_(std::move(at)),
          deliver_(std::move(deliver)),
          died_(std::move(died)) {}

    // Sends a frame up from `child`, or down to it. False: the connection is no longer current, and the frame
    // is lost.
    void send_up(Instant now, std::size_t child, Bytes frame);
    bool send_down(Instant now, std::size_t child, std::uint64_t connection, Bytes frame);
    // Cuts the connection: both ends lose the frames under way, and the next frame of the child opens a new
    // connection.
    void cut(std::size_t child);
    void heal() { healed_ = true; }
    void partition(std::size_t child, Instant until);
    void maybe_partition(Instant now, std::size_t child, Duration period);
    std::uint64_t connection(std::size_t child) { return links_[child].connection; }
    std::uint64_t frames() const { return frames_; }

  private:
    struct Stream {
        Instant sent;  // the line is free again
        Instant last;  // in order: nothing arrives before what was sent earlier
    };
    struct Link {
        std::uint64_t connection = 0;
        Stream up, down;
        Instant partitioned_until;
    };
    void send(Instant now, Frame frame);
    Instant arrival(Instant now, Stream& stream, std::size_t bytes);

    Random& random_;
    NetworkFaults faults_;
    Schedule at_;
    Deliver deliver_;
    Died died_;
    std::map<std::size_t, Link> links_;
    std::uint64_t next_connection_ = 1;
    std::uint64_t frames_ = 0;
    bool healed_ = false;
};

}  // namespace xinwang::sim
