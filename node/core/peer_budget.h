// The budget of one neighbour: what it may say, begin and get wrong in how much time, and how long it stays
// outside when it goes over (WIRE.md section 7.7; the numbers: peer_limits.h). Pure; time is an argument, and a
// clock that was set back gives nothing back and takes nothing.
//
// *Rationale*: the budget belongs to the neighbour and not to its session, or whoever greets anew would begin
// anew. The budget lives in memory: a restart forgives.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

#include "node/core/peer_limits.h"
#include "protocol/base/refusal.h"
#include "protocol/messages.h"

namespace xinwang {

// An allowance of `most` at once; one that was taken comes back per `every`.
class Allowance {
  public:
    constexpr Allowance(std::uint64_t most, Duration every) : most_(most), every_(every), left_(most) {}
    // False when it is used up; then nothing is taken.
    bool take(Instant now, std::uint64_t count = 1);
    // How many were taken and have not come back by `now`.
    std::uint64_t taken(Instant now);

  private:
    void come_back(Instant now);
    std::uint64_t most_;
    Duration every_;
    std::uint64_t left_;
    std::optional<Instant> since_;  // none: whole
};

struct PeerBudget {
    Allowance messages{limits::messages_at_once, limits::message_returns};
    Allowance greetings{limits::greetings_at_once, limits::greeting_returns};
    Allowance refused{limits::refused_at_once, limits::refused_returns};
    std::optional<Allowance> renewals;  // by the terms of this node

    // The neighbour went over: outside until `until`.
    struct Cut {
        Instant since, until;
        Refusal why;
        int times = 1;
    };
    std::optional<Cut> cut;
    void put_outside(Instant now, const Refusal& why);
    bool is_outside(Instant now) const { return cut && now < cut->until; }
};

// The cost of a message; 0 for a piece, which the credit bounds.
std::uint64_t message_cost(const Message& message);

}  // namespace xinwang
