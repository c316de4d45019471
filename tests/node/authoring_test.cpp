// Shows that entries wait durably in their order, are sealed by one job per log at a time, and are erased once,
// with the batch that took them in.
#include "node/core/authoring.h"

#include <catch2/catch.hpp>

using namespace xinwang;

namespace authoring_test {
namespace {

const OwnLog trust{Lane::trust, {}};
const OwnLog records{Lane::records, {}};

Bytes entry(int n) {
    return {static_cast<std::uint8_t>(n), static_cast<std::uint8_t>(n >> 8)};
}

using Entries = std::vector<Bytes>;

Entries entries(const std::vector<PendingEntry>& taken) {
    Entries all;
    for (const PendingEntry& e : taken) all.push_back(e.entry);
    return all;
}

}  // namespace

TEST_CASE("a pending entry comes back from its row, and a cut one is refused") {
    Authoring authoring;
    NodeId toward;
    toward.bytes.fill(5);
    authoring.add(trust, 0, entry(1));
    const Put put = authoring.add({Lane::rights, toward}, 0x8000, entry(2));
    REQUIRE(put.table == Table::pending);
    const auto back = decode_pending(put.key, put.value);
    REQUIRE(back);
    REQUIRE(back->number == 2);
    REQUIRE(back->log == OwnLog{Lane::rights, toward});
    REQUIRE(back->policy == 0x8000);
    REQUIRE(back->entry == entry(2));
    for (std::size_t size = 0; size < put.value.size(); ++size)
        REQUIRE(!decode_pending(put.key, View(put.value).first(size)));
    Bytes unknown_lane = put.value;
    unknown_lane[0] = 9;
    REQUIRE(decode_pending(put.key, unknown_lane).error().field == "pending.lane");
}

TEST_CASE("keys rise with the number, so the table's order is the order of arrival") {
    Authoring authoring;
    Bytes last;
    for (int i = 0; i < 600; ++i) {
        const Put put = authoring.add(trust, 0, entry(i));
        REQUIRE(last < put.key);
        last = put.key;
    }
    REQUIRE(authoring.waiting() == 600);
}

TEST_CASE("one job at a time for each log; another log does not wait for it") {
    Authoring authoring;
    authoring.add(trust, 0, entry(1));
    authoring.add(records, 1, entry(2));
    REQUIRE(authoring.ready() == std::vector<OwnLog>{trust, records});
    REQUIRE(entries(authoring.take(trust)) == Entries{entry(1)});
    REQUIRE(authoring.busy(trust));
    REQUIRE(!authoring.busy(records));
    authoring.add(trust, 0, entry(3));
    REQUIRE(authoring.take(trust).empty());
    REQUIRE(authoring.ready() == std::vector<OwnLog>{records});
    REQUIRE(authoring.finish(trust).size() == 1);
    REQUIRE(entries(authoring.take(trust)) == Entries{entry(3)});
}

TEST_CASE("a job takes the oldest entries of one policy, and a bounded number") {
    Authoring authoring;
    authoring.add(records, 1, entry(1));
    authoring.add(records, 1, entry(2));
    authoring.add(records, 3, entry(3));
    authoring.add(records, 1, entry(4));
    for (const Entries& expected : {Entries{entry(1), entry(2)}, Entries{entry(3)}, Entries{entry(4)}}) {
        REQUIRE(entries(authoring.take(records)) == expected);
        REQUIRE(authoring.finish(records).size() == expected.size());
    }
    REQUIRE(authoring.ready().empty());

    for (int i = 0; i < 5'000; ++i) authoring.add(records, 1, entry(i));
    const auto first = authoring.take(records);
    REQUIRE(first.size() < 5'000);
    REQUIRE(first.size() <= limits::batch_entries_max);
    authoring.finish(records);
    REQUIRE(authoring.take(records).front().entry == entry(static_cast<int>(first.size())));
}

TEST_CASE("what a job took is erased when its batch is written, and not before") {
    Authoring authoring;
    const Put first = authoring.add(trust, 0, entry(1)), second = authoring.add(trust, 0, entry(2));
    authoring.take(trust);
    REQUIRE(authoring.waiting() == 2);
    authoring.add(trust, 0, entry(3));
    const auto erased = authoring.finish(trust);
    REQUIRE(erased.size() == 2);
    REQUIRE(erased[0].key == first.key);
    REQUIRE(erased[1].key == second.key);
    REQUIRE(authoring.waiting() == 1);
}

TEST_CASE("after a restart the entries wait in their order and numbers are not given twice") {
    Authoring before, after;
    std::vector<Put> kept;
    for (int i = 0; i < 5; ++i) kept.push_back(before.add(trust, 0, entry(i)));
    for (const Put& put : kept) after.restore(*decode_pending(put.key, put.value));
    const Put next = after.add(trust, 0, entry(5));
    REQUIRE(kept.back().key < next.key);
    REQUIRE(entries(after.take(trust)) == Entries{entry(0), entry(1), entry(2), entry(3), entry(4), entry(5)});
}

TEST_CASE("a submission's step holds its log while its entries are sealed") {
    Authoring authoring;
    authoring.add(records, 1, entry(1));
    authoring.begin(records);
    REQUIRE(authoring.busy(records));
    REQUIRE(authoring.take(records).empty());
    REQUIRE(authoring.finish(records).empty());
    REQUIRE(entries(authoring.take(records)) == Entries{entry(1)});
}

}  // namespace authoring_test
