#include "node/edge/connections.h"

namespace xinwang {

std::uint64_t Connections::arrived(const std::string& routing_id, const TransportPublicKey& key,
                                   int descriptor) {
    if (const auto known = by_routing_id_.find(routing_id); known != by_routing_id_.end()) {
        Connection& connection = by_number_.at(known->second);
        if (connection.key == key) {
            connection.descriptor = descriptor;
            ++connection.messages;
            return known->second;
        }
        forget(known->second);
    }
    if (const auto own = by_key_.find(key); own != by_key_.end() && own->second.size() >= per_key_max_)
        give_way(own->second.front());
    if (by_number_.size() >= connections_max_) give_way(by_number_.begin()->first);
    const std::uint64_t number = next_++;
    by_number_.emplace(number, Connection{routing_id, key, descriptor, 1});
    by_routing_id_.emplace(routing_id, number);
    by_key_[key].push_back(number);
    return number;
}

// It may be a connection that has long ended: then its descriptor may be another's by now, and is not told.
void Connections::give_way(std::uint64_t number) {
    const int descriptor = by_number_.at(number).descriptor;
    forget(number);
    if (descriptor >= 0 && with_descriptor(descriptor) == 0) given_way_.push_back(descriptor);
}

std::uint64_t Connections::with_descriptor(int descriptor) const {
    for (auto it = by_number_.rbegin(); it != by_number_.rend(); ++it)
        if (it->second.descriptor == descriptor) return it->first;
    return 0;
}

const Connections::Connection* Connections::find(std::uint64_t number) const {
    const auto at = by_number_.find(number);
    return at == by_number_.end() ? nullptr : &at->second;
}

void Connections::forget_all() {
    while (!by_number_.empty()) forget(by_number_.begin()->first);
}

void Connections::forget(std::uint64_t number) {
    const auto at = by_number_.find(number);
    if (at == by_number_.end()) return;
    by_routing_id_.erase(at->second.routing_id);
    const auto own = by_key_.find(at->second.key);
    std::erase(own->second, number);
    if (own->second.empty()) by_key_.erase(own);
    by_number_.erase(at);
}

}  // namespace xinwang
