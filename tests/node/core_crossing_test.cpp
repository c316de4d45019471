// Moves that overlap: what one ancestor has ordered is known to all that another one's order concerns, and what
// lies at a former parent still arrives.
#include "storage/rows.h"
#include "tests/node/core_net.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace core_crossing_test {
namespace {

// Directories of these agree on where it is.
void require_place(CoreNet& net, const std::vector<const Node*>& by, const Node& node, std::string_view where,
                   const Node& parent) {
    for (const Node* n : by) {
        const Certificate* held = net.at(*n).core->roster().find(net.at(node).id);
        INFO(n->certificate.code.text());
        REQUIRE(held != nullptr);
        REQUIRE(held->parent == net.at(parent).id);
        REQUIRE(held->code == code(where));
    }
}

// A bit of the batch's first chunk. What a reader is told then.
std::optional<Refusal> spoil(CoreNode& n, const BatchName& name) {
    const auto place = examine_batch(n.store->snapshot(), name).place;
    REQUIRE(place.has_value());
    n.disk->tables[static_cast<std::size_t>(Table::batches)].at(batch_key(place->ordinal, 0)).back() ^= 1;
    return examine_batch(n.store->snapshot(), name).damage;
}

}  // namespace

TEST_CASE("a county that has not heard of the city's move is overruled, and told so") {
    const City city;
    CoreNet net(city);
    net.start_all();
    net.run(10);
    net.cut(city.east);
    REQUIRE(net.move(city.east, city.first, city.lake, "990102100001").has_value());
    net.run(20);
    REQUIRE(net.at(city.first).core->certificate().code == code("990102100001"));
    REQUIRE(net.move(city.city, city.first, city.lake, "990102100009").has_value());
    net.join(city.east);
    net.run(90);
    require_place(net, {&city.city, &city.east, &city.hill, &city.lake, &city.first, &city.west}, city.first,
                  "990102100009", city.lake);
    REQUIRE(net.at(city.east).found(Code::move_overruled));
    REQUIRE_FALSE(net.at(city.city).found(Code::move_overruled));
    REQUIRE(net.at(city.first).core->parent_session() != nullptr);
    // Both are known to everybody, and read back.
    for (const Node* n : {&city.city, &city.west, &city.first}) {
        net.stop(*n);
        net.start(*n);
        REQUIRE(net.at(*n).core->roster().moves(net.at(city.first).id).size() == 2);
    }
    net.run(30);
    require_place(net, {&city.city, &city.west, &city.first}, city.first, "990102100009", city.lake);
    net.publish(city.first);
    net.run(120);
    REQUIRE(net.at(city.first).core->confirmed_above(net.records(city.first)) == 1);
}

TEST_CASE("a township takes to another county a village that its own county had just given it") {
    const City city;
    CoreNet net(city);
    net.start_all();
    net.run(10);
    // The west has known the village, below its township of then.
    REQUIRE(net.move(city.city, city.hill, city.west, "990103001000").has_value());
    net.run(90);
    require_place(net, {&city.west}, city.first, "990103001001", city.hill);
    REQUIRE(net.move(city.city, city.hill, city.east, "990102001000").has_value());
    net.run(90);
    for (int i = 0; i < 3; ++i) net.publish(city.first);
    REQUIRE(net.move(city.east, city.first, city.lake, "990102100001").has_value());
    REQUIRE(net.move(city.city, city.lake, city.west, "990103100000").has_value());
    net.run(180);
    require_place(net, {&city.city, &city.west, &city.lake, &city.first}, city.first, "990103100001",
                  city.lake);
    net.publish(city.first);
    net.run(120);
    const LogId log = net.records(city.first);
    for (const Node* n : {&city.lake, &city.west, &city.city}) REQUIRE(net.at(*n).size(log) == 4);
    REQUIRE(net.at(city.first).core->confirmed_above(log) == 4);
}

TEST_CASE("what lies at a former parent goes on up, and comes to the new one from above") {
    const City city;
    CoreNet net(city);
    net.start_all();
    net.run(10);
    net.cut(city.hill);
    for (int i = 0; i < 3; ++i) net.publish(city.first);
    const LogId log = net.records(city.first);
    REQUIRE(net.at(city.hill).size(log) == 3);
    REQUIRE(net.at(city.east).size(log) == 0);
    // The village's machine is gone for good: its township alone has it.
    net.stop(city.first);
    REQUIRE(net.move(city.east, city.first, city.lake, "990102100001").has_value());
    net.run(5);
    net.join(city.hill);
    net.run(90);
    for (const Node* n : {&city.east, &city.city, &city.lake}) {
        INFO(n->certificate.code.text());
        REQUIRE(net.at(*n).size(log) == 3);
    }
}

TEST_CASE("a spoilt batch of a former county's trust log is fetched through those above") {
    const City city;
    CoreNet net(city);
    net.start_all();
    net.run(10);
    const BatchName name{net.trust(city.east), 0};
    REQUIRE(net.move(city.city, city.hill, city.west, "990103001000").has_value());
    net.run(90);
    CoreNode& hill = net.at(city.hill);
    REQUIRE(hill.size(name.log) > 0);
    REQUIRE(net.at(city.west).size(name.log) == 0);
    for (const Node* n : {&city.first, &city.second}) {  // they hold it too
        net.stop(*n);
        hill.core->child_connection_lost(CoreNet::number_of(net.at(*n)));
    }
    const auto damage = spoil(hill, name);
    REQUIRE(damage);
    hill.core->suspect(*damage);
    net.run(30);
    REQUIRE(hill.core->healed() == 1);
    REQUIRE(hill.core->healing().wounds().empty());
    REQUIRE_FALSE(examine_batch(hill.store->snapshot(), name).damage.has_value());
    // The county in between has handed it on, and keeps nothing of it.
    REQUIRE(net.at(city.west).batches_said[hill.id][name.log] == 1);
    REQUIRE(net.at(city.west).size(name.log) == 0);
    REQUIRE(net.at(city.west).core->quarantined() == 0);

    // Nobody is left who has it: said so, and it stays on the list.
    net.stop(city.east);
    REQUIRE(spoil(net.at(city.city), name));
    const auto again = spoil(hill, name);
    REQUIRE(again);
    hill.core->suspect(*again);
    net.run(30);
    REQUIRE(hill.core->healing().lists(name));
    REQUIRE(hill.core->healing().wounds().at(name).answer->code == Code::not_held);
    REQUIRE(hill.core->healed() == 1);
}

}  // namespace core_crossing_test
