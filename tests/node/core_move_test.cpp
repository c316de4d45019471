// Moves: a node goes on below another parent, and nothing is sent again that those above hold.
#include "tests/node/core_net.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace core_move_test {
namespace {

// No node has found anything but these, and that nobody has published the records' catalogue.
void require_quiet(CoreNet& net, const City& city, const std::set<Code>& allowed) {
    for (const Node* n : city.all()) {
        if (!net.at(*n).core) continue;
        REQUIRE(net.at(*n).core->quarantined() == 0);
        for (const Finding& f : net.at(*n).core->findings()) {
            INFO(n->certificate.code.text() << " " << f.refusal.line(Language::english));
            REQUIRE((allowed.contains(f.refusal.code) || f.refusal.code == Code::catalogue_unknown));
        }
    }
}

}  // namespace

TEST_CASE("a village moves to another township, which takes its logs from above") {
    const City city;
    CoreNet net(city);
    net.start_all();
    net.run(10);
    for (int i = 0; i < 6; ++i) net.publish(city.first);
    net.run(5);
    const LogId log = net.records(city.first);
    const NodeId hill = net.at(city.hill).id, lake = net.at(city.lake).id;
    REQUIRE(net.at(city.city).size(log) == 6);
    for (const Node* n : city.all()) net.at(*n).batches_said.clear();

    const auto moved = net.move(city.east, city.first, city.lake, "990102100001");
    REQUIRE(moved.has_value());
    net.run(20);

    REQUIRE(net.at(city.first).core->certificate().code == code("990102100001"));
    REQUIRE(net.at(city.first).core->uplink() == lake);
    REQUIRE(net.at(city.lake).size(log) == 6);
    REQUIRE(net.at(city.first).core->parent_session() != nullptr);
    // All of it from above, none of it again from the village.
    REQUIRE(net.at(city.first).batches_said[lake][log] == 0);
    REQUIRE(net.at(city.east).batches_said[lake][log] == 6);

    net.publish(city.first);
    net.run(10);
    REQUIRE(net.at(city.first).batches_said[lake][log] == 1);
    REQUIRE(net.at(city.city).size(log) == 7);
    REQUIRE(net.at(city.hill).size(log) == 6);  // keeps what it had
    // The new parent speaks for it from here on, and its receipts count.
    net.run(120);
    REQUIRE(net.at(city.first).core->confirmed_above(log) == 7);
    const Certificate& now = net.at(city.first).core->certificate();
    REQUIRE(verify_certificate(now, encode(now), city.lake.keys.sign.public_key()).has_value());
    for (const Node* n : {&city.city, &city.east, &city.lake, &city.hill, &city.first})
        REQUIRE(net.at(*n).core->roster().find(now.node)->parent == lake);
    REQUIRE(net.at(city.hill).core->child_session(now.node) == nullptr);
    REQUIRE(hill != lake);
    require_quiet(net, city, {Code::takes_over});
}

TEST_CASE("a moved village that was cut off learns it at its former parent, and loses nothing") {
    const City city;
    CoreNet net(city);
    net.start_all();
    net.run(10);
    net.publish(city.first);
    net.run(5);
    net.part(city.first);
    net.run(1);
    net.at(city.first).core->parent_connection_lost(net.now());
    const LogId log = net.records(city.first);
    for (int i = 0; i < 3; ++i) net.publish(city.first);
    REQUIRE(net.move(city.east, city.first, city.lake, "990102100001").has_value());
    net.run(60);
    REQUIRE(net.at(city.first).core->certificate().parent == net.at(city.hill).id);
    REQUIRE(net.at(city.lake).size(log) == 1);
    net.at(city.first).batches_said.clear();

    net.join(city.first);
    net.run(30);
    REQUIRE(net.at(city.first).core->certificate().parent == net.at(city.lake).id);
    REQUIRE(net.at(city.city).size(log) == 4);
    REQUIRE(net.at(city.first).batches_said[net.at(city.lake).id][log] == 3);
    REQUIRE(net.at(city.hill).size(log) == 1);
    require_quiet(net, city, {Code::takes_over, Code::not_your_log});
}

