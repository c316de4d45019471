// Who stands at a listener's door, by what the kernel counts of each connection: libzmq hands up whole messages
// only, and does not say who it is that never ends one, nor how many only hold a descriptor.
//
// A connection is proven once a whole message of it was handed up, which takes a key that was let in. Two
// rules: what has come of a connection since its last whole message is bounded, tightly before the first; and
// of those that are not proven there stay so many, the rest is cut, beginning with the address that has most,
// whoever has said least, and the oldest. *Rationale*: parts of a message that goes on for ever pile up in
// libzmq without any limit of its own (README.md); descriptors are a machine's, and who says nothing must not
// take the last. Pure; its owner locks.
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
    // A whole message of it was handed up.
    void heard(int descriptor);
    // So many bytes have come of it in all.
    void received(int descriptor, std::uint64_t bytes);

    enum class Why : std::uint8_t { endless, crowd };
    struct Cut {
        int descriptor = -1;
        std::string address;
        Why why = Why::endless;
        bool proven = false;      // else its descriptor may have been another's, and does not say who it is
        std::uint64_t bytes = 0;  // since its last whole message
        std::size_t bytes_max = 0;
    };
    // Who is to be cut now; they leave the book. `unproven_max`: so many may stay that are not proven.
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
