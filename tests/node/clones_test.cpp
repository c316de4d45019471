// Shows that two machines of one node are proven only by signs of life of both after the question, and that
// what is said of a frozen node reads back as it was, and is refused when it is not whole.
#include "node/core/clones.h"

#include <catch2/catch.hpp>

#include "protocol/base/bytes.h"

using namespace xinwang;

namespace clones_test {
namespace {

const NodeId peer = *NodeId::parse_hex("00112233445566778899aabbccddeeff");

}  // namespace

TEST_CASE("a process that was started anew is no clone") {
    CloneWatch watch;
    const auto nonce = watch.ask(peer, 1, 2, 77);
    CHECK_FALSE(watch.answered(2, nonce).two);
    CHECK(watch.answered(2, nonce).known);
    CHECK_FALSE(watch.answered(2, nonce).two);  // the same one again is one
    CHECK_FALSE(watch.answered(3, nonce).two);  // nobody's connection
}

TEST_CASE("two answers to one question are two machines, told once") {
    CloneWatch watch;
    const auto nonce = watch.ask(peer, 1, 2, 77);
    CHECK_FALSE(watch.answered(1, nonce).two);
    CHECK(watch.answered(2, nonce).two == peer);
    CHECK_FALSE(watch.answered(2, nonce).known);
}

TEST_CASE("answers to different questions never add up") {
    CloneWatch watch;
    const auto first = watch.ask(peer, 1, 2, 77);
    CHECK_FALSE(watch.answered(1, first).two);
    const auto second = watch.ask(peer, 2, 3, 77);
    CHECK(first != second);
    CHECK_FALSE(watch.answered(2, first).known);
    CHECK_FALSE(watch.answered(3, second).two);
    CHECK_FALSE(watch.answered(4, second).two);
}

TEST_CASE("evidence reads back as it was written") {
    Freeze freeze;
    freeze.node = peer;
    freeze.by = *NodeId::parse_hex("ff112233445566778899aabbccddeeff");
    freeze.what = Freeze::What::two_histories;
    freeze.at = {1'795'500'000'000};
    freeze.log = {peer, {}, Lane::records, {}};
    freeze.first = Bytes{1, 2, 3};
    freeze.second = Bytes{4};
    const Bytes body = encode(freeze);
    REQUIRE(parse_freeze(body));
    CHECK(*parse_freeze(body) == freeze);
    for (std::size_t size = 0; size < body.size(); ++size) CHECK_FALSE(parse_freeze(View(body).first(size)));
    Bytes longer = body;
    longer.push_back(0);
    CHECK(parse_freeze(longer).error().code == Code::trailing_bytes);
    Bytes other = body;
    other[1] = 4;
    CHECK(parse_freeze(other).error().code == Code::bad_number);
    freeze.first = Bytes(freeze_proof_bytes_max + 1);
    CHECK(parse_freeze(encode(freeze)).error().code == Code::too_large);
}

}  // namespace clones_test
