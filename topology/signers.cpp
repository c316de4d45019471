#include "topology/signers.h"

#include <algorithm>

namespace xinwang {

void Signers::add(const RenewalRequest& rekey) {
    auto& periods = of_[rekey.node];
    if (periods.empty()) periods.push_back({rekey.in_force, {}});
    if (periods.back().key != rekey.in_force) return;
    Period next{rekey.sign_key, {}};
    for (const LogSize& l : rekey.logs) next.from[l.log] = l.size;
    periods.push_back(std::move(next));
}

bool Signers::knows(const NodeId& node, const SignPublicKey& key) const {
    const auto it = of_.find(node);
    return it != of_.end() && std::any_of(it->second.begin(), it->second.end(),
                                          [&](const Period& period) { return period.key == key; });
}

std::vector<SignPublicKey> Signers::keys(const NodeId& node, const SignPublicKey& present) const {
    std::vector<SignPublicKey> keys;
    if (const auto it = of_.find(node); it != of_.end())
        for (const Period& period : it->second) keys.push_back(period.key);
    if (keys.empty() || keys.back() != present) keys.push_back(present);
    return keys;
}

std::optional<std::size_t> Signers::rank(const LogId& log, Seq seq, const SignPublicKey& key,
                                         const SignPublicKey& present) const {
    const auto it = of_.find(log.origin);
    const std::size_t known = it == of_.end() ? 0 : it->second.size();
    // A move may name a key for present that its node has left meanwhile: that has its place among the others.
    if (key == present && !knows(log.origin, present)) return known;
    if (known == 0) return std::nullopt;
    for (std::size_t rank = it->second.size(); rank-- > 0;) {
        const Period& period = it->second[rank];
        if (period.key != key) continue;
        const auto from = period.from.find(log);
        if (from == period.from.end() || from->second <= seq) return rank;
    }
    return std::nullopt;
}

}  // namespace xinwang
