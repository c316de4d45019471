// The parent that a node tries: its own first, then the standby parents in their order, then its own ("home")
// again.
//
// Pure; one owner. A standby parent is an ancestor further up that takes the node's logs directly while its
// parent is away; nothing is lost and nothing forks, because only its origin writes a log, and each holder
// says how far it has the log. Waits are drawn with jitter, so that the children of one parent neither leave
// nor come back at once.
#pragma once

#include <cstdint>
#include <random>

#include "protocol/base/time.h"

namespace xinwang {

class ParentChoice {
  public:
    struct Patience {
        Duration away{60'000};         // time without a session after which the next parent is tried
        Duration home_again{600'000};  // how often home is tried while a standby serves
        Duration trial{20'000};        // how long each such trial lasts before the standby is taken up again
    };
    static constexpr std::size_t home = 0;

    ParentChoice(std::size_t parents, Patience patience, std::uint64_t seed)
        : parents_(parents), patience_(patience), random_(seed) {}

    std::size_t current() const { return current_; }
    // Takes one turn's news. True when the caller should now connect to current().
    bool turn(Instant now, bool in_session);
    // Notes that the present parent serves nobody for a while. True as for turn().
    bool sent_away(Instant now);
    // Notes that home is somewhere else now; it is tried at once.
    void go_home(Instant now) { go_to(now, home); }

  private:
    bool go_to(Instant now, std::size_t parent);
    Duration drawn(Duration least);

    const std::size_t parents_;
    const Patience patience_;
    std::mt19937_64 random_;
    std::size_t current_ = home;
    std::size_t standby_ = home;  // returned to when a trial of home fails; home: no trial is under way
    bool in_session_ = false;
    Instant until_;  // the time to try the next parent (no session) or home (with a standby)
    bool armed_ = false;
};

}  // namespace xinwang
