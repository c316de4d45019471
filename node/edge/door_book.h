// The connections at a listener's door, with the bytes that the kernel counts for each. libzmq hands up whole
// messages only: it does not name the peer that never ends a message, nor count the peers that only hold a
// descriptor.
//
// A connection is proven once a whole message from it was handed up, which takes a key that was let in. Rule
// one: the bytes received on a connection since its last whole message are bounded, tightly before the first.
// Rule two: the number of unproven connections is bounded, and the others are cut, beginning with the address
// that has most, then the connection that has said least, then the oldest. *Rationale*: parts of a message
// that goes on for ever pile up in libzmq without any limit of its own (README.md); all listeners share the
// machine's descriptors, and a silent peer must not take the last. Pure; its owner locks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace xinwang {

struct DoorLimits {
    std::size_t proven_bytes = 0;    // since the last whole message
    std::size_t unproven_bytes = 0;  // before the first
};

class DoorBook {
  public:
    explicit DoorBook(const DoorLimits& limits) : limits_(limits) {}

    void accepted(int descriptor, std::string address);
    void closed(int descriptor);
    // Notes that a whole message from this connection was handed up.
    void heard(int descriptor);
    // Notes the bytes received from this connection in all.
    void received(int descriptor, std::uint64_t bytes);

    enum class Why : std::uint8_t { endless, crowd };
    struct Cut {
        int descriptor = -1;
        std::string address;
        Why why = Why::endless;
        bool proven = false;  // when false, its descriptor may have been another's and does not tell the peer
        std::uint64_t bytes = 0;  // since its last whole message
        std::size_t bytes_max = 0;
    };
    // The connections to cut now; they leave the book. `unproven_max`: how many unproven connections may
    // stay.
    std::vector<Cut> judge(std::size_t unproven_max);

    bool holds(int descriptor) const { return connections_.contains(descriptor); }
    std::size_t size() const { return connections_.size(); }

  private:
    struct Connection {
        std::string address;
        std::uint64_t order = 0;
        std::uint64_t bytes = 0;  // in all
        std::uint64_t base = 0;   // when its last whole message was handed up
        bool heard_since = false;
        bool proven = false;
    };
    void take_endless(std::vector<Cut>& into);
    void take_crowd(std::vector<Cut>& into, std::size_t unproven_max);

    DoorLimits limits_;
    std::map<int, Connection> connections_;
    std::uint64_t next_ = 0;
};

}  // namespace xinwang
