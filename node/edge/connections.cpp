#include "node/edge/connections.h"

namespace xinwang {

std::uint64_t Connections::arrived(const std::string& routing_id, const TransportPublicKey& key) {
    if (const auto known = by_routing_id_.find(routing_id); known != by_routing_id_.end()) {
        if (by_number_.at(known->second).key == key) return known->second;
        forget(known->second);
    }
    if (const auto own = by_key_.find(key); own != by_key_.end() && own->second.size() >= per_key_max_)
        forget(own->second.front());
    if (by_number_.size() >= connections_max_) forget(by_number_.begin()->first);
    const std::uint64_t number = next_++;
    by_number_.emplace(number, Connection{routing_id, key});
    by_routing_id_.emplace(routing_id, number);
    by_key_[key].push_back(number);
    return number;
}

const Connections::Connection* Connections::find(std::uint64_t number) const {
    const auto at = by_number_.find(number);
    return at == by_number_.end() ? nullptr : &at->second;
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
