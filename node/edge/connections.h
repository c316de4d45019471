// Numbers for a ROUTER's connections. libzmq may give the same routing id to a later connection; a number
// from here is never given twice.
//
// Pure; one owner. libzmq 4.3.4 does not tell when a peer has left, so the table is bounded instead: it knows
// the newest `per_key_max` connections of one key, and `connections_max` of all keys. A forgotten connection
// is `gone` for sending, and gets a fresh number should it speak again.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "protocol/base/ids.h"

namespace xinwang {

class Connections {
  public:
    struct Connection {
        std::string routing_id;
        TransportPublicKey key;
        int descriptor = -1;         // the operating system's, as of its last message
        std::uint64_t messages = 0;  // received from it
    };

    Connections(std::size_t connections_max, std::size_t per_key_max)
        : connections_max_(connections_max), per_key_max_(per_key_max) {}

    // The number of the connection a message came by; new for an unknown routing id, or a known one with
    // another key.
    std::uint64_t arrived(const std::string& routing_id, const TransportPublicKey& key, int descriptor = -1);
    // The connection with this number; nullptr when it is gone.
    const Connection* find(std::uint64_t number) const;
    void forget(std::uint64_t number);
    void forget_all();
    // The number of the connection with this descriptor; 0 when there is none.
    std::uint64_t with_descriptor(int descriptor) const;
    // The descriptors of connections that gave way to newer ones since the last call.
    std::vector<int> take_given_way() { return std::exchange(given_way_, {}); }
    std::size_t size() const { return by_number_.size(); }

  private:
    const std::size_t connections_max_;
    const std::size_t per_key_max_;
    std::uint64_t next_ = 1;  // 0 is the parent's
    void give_way(std::uint64_t number);
    std::map<std::uint64_t, Connection> by_number_;
    std::vector<int> given_way_;
    std::unordered_map<std::string, std::uint64_t> by_routing_id_;
    std::unordered_map<TransportPublicKey, std::deque<std::uint64_t>, BlockHash> by_key_;
};

}  // namespace xinwang
