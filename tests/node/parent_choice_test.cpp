// Which parent is tried when: its own, the standby ones in turn, and home again.
#include <catch2/catch.hpp>
#include <optional>
#include <set>

#include "node/edge/parent_choice.h"

using namespace xinwang;

namespace parent_choice_test {
namespace {

constexpr Instant start{1'000'000};
constexpr ParentChoice::Patience patience{Duration(1'000), Duration(10'000), Duration(500)};

// Turns every 100 ms until the choice moves; how long that took, or nothing within `most`.
std::optional<Duration> until_it_moves(ParentChoice& choice, Instant& now, bool in_session, Duration most) {
    const Instant begin = now;
    for (; now - begin <= most; now = now + Duration(100))
        if (choice.turn(now, in_session)) return now - begin;
    return std::nullopt;
}

}  // namespace

TEST_CASE("a node without standby parents never moves") {
    ParentChoice choice(1, patience, 1);
    Instant now = start;
    REQUIRE(!until_it_moves(choice, now, false, Duration(100'000)));
    REQUIRE(!choice.sent_away(now));
}

TEST_CASE("parents are tried in turn while none answers") {
    ParentChoice choice(3, patience, 2);
    Instant now = start;
    for (const std::size_t expected : {1u, 2u, 0u, 1u}) {
        const auto waited = until_it_moves(choice, now, false, Duration(10'000));
        REQUIRE(waited);
        REQUIRE(*waited <= Duration(1'600));
        REQUIRE(choice.current() == expected);
    }
}

TEST_CASE("home is tried again from a standby, which is taken up again when home is silent") {
    ParentChoice choice(3, patience, 3);
    Instant now = start;
    REQUIRE(until_it_moves(choice, now, false, Duration(10'000)));
    REQUIRE(choice.current() == 1);
    const auto served = until_it_moves(choice, now, true, Duration(100'000));
    REQUIRE(served);
    REQUIRE(*served >= Duration(10'000));
    REQUIRE(choice.current() == ParentChoice::home);
    const auto tried = until_it_moves(choice, now, false, Duration(10'000));
    REQUIRE(tried);
    REQUIRE(*tried <= Duration(900));
    REQUIRE(choice.current() == 1);
    // And stays home when home answers.
    REQUIRE(until_it_moves(choice, now, true, Duration(100'000)));
    REQUIRE(choice.current() == ParentChoice::home);
    REQUIRE(!until_it_moves(choice, now, true, Duration(1'000'000)));
}

TEST_CASE("who is sent away goes at once, and a clock set back by years delays nothing") {
    ParentChoice choice(2, patience, 4);
    Instant now = start;
    REQUIRE(!choice.turn(now, true));
    REQUIRE(choice.sent_away(now));
    REQUIRE(choice.current() == 1);
    now = Instant{start.ms - 315'360'000'000};
    REQUIRE(until_it_moves(choice, now, false, Duration(5'000)));
    REQUIRE(choice.current() == ParentChoice::home);
}

TEST_CASE("children of one parent do not move at once") {
    std::set<std::int64_t> waits;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        ParentChoice choice(2, patience, seed);
        Instant now = start;
        const auto waited = until_it_moves(choice, now, false, Duration(10'000));
        REQUIRE(waited);
        waits.insert(waited->count());
    }
    REQUIRE(waits.size() >= 4);
}

}  // namespace parent_choice_test