TEST_CASE("a township moves to another county, and its villages' codes follow") {
    const City city;
    CoreNet net(city);
    net.start_all();
    net.run(10);
    for (int i = 0; i < 4; ++i) net.publish(city.second);
    net.publish(city.hill);
    net.run(5);
    const LogId log = net.records(city.second);
    const NodeId west = net.at(city.west).id, second = net.at(city.second).id;
    for (const Node* n : city.all()) net.at(*n).batches_said.clear();

    REQUIRE(net.move(city.city, city.hill, city.west, "990103001000").has_value());
    net.run(30);

    REQUIRE(net.at(city.hill).core->uplink() == west);
    REQUIRE(net.at(city.hill).core->parent_session() != nullptr);
    REQUIRE(net.at(city.second).core->certificate().code == code("990103001200"));
    for (const Node* n : {&city.city, &city.west, &city.hill, &city.second, &city.first}) {
        const Roster& roster = net.at(*n).core->roster();
        REQUIRE(roster.is_below(second, west));
        REQUIRE(roster.find(second)->code == code("990103001200"));
    }
    REQUIRE(net.at(city.west).size(log) == 4);
    REQUIRE(net.at(city.hill).batches_said[west][log] == 0);
    // Sealed for the new county, and taken there and above.
    Entry entry;
    entry.record.bytes.fill(0x77);
    entry.date = 20261124;
    entry.catalogue = "licence";
    entry.catalogue_version = 1;
    entry.fields = {"甲"};
    net.at(city.second).core->author({Lane::records, {}}, 1 | 2, entry);
    net.run(10);
    REQUIRE(net.at(city.city).size(log) == 5);
    REQUIRE(net.at(city.west).size(log) == 5);
    REQUIRE(net.at(city.east).size(log) == 4);
    net.run(120);
    REQUIRE(net.at(city.second).core->confirmed_above(log) == 5);
    require_quiet(net, city, {Code::takes_over});

    // A restart reads the same place back.
    for (const Node* n : {&city.second, &city.hill, &city.city}) {
        net.stop(*n);
        net.start(*n);
        REQUIRE(net.at(*n).core->roster().is_below(second, west));
        REQUIRE(net.at(*n).core->roster().was_below(second, net.at(city.east).id));
    }
    net.run(30);
    require_quiet(net, city, {Code::takes_over});
}

TEST_CASE("keys that the former parent granted before it heard of the move go with the node") {
    const City city;
    CoreNet net(city);
    net.start_all();
    net.run(10);
    for (int i = 0; i < 2; ++i) net.publish(city.first);
    const LogId log = net.records(city.first);
    const NodeId lake = net.at(city.lake).id;
    CoreNode& village = net.at(city.first);
    // The township is alone with its villages when it grants them.
    net.cut(city.hill);
    REQUIRE(village.core->change_keys(true, true).has_value());
    net.run(10);
    REQUIRE(village.keys.sign.public_key() != city.first.keys.sign.public_key());
    REQUIRE(village.keys.transport != city.first.keys.transport);
    net.publish(city.first);
    REQUIRE(net.move(city.east, city.first, city.lake, "990102100001").has_value());
    net.run(20);
    REQUIRE(net.at(city.lake).size(log) == 2);
    for (const Node* n : city.all()) net.at(*n).batches_said.clear();

    net.join(city.hill);
    net.run(90);
    const auto understood = [&](const std::vector<const Node*>& by) {
        for (const Node* n : by) {
            const Certificate& held = *net.at(*n).core->roster().find(village.id);
            INFO(n->certificate.code.text());
            REQUIRE(held.parent == lake);
            REQUIRE(held.sign_key == village.keys.sign.public_key());
            REQUIRE(held.transport_key == village.keys.transport);
        }
    };
    understood({&city.city, &city.east, &city.lake, &city.hill, &city.first});
    REQUIRE(village.core->parent_session() != nullptr);
    net.publish(city.first);
    net.run(120);
    REQUIRE(net.at(city.city).size(log) == 4);
    REQUIRE(net.at(city.lake).size(log) == 4);
    REQUIRE(village.core->confirmed_above(log) == 4);
    // What comes up signed by the new key waits for the entry that names it.
    require_quiet(net, city,
                  {Code::takes_over, Code::move_before_grant, Code::not_your_log, Code::note_not_signed,
                   Code::wrong_signer, Code::signer_not_in_force});
    // Everybody reads the same back, and its next key is granted at its new parent.
    for (const Node* n : {&city.first, &city.lake, &city.hill, &city.east, &city.city}) {
        net.stop(*n);
        net.start(*n);
    }
    net.run(20);
    REQUIRE(village.core->change_keys(true, true).has_value());
    net.run(20);
    understood({&city.city, &city.east, &city.lake, &city.first});
    net.publish(city.first);
    net.run(120);
    REQUIRE(village.core->confirmed_above(log) == 5);
}

TEST_CASE("a move is refused where it makes no sense") {
    const City city;
    CoreNet net(city);
    net.start_all();
    net.run(5);
    REQUIRE_REFUSED(net.move(city.east, city.first, city.hill, "990102001001"), Code::moves_nowhere);
    REQUIRE_REFUSED(net.move(city.hill, city.first, city.lake, "990102100001"), Code::mover_not_above);
    REQUIRE_REFUSED(net.move(city.east, city.first, city.lake, "990102001009"), Code::not_issuers_code);
    REQUIRE_REFUSED(net.move(city.east, city.first, city.lake, "990102100201"), Code::code_taken);
    REQUIRE_REFUSED(net.move(city.east, city.hill, city.west, "990103001000"), Code::mover_not_above);
    REQUIRE_REFUSED(net.move(city.city, city.east, city.west, "990103001000"), Code::mover_not_above);
}

}  // namespace core_move_test
