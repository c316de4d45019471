// The clock of the process: no other file reads the time.
#pragma once

#include <chrono>
#include <optional>

#include "protocol/base/time.h"

namespace xinwang {

inline Instant wall_now() {
    using namespace std::chrono;
    return {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

// Notices that the machine's clock was set: by years, when a dead battery meets a time server. An action that
// was due at a time of the old clock would come too late, or never.
class ClockWatch {
  public:
    // True when the two clocks differ by more than a minute in the time that has passed since the last call.
    bool was_set(Instant wall) {
        const auto steady =
            std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
        const Duration drift = Duration(wall.ms) - steady;
        const bool set = last_ && std::chrono::abs(drift - *last_) > Duration(60'000);
        last_ = drift;
        return set;
    }

  private:
    std::optional<Duration> last_;
};

}  // namespace xinwang
