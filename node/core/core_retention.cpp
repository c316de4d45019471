// Core, retention: what may go goes with a signed statement in its place. WIRE.md section 8.7.
#include "node/core/core.h"

namespace xinwang {

std::map<LogId, Seq> Core::confirmed_logs() const {
    std::map<LogId, Seq> confirmed;
    for (const auto& [id, log] : logbook_.all())
        if (id.lane != Lane::trust && logbook_.way(id, roster_) == Way::up) confirmed[id] = confirmed_above(id);
    // At the city its own logs go down; what it took in itself nobody above confirms.
    if (is_city())
        for (const auto& [id, log] : logbook_.all())
            if (id.lane != Lane::trust && id.toward.is_zero()) confirmed[id] = log.size;
    return confirmed;
}

std::size_t Core::prune(Instant now, const std::vector<DueBatch>& due) {
    const std::map<LogId, Seq> confirmed = confirmed_logs();
    std::size_t gone = 0;
    for (const DueBatch& batch : due) {
        const auto it = confirmed.find(batch.name.log);
        if (it == confirmed.end() || batch.name.seq >= it->second || healing_.lists(batch.name)) continue;
        const ExpiryStatement statement{batch.name.log, batch.name.seq, batch.id, now.ms / 1000, batch.reasons};
        const std::string note = sign_expiry(statement, identity_.node, identity_.sign_key);
        writes_.emplace_back(PruneBatch{batch.ordinal, batch.pieces, to_bytes(view(note))});
        writes_.emplace_back(Put{Table::quarantine, expired_key(batch.name), to_bytes(view(note))});
        ++gone;
    }
    expired_ += gone;
    return gone;
}

}  // namespace xinwang
