// Shows that a clock that was set is noticed once, however far, and that time passing is not.
#include "node/edge/clock.h"

#include <catch2/catch.hpp>

using namespace xinwang;

namespace clock_test {

TEST_CASE("a clock that was set by years is noticed once") {
    constexpr Duration ten_years{3'652 * 86'400'000ll};
    ClockWatch watch;
    CHECK_FALSE(watch.was_set(wall_now()));
    CHECK_FALSE(watch.was_set(wall_now()));
    CHECK_FALSE(watch.was_set(wall_now() + Duration(30'000)));  // a time server's small correction
    CHECK(watch.was_set(wall_now() + ten_years));
    CHECK_FALSE(watch.was_set(wall_now() + ten_years));
    CHECK(watch.was_set(wall_now()));
    CHECK(watch.was_set(Instant{0}));
}

}  // namespace clock_test
