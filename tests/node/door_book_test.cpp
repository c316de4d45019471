// Shows who is cut at a door: whoever sends without ever ending a message, and of a crowd that proves nothing
// those who say least, of the address that has most.
#include "node/edge/door_book.h"

#include <catch2/catch.hpp>

using namespace xinwang;

namespace door_book_test {
namespace {

constexpr DoorLimits limits_of_test{1000, 100};

}  // namespace

TEST_CASE("bytes that make no message have an end, and each message begins anew") {
    DoorBook book(limits_of_test);
    book.accepted(5, "192.0.2.1");
    book.received(5, 100);
    REQUIRE(book.judge(10).empty());
    book.heard(5);
    book.received(5, 150);
    book.received(5, 1150);
    REQUIRE(book.judge(10).empty());
    book.received(5, 1151);
    const auto cuts = book.judge(10);
    REQUIRE(cuts.size() == 1);
    REQUIRE(cuts[0].descriptor == 5);
    REQUIRE(cuts[0].why == DoorBook::Why::endless);
    REQUIRE(cuts[0].bytes == 1001);
    REQUIRE(cuts[0].proven);
    REQUIRE_FALSE(book.holds(5));
}

TEST_CASE("before its first message a connection has less") {
    DoorBook book(limits_of_test);
    book.accepted(5, "192.0.2.1");
    book.received(5, 101);
    REQUIRE(book.judge(10).size() == 1);
}

TEST_CASE("of a crowd the silent of the fullest address go first, and the proven stay") {
    DoorBook book(limits_of_test);
    book.accepted(1, "192.0.2.9");
    for (int d = 10; d < 20; ++d) book.accepted(d, "192.0.2.1");
    book.heard(10);
    book.received(11, 64);  // has greeted
    const auto cuts = book.judge(4);
    REQUIRE(cuts.size() == 6);
    for (const auto& cut : cuts) {
        REQUIRE(cut.why == DoorBook::Why::crowd);
        REQUIRE(cut.address == "192.0.2.1");
        REQUIRE_FALSE(cut.proven);
    }
    REQUIRE(cuts[0].descriptor == 12);  // the oldest of the silent
    for (const int stays : {1, 10, 11}) REQUIRE(book.holds(stays));
}

TEST_CASE("a descriptor that comes again is another connection") {
    DoorBook book(limits_of_test);
    book.accepted(5, "192.0.2.1");
    book.heard(5);
    book.received(5, 500);
    book.closed(5);
    book.accepted(5, "192.0.2.2");
    book.received(5, 101);
    const auto cuts = book.judge(10);
    REQUIRE(cuts.size() == 1);
    REQUIRE_FALSE(cuts[0].proven);  // nobody is blamed for it
}

}  // namespace door_book_test
