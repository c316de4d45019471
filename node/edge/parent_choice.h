// Which of its parents a node tries: its own first, then the standby ones in their order, and home again.
//
// Pure; one owner. A standby parent is an ancestor further up that takes the node's logs directly while its
// parent is away; nothing is lost and nothing forks, because a log is its origin's and each of its holders says
// how far it has it. Waits are drawn with jitter, so that the children of one parent neither leave nor come
// back at once.
#pragma once

#include <cstdint>
#include <random>

#include "protocol/base/time.h"

namespace xinwang {

class ParentChoice {
  public:
    struct Patience {
        Duration away{60'000};         // without a session for so long: the next parent is tried
        Duration home_again{600'000};  // with a standby parent: so often home is tried
        Duration trial{20'000};        // and for so long, before the standby is taken up again
    };
    static constexpr std::size_t home = 0;

    ParentChoice(std::size_t parents, Patience patience, std::uint64_t seed)
        : parents_(parents), patience_(patience), random_(seed) {}

    std::size_t current() const { return current_; }
    // Once a turn. True when the caller should now connect to current().
    bool turn(Instant now, bool in_session);
    // The present parent serves nobody for a while. True as for turn().
    bool sent_away(Instant now);
    // Home is somewhere else, and is tried at once.
    void go_home(Instant now) { go_to(now, home); }

  private:
    bool go_to(Instant now, std::size_t parent);
    Duration drawn(Duration least);

    const std::size_t parents_;
    const Patience patience_;
    std::mt19937_64 random_;
    std::size_t current_ = home;
    std::size_t standby_ = home;  // taken up again when a trial of home fails; home: no trial is under way
    bool in_session_ = false;
    Instant until_;  // without a session: when the next one is tried; with a standby: when home is
    bool armed_ = false;
};

}  // namespace xinwang
