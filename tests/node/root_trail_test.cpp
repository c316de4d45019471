// Shows that the trail tells the root that a log had at each of its last sizes, and nothing of what lies
// further back or ahead.
#include "node/core/root_trail.h"

#include <catch2/catch.hpp>

using namespace xinwang;

namespace root_trail_test {

TEST_CASE("the trail knows the last roots and no others") {
    RootTrail trail;
    REQUIRE_FALSE(trail.at(0));
    REQUIRE_FALSE(trail.at(1));
    Frontier tree;
    std::vector<Hash256> roots{tree.root()};
    const auto grow = [&] {
        BatchId id;
        id.bytes[0] = static_cast<std::uint8_t>(roots.size());
        id.bytes[1] = static_cast<std::uint8_t>(roots.size() >> 8);
        tree.append(id);
        trail.grew(tree);
        roots.push_back(tree.root());
    };
    for (std::size_t size = 1; size <= limits::checkpoint_age_max + 5; ++size) grow();
    const std::uint64_t newest = trail.size();
    REQUIRE(newest == limits::checkpoint_age_max + 5);
    for (std::uint64_t size = 0; size <= newest + 1; ++size) {
        const auto held = trail.at(size);
        REQUIRE(held.has_value() == (size > 5 && size <= newest));
        if (held) REQUIRE(*held == roots[size]);
    }
    // A damaged stretch of the past: only what comes behind it is known.
    trail.lost(newest);
    REQUIRE_FALSE(trail.at(newest));
    REQUIRE(trail.size() == newest);
    grow();
    REQUIRE(*trail.at(newest + 1) == roots[newest + 1]);
    REQUIRE_FALSE(trail.at(newest));
}

}  // namespace root_trail_test
