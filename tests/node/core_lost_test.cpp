// What a node has lost, or never had, of the logs from below it comes back from above.
#include "tests/node/core_net.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace core_lost_test {

TEST_CASE("what a node and its parent have lost together comes back from above") {
    const City city;
    CoreNet net(city);
    net.start_all();
    net.run(10);
    net.publish(city.first);
    const MemoryDisk hill = *net.at(city.hill).disk, first = *net.at(city.first).disk;
    const LogId log = net.records(city.first);
    for (int i = 0; i < 5; ++i) net.publish(city.first);
    net.run(5);
    REQUIRE(net.at(city.city).size(log) == 6);

    net.set_back(city.hill, hill);
    net.set_back(city.first, first);
    REQUIRE(net.at(city.hill).size(log) < 6);
    net.run(30);

    REQUIRE(net.at(city.hill).size(log) == 6);
    REQUIRE(net.at(city.first).size(log) == 6);
    REQUIRE(net.at(city.first).core->logbook().find(log)->last ==
            net.at(city.city).core->logbook().find(log)->last);
    // And it goes on: the restored village seals again, in its new life.
    net.publish(city.first);
    net.run(5);
    REQUIRE(net.at(city.city).size(net.records(city.first)) == 1);
}

TEST_CASE("two sessions bring a node the same log, and neither stalls") {
    const City city;
    CoreNet net(city);
    net.start_all();
    net.run(10);
    const MemoryDisk hill = *net.at(city.hill).disk;
    const LogId log = net.records(city.first);
    for (int i = 0; i < 8; ++i) net.publish(city.first);
    net.run(5);
    REQUIRE(net.at(city.east).size(log) == 8);

    net.set_back(city.hill, hill);
    net.at(city.first).batches_said.clear();
    net.run(90);

    REQUIRE(net.at(city.hill).size(log) == 8);
    for (const Node* n : {&city.hill, &city.first, &city.east}) {
        REQUIRE_FALSE(net.at(*n).found(Code::session_stalled));
        REQUIRE_FALSE(net.at(*n).found(Code::not_your_log));
        REQUIRE(net.at(*n).core->quarantined() == 0);
    }
    // Both have brought some of it: the case is the one meant.
    REQUIRE(net.at(city.first).batches_said[net.at(city.hill).id][log] > 0);
    REQUIRE(net.at(city.east).batches_said[net.at(city.hill).id][log] > 0);
}

TEST_CASE("nobody hands a node its own present log, nor a log that is none of its business") {
    const City city;
    CoreNet net(city);
    net.start_all();
    net.run(10);
    net.publish(city.third);
    net.publish(city.lake);
    net.run(5);
    const NodeId hill = net.at(city.hill).id, lake = net.at(city.lake).id;
    auto& said = net.at(city.east).batches_said;
    REQUIRE(net.at(city.east).size(net.records(city.third)) == 1);
    REQUIRE(said[hill][net.records(city.third)] == 0);
    REQUIRE(said[lake][net.records(city.third)] == 0);
    REQUIRE(said[lake][net.records(city.lake)] == 0);
    REQUIRE(net.at(city.hill).size(net.records(city.third)) == 0);
}

}  // namespace core_lost_test
