#include "node/core/peer_budget.h"

namespace xinwang {

void Allowance::come_back(Instant now) {
    if (!since_) return;
    if (now < *since_) since_ = now;
    const auto back = static_cast<std::uint64_t>((now - *since_) / every_);
    if (back >= most_ - left_) {
        left_ = most_;
        since_.reset();
        return;
    }
    left_ += back;
    since_ = *since_ + every_ * static_cast<std::int64_t>(back);
}

bool Allowance::take(Instant now, std::uint64_t count) {
    come_back(now);
    if (count > left_) return false;
    left_ -= count;
    if (count > 0 && !since_) since_ = now;
    return true;
}

std::uint64_t Allowance::taken(Instant now) {
    come_back(now);
    return most_ - left_;
}

void PeerBudget::put_outside(Instant now, const Refusal& why) {
    const bool again = cut && now - cut->until < limits::cut_forgotten;
    const int times = again ? cut->times + 1 : 1;
    constexpr int doublings_max = 6;
    const Duration outside =
        std::min(limits::cut_first * (1 << std::min(times - 1, doublings_max)), limits::cut_most);
    cut = Cut{now, now + outside, why, times};
}

std::uint64_t message_cost(const Message& message) {
    if (std::holds_alternative<Piece>(message)) return 0;
    if (std::holds_alternative<Want>(message)) return limits::want_messages;
    if (const auto* have = std::get_if<Have>(&message))
        return 1 + have->holdings.size() / limits::holdings_a_message;
    return 1;
}

}  // namespace xinwang
