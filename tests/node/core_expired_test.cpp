// An expired batch on its way: what is left of it is taken upward by a receipt alone, and by nobody's mere
// word.
#include "protocol/expiry.h"
#include "tests/node/core_net.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace core_expired_test {
namespace {

// As the retention walk would propose it.
DueBatch due(CoreNode& n, const LogId& log, Seq seq) {
    const Snapshot kept = n.store->snapshot();
    const auto batch = kept.batch(log, seq);
    REQUIRE(batch);
    return {{log, seq},
            batch->id,
            batch->ordinal,
            static_cast<std::uint16_t>(batch->pieces.size()),
            0,
            1,
            {{"licence/1", 1, 20260131}}};
}

std::optional<Bytes> stub(CoreNode& n, const LogId& log, Seq seq) {
    const Snapshot kept = n.store->snapshot();
    return *kept.stub((*kept.position(log, seq))->ordinal);
}

}  // namespace

TEST_CASE("a city that lost an expired batch takes what is left of it by its own receipt") {
    const City city;
    CoreNet net(city);
    net.start_all();
    net.run(10);
    const MemoryDisk before = *net.at(city.city).disk;
    const LogId log = net.records(city.first);
    for (int i = 0; i < 3; ++i) net.publish(city.first);
    net.run(5);
    CoreNode& east = net.at(city.east);
    for (const Node* n : {&city.first, &city.hill, &city.east})
        REQUIRE(net.at(*n).core->prune(net.now(), {due(net.at(*n), log, 0)}) == 1);
    net.run(1);
    REQUIRE(stub(east, log, 0));

    net.set_back(city.city, before);
    REQUIRE(net.at(city.city).size(log) == 0);
    net.run(90);
    REQUIRE(net.at(city.city).size(log) == 3);
    REQUIRE(stub(net.at(city.city), log, 0) == stub(east, log, 0));
    REQUIRE_FALSE(stub(net.at(city.city), log, 1));
    REQUIRE(net.at(city.city).core->expired() == 1);
    // A receipt that counts again is the better proof.
    net.run(60);
    REQUIRE(east.core->logbook().find(log)->proofs.empty());
}

TEST_CASE("what is said to have expired is not taken from below without a receipt of one's own or from above") {
    const City city;
    CoreNet net(city);
    net.start_all();
    net.run(10);
    const LogId log = net.records(city.first);
    net.part(city.east);
    net.publish(city.first);
    net.run(5);
    CoreNode &east = net.at(city.east), &above = net.at(city.city);
    REQUIRE(east.size(log) == 1);
    REQUIRE(above.size(log) == 0);

    // The county keeps back what it holds, and calls it expired: all it can sign are its own words.
    const Snapshot kept = east.store->snapshot();
    const auto batch = kept.batch(log, 0);
    const std::string statement =
        sign_expiry({log, 0, batch->id, 1, {{"licence/1", 1, 20260131}}}, east.id, east.keys.sign);
    const Head head{log, 1, east.core->logbook().find(log)->tree.root()};
    const std::string receipt = cosign(checkpoint_text(head), 1, east.id, east.keys.sign);
    const Bytes left[] = {batch->header, to_bytes(view(statement)), to_bytes(view(receipt))};
    const auto count = static_cast<std::uint16_t>(GENERATE(2, 3));
    for (std::uint16_t index = 0; index < count; ++index)
        above.inbox.push_back([&, index, count](Core& core) {
            core.receive(net.now(), {Side::child, CoreNet::number_of(east), east.keys.transport,
                                     encode_piece(log, 0, index, count, left[index], true), std::nullopt});
        });
    net.run(3);
    REQUIRE(above.found(Code::expiry_unproven));
    REQUIRE(above.size(log) == 0);
}

}  // namespace core_expired_test
