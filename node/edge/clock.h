// The process's clock: the one place that reads it.
#pragma once

#include "protocol/base/time.h"

namespace xinwang {

inline Instant wall_now() {
    using namespace std::chrono;
    return {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

}  // namespace xinwang
