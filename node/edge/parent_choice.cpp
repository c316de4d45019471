#include "node/edge/parent_choice.h"

namespace xinwang {

// Half as long again at most.
Duration ParentChoice::drawn(Duration least) {
    const auto half = static_cast<std::uint64_t>(least.count() / 2);
    return least + Duration(static_cast<std::int64_t>(random_() % (half + 1)));
}

bool ParentChoice::turn(Instant now, bool in_session) {
    if (parents_ < 2) return false;
    if (in_session != in_session_ || !armed_) {
        armed_ = true;
        in_session_ = in_session;
        until_ = now + drawn(in_session ? patience_.home_again : patience_.away);
        if (in_session) standby_ = home;
    }
    // A clock that was set back must not keep the node away from home for years.
    if (until_ - now > patience_.home_again * 2 + patience_.away * 2) until_ = now;
    if (now < until_) return false;
    if (in_session) {
        if (current_ == home) return false;
        standby_ = current_;
        const bool moves = go_to(now, home);
        until_ = now + drawn(patience_.trial);
        return moves;
    }
    const std::size_t next = current_ == home && standby_ != home ? standby_ : (current_ + 1) % parents_;
    standby_ = home;
    return go_to(now, next);
}

bool ParentChoice::sent_away(Instant now) {
    if (parents_ < 2) return false;
    const std::size_t next = standby_ != home ? standby_ : (current_ + 1) % parents_;
    standby_ = home;
    return go_to(now, next);
}

bool ParentChoice::go_to(Instant now, std::size_t parent) {
    current_ = parent;
    in_session_ = false;
    armed_ = true;
    until_ = now + drawn(patience_.away);
    return true;
}

}  // namespace xinwang
