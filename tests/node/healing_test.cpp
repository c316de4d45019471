// Shows the life of a damaged batch on its list: asked for in small numbers, given up to patience, taken off
// when sound; and that the scrub keeps its pace and its place.
#include "node/core/healing.h"

#include <catch2/catch.hpp>

#include "node/core/scrub.h"

using namespace xinwang;

namespace healing_test {
namespace {

constexpr Instant start{1'795'600'000'000};

BatchName name_of(std::uint8_t log, Seq seq) {
    BatchName name;
    name.log.origin.bytes.fill(log);
    name.log.lane = Lane::records;
    name.seq = seq;
    return name;
}

const Refusal damage(Code::store_corrupt, "batches", "00000000000000010001", "hash");

NodeId peer() {
    NodeId node;
    node.bytes.fill(8);
    return node;
}

}  // namespace

TEST_CASE("a damaged batch is listed once, asked for, and leaves the list when it is sound") {
    Healing healing({});
    const auto row = healing.damaged(start, name_of(1, 3), damage, BatchPlace{});
    REQUIRE(row);
    CHECK(row->table == Table::quarantine);
    CHECK(!healing.damaged(start, name_of(1, 3), damage, BatchPlace{}));
    healing.asked(start, name_of(1, 3), 5, peer());
    CHECK(healing.awaits(5, name_of(1, 3)));
    CHECK(!healing.awaits(6, name_of(1, 3)));
    CHECK(!healing.awaits(5, name_of(1, 4)));
    healing.mending(name_of(1, 3));
    CHECK(healing.in_mending(name_of(1, 3)) != nullptr);
    const auto gone = healing.sound(name_of(1, 3));
    REQUIRE(gone);
    CHECK(gone->key == row->key);
    CHECK(!healing.sound(name_of(1, 3)));
    CHECK(healing.wounds().empty());
    // A restart finds it as it was kept.
    Healing again({});
    CHECK(*again.restore(row->key, row->value));
    REQUIRE(again.lists(name_of(1, 3)));
    CHECK(again.wounds().begin()->second.since == start);
    CHECK(again.take_due(start) == name_of(1, 3));
}

TEST_CASE("tries wait longer each time, up to a bound, and a neighbour who is back is asked at once") {
    Healing healing({Duration(1'000), Duration(8'000), Duration(60'000)});
    const BatchName name = name_of(1, 0);
    (void)healing.damaged(start, name, damage, BatchPlace{});
    std::vector<std::int64_t> waits;
    for (int i = 0; i < 6; ++i) {
        healing.failed(start, name, std::nullopt);
        waits.push_back((healing.wounds().at(name).next - start).count());
    }
    CHECK(waits == std::vector<std::int64_t>{1'000, 2'000, 4'000, 8'000, 8'000, 8'000});
    CHECK(!healing.take_due(start));
    healing.session_began(start);
    CHECK(healing.take_due(start) == name);
    CHECK(!healing.take_due(start));  // being examined
}

TEST_CASE("silence is an answer in the end, and a lost session at once") {
    Healing healing({Duration(1'000), Duration(8'000), Duration(60'000)});
    const BatchName name = name_of(1, 0);
    (void)healing.damaged(start, name, damage, BatchPlace{});
    healing.asked(start, name, 5, peer());
    CHECK(!healing.take_due(start + Duration(59'999)));
    CHECK(healing.awaits(5, name));
    (void)healing.take_due(start + Duration(60'000));
    CHECK(!healing.awaits(5, name));
    CHECK(healing.take_due(start + Duration(61'000)) == name);
    (void)healing.damaged(start, name, damage, BatchPlace{});
    healing.asked(start, name, 7, peer());
    healing.session_lost(start, 7);
    CHECK(!healing.awaits(7, name));
}

TEST_CASE("few are under way at a time, and fewer with one neighbour") {
    Healing healing({});
    for (Seq seq = 0; seq < 20; ++seq) (void)healing.damaged(start, name_of(1, seq), damage, BatchPlace{});
    for (std::size_t i = 0; i < Healing::asked_of_one_max; ++i) {
        const auto due = healing.take_due(start);
        REQUIRE(due);
        (void)healing.damaged(start, *due, damage, BatchPlace{});
        CHECK(healing.may_ask(5));
        healing.asked(start, *due, 5, peer());
    }
    CHECK(!healing.may_ask(5));
    CHECK(healing.may_ask(6));
    std::size_t more = 0;
    while (healing.take_due(start)) ++more;
    CHECK(more == Healing::under_way_max - Healing::asked_of_one_max);
}

TEST_CASE("damage of no batch stays listed until a whole pass has not met it") {
    Healing healing({});
    const DamagePlace place{Table::certificates, {1, 2, 3}};
    const Refusal refusal(Code::store_corrupt, "certificates", "010203", "hash");
    const auto row = healing.lost(start, place, refusal, 1);
    REQUIRE(row);
    CHECK(!healing.lost(start, place, refusal, 2));
    CHECK(healing.pass_ended(2).empty());
    Healing again({});
    CHECK(*again.restore(row->key, row->value));
    CHECK(again.losses().contains(place));
    const auto gone = healing.pass_ended(3);
    REQUIRE(gone.size() == 1);
    CHECK(gone.front().key == row->key);
    CHECK(healing.losses().empty());
    CHECK(!*again.restore(Bytes(57), row->value));
}

TEST_CASE("the scrub keeps its rate, rests until the next pass is due, and goes on after a restart") {
    Scrub scrub(1'000'000, Duration(3'600'000));
    const auto first = scrub.next(start);
    REQUIRE(first);
    CHECK(first->bytes == 500'000);
    CHECK(!scrub.next(start));  // one step at a time
    CHECK(!scrub.stepped(start, {StoreWalk({5, {0, 1}}), 500'000, false, {}, {}}));
    CHECK(!scrub.next(start + Duration(499)));
    REQUIRE(scrub.next(start + Duration(500)));
    const Instant later = start + Duration(61'000);
    const auto row = scrub.stepped(later, {StoreWalk({5, {0, 2}}), 500'000, false, {}, {}});
    REQUIRE(row);
    Scrub again(1'000'000, Duration(3'600'000));
    REQUIRE(again.restore(row->value));
    CHECK(again.started() == start);
    const auto step = again.next(later);
    REQUIRE(step);
    CHECK(step->walk.place() == StoreWalk::Place{5, {0, 2}});
    REQUIRE(again.stepped(later, {StoreWalk(), 10, true, {}, {}}));
    CHECK(again.finished() == later);
    CHECK(!again.next(start + Duration(3'599'999)));
    CHECK(again.next(start + Duration(3'600'000)));
    CHECK(!Scrub(0, Duration(1)).next(start));
}

}  // namespace healing_test
