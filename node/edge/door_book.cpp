#include "node/edge/door_book.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace xinwang {

void DoorBook::accepted(int descriptor, std::string address) {
    Connection connection;
    connection.address = std::move(address);
    connection.order = next_++;
    connections_.insert_or_assign(descriptor, std::move(connection));
}

void DoorBook::closed(int descriptor) {
    connections_.erase(descriptor);
}

void DoorBook::heard(int descriptor) {
    const auto it = connections_.find(descriptor);
    if (it == connections_.end()) return;
    it->second.proven = it->second.heard_since = true;
}

void DoorBook::received(int descriptor, std::uint64_t bytes) {
    const auto it = connections_.find(descriptor);
    if (it == connections_.end()) return;
    it->second.bytes = bytes;
    if (std::exchange(it->second.heard_since, false)) it->second.base = bytes;
}

std::vector<DoorBook::Cut> DoorBook::judge(std::size_t unproven_max) {
    std::vector<Cut> cuts;
    take_endless(cuts);
    take_crowd(cuts, unproven_max);
    for (const Cut& cut : cuts) connections_.erase(cut.descriptor);
    return cuts;
}

void DoorBook::take_endless(std::vector<Cut>& into) {
    for (const auto& [descriptor, c] : connections_) {
        const std::size_t most = c.proven ? limits_.proven_bytes : limits_.unproven_bytes;
        if (c.bytes - c.base > most)
            into.push_back({descriptor, c.address, Why::endless, c.proven, c.bytes - c.base, most});
    }
}

void DoorBook::take_crowd(std::vector<Cut>& into, std::size_t unproven_max) {
    std::map<std::string, std::vector<int>> crowd;  // by address
    std::size_t unproven = 0;
    for (const auto& [descriptor, c] : connections_) {
        if (c.proven) continue;
        crowd[c.address].push_back(descriptor);
        ++unproven;
    }
    if (unproven <= unproven_max) return;
    const auto rank = [this](int descriptor) {
        const Connection& c = connections_.at(descriptor);
        return std::tuple(c.bytes, c.order);
    };
    // Whoever is to go first stands last.
    for (auto& [address, those] : crowd)
        std::sort(those.begin(), those.end(), [&](int a, int b) { return rank(a) > rank(b); });
    for (; unproven > unproven_max; --unproven) {
        auto& [address, those] =
            *std::max_element(crowd.begin(), crowd.end(),
                              [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
        const Connection& c = connections_.at(those.back());
        into.push_back({those.back(), address, Why::crowd, false, c.bytes, 0});
        those.pop_back();
    }
}

}  // namespace xinwang
