// Shows that what a child merely names leaves nothing with its parent, that one which goes over its budget is
// cut and comes back, and that its sibling notices nothing.
#include <algorithm>

#include "protocol/checkpoint.h"
#include "tests/node/core_net.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace core_budgets_test {
namespace {

// The hill's session with its first village, whose keys somebody else has got.
struct Hijack {
    City city;
    CoreNet net{city};
    CoreNode& hill = net.at(city.hill);
    CoreNode& village = net.at(city.first);
    std::uint64_t hellos = 1'000'000;

    Hijack() {
        net.start_all();
        net.run(10);
        net.part(city.first);
        REQUIRE(hill.core->child_session(village.id) != nullptr);
    }
    void say(const Message& message) {
        const Bytes body = encode(message);
        hill.core->receive(net.now(),
                           {Side::child, CoreNet::number_of(village), village.keys.transport, body, {}});
    }
    void greet() {
        Hello hello;
        hello.node = village.id;
        hello.expected_parent = hill.id;
        hello.boot_nonce = 1;
        hello.hello_nonce = ++hellos;
        say(hello);
    }
    LogId log(const NodeId& origin) const {
        return {origin, *Incarnation::from(random_bytes(Incarnation::size)), Lane::trust, {}};
    }
    bool outside() const { return hill.core->outside(net.now(), village.id) != nullptr; }
};

}  // namespace

TEST_CASE("logs that a child names come to be nowhere") {
    Hijack h;
    const std::size_t logs = h.hill.core->logbook().all().size();
    for (int i = 0; i < 500; ++i) {
        h.say(Have{{{h.log(h.hill.id), 7, {}, 0}}});
        h.say(Have{{{h.log(h.village.id), 7, {}, 0}}});
        h.say(Held{h.log(h.hill.id), 7});
        h.say(Refused{h.log(h.hill.id), 3, Refusal(Code::bad_header)});
        const LogId log = h.log(h.village.id);
        h.say(HeadNote{log, sign_head(log, 5, Hash256{}, h.village.id, h.village.keys.sign)});
        h.say(Piece{h.log(h.village.id), 4, 0, 2, Bytes{1}, false});
        h.say(Piece{h.log(h.village.id), 4, 0, 2, Bytes{1}, false});
        if (h.hill.core->child_session(h.village.id) == nullptr) h.greet();
        h.say(HaveEnd{});
    }
    h.net.run(2);
    REQUIRE(h.hill.core->logbook().all().size() == logs);
    if (const Session* session = h.hill.core->child_session(h.village.id)) {
        REQUIRE(session->refused.empty());
        REQUIRE(session->early.size() <= limits::early_logs_max);
    }
}

TEST_CASE("a list without end is cut, and its sender stays outside for a while") {
    Hijack h;
    h.greet();
    REQUIRE_FALSE(h.hill.core->child_session(h.village.id)->resumed);
    for (std::size_t i = 0; i <= limits::named_logs_of_origin_max && !h.outside(); ++i) {
        REQUIRE(h.hill.core->child_session(h.village.id) != nullptr);
        h.say(Have{{{h.log(h.village.id), 1, {}, 0}}});
    }
    REQUIRE(h.outside());
    REQUIRE(h.hill.core->child_session(h.village.id) == nullptr);
    REQUIRE(h.hill.found(Code::names_too_many_logs));
    REQUIRE(h.hill.core->take_cut() == std::vector<ConnectionId>{CoreNet::number_of(h.village)});

    h.greet();
    REQUIRE(h.hill.core->child_session(h.village.id) == nullptr);
    h.net.run(61);
    h.greet();
    REQUIRE(h.hill.core->child_session(h.village.id) != nullptr);
}

TEST_CASE("a list of logs of elsewhere is passed over") {
    Hijack h;
    h.greet();
    NodeId nobody;
    nobody.bytes.fill(9);
    for (int i = 0; i < 1000; ++i) h.say(Have{{{h.log(nobody), 1, {}, 0}}});
    REQUIRE(h.hill.core->child_session(h.village.id)->named.empty());
    REQUIRE_FALSE(h.outside());
}

TEST_CASE("a list that does not end stalls, whatever is said meanwhile") {
    Hijack h;
    h.greet();
    for (int s = 0; s < 70; s += 10) {
        if (h.hill.core->child_session(h.village.id) == nullptr) break;
        h.say(Credit{static_cast<std::uint64_t>(100 + s)});
        h.net.run(10);
    }
    REQUIRE(h.hill.core->child_session(h.village.id) == nullptr);
    REQUIRE(h.hill.found(Code::session_stalled));
}

TEST_CASE("who speaks too often is cut, its sibling is not, and it comes back") {
    Hijack h;
    for (std::uint64_t i = 0; i <= limits::messages_at_once && !h.outside(); ++i) h.say(Ping{i});
    REQUIRE(h.outside());
    REQUIRE(h.hill.found(Code::speaks_too_often));
    REQUIRE(h.hill.core->child_session(h.net.at(h.city.second).id) != nullptr);
    // Nor do its findings push out those of others.
    REQUIRE(std::count_if(h.hill.core->findings().begin(), h.hill.core->findings().end(),
                          [&](const Finding& f) { return f.by == h.village.id; }) <=
            limits::findings_of_one_max);

    h.net.join(h.city.first);
    h.net.run(90);
    REQUIRE(h.hill.core->child_session(h.village.id) != nullptr);
    h.net.publish(h.city.first);
    h.net.run(5);
    REQUIRE(h.net.at(h.city.city).size(h.net.records(h.city.first)) > 0);
}

TEST_CASE("a clock that is days away is named") {
    Hijack h;
    h.say(Ping{static_cast<std::uint64_t>((h.net.now() + Duration(86'400'000)).ms)});
    h.say(Ping{7});  // somebody else's counter
    REQUIRE_FALSE(h.hill.found(Code::neighbour_clock));
    h.say(Ping{static_cast<std::uint64_t>((h.net.now() + 400 * Duration(86'400'000)).ms)});
    REQUIRE(h.hill.found(Code::neighbour_clock));
}

TEST_CASE("what an allowance gives comes back one by one, and a clock set back takes nothing") {
    Allowance a(3, Duration(10));
    REQUIRE(a.take(Instant{100}, 3));
    REQUIRE_FALSE(a.take(Instant{109}));
    REQUIRE(a.take(Instant{110}));
    REQUIRE_FALSE(a.take(Instant{50}));
    REQUIRE(a.take(Instant{60}));
    REQUIRE(a.taken(Instant{1000}) == 0);
}

TEST_CASE("a neighbour's share of the quarantine has an end, and its leaving frees it") {
    QuarantineBook book;
    NodeId one, other;
    one.bytes.fill(1);
    other.bytes.fill(2);
    LogId log;
    Seq seq = 0;
    while (book.add({log, seq}, 15, 900'000, one)) ++seq;
    REQUIRE(seq == 9);
    REQUIRE(book.share(one) <= limits::quarantine_share_bytes);
    REQUIRE(book.add({log, seq}, 15, 900'000, other));
    REQUIRE(book.remove({log, 0}) == 15);
    REQUIRE(book.add({log, 100}, 15, 900'000, one));
    REQUIRE(book.size() == 10);
}

}  // namespace core_budgets_test
