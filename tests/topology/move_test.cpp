// Moves: a node goes on below another parent, in whatever order its neighbours' logs are read.
#include "topology/move.h"
#include "node/core/directory_entries.h"
#include "protocol/base/limits.h"
#include "tests/topology/moved.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace move_test {

TEST_CASE("a move reads back as it was written, and no other bytes do") {
    const City city;
    const Move fields = Moved{city}.fields();
    const Bytes bytes = sign_move(fields, city.east.keys.sign);
    auto read = parse_move(bytes);
    REQUIRE(read.has_value());
    REQUIRE(verify_move(*read, bytes, city.east.keys.sign.public_key()));
    REQUIRE_FALSE(verify_move(*read, bytes, city.west.keys.sign.public_key()));
    read->signature = {};
    REQUIRE(*read == fields);
    for (std::size_t length = 0; length < bytes.size(); ++length)
        REQUIRE_FALSE(parse_move(View(bytes).first(length)).has_value());
    Bytes longer = bytes;
    longer.push_back(0);
    REQUIRE_REFUSED(parse_move(longer), Code::trailing_bytes);
    REQUIRE_REFUSED(parse_move(Bytes(limits::move_bytes_max + 1, 1)), Code::too_large);
    Bytes other = bytes;
    other[0] = 2;
    REQUIRE_REFUSED(parse_move(other), Code::certificate_version);

    Move no_way = fields;
    no_way.address = "nowhere";
    REQUIRE_REFUSED(parse_move(sign_move(no_way, city.east.keys.sign)), Code::bad_address);
    Move no_lineage = fields;
    no_lineage.lineage.clear();
    REQUIRE_REFUSED(parse_move(sign_move(no_lineage, city.east.keys.sign)), Code::move_field);
    Move no_chain = fields;
    no_chain.chain.clear();
    REQUIRE_REFUSED(parse_move(sign_move(no_chain, city.east.keys.sign)), Code::move_field);
    Move falling = fields;
    falling.logs.push_back(falling.logs.front());
    REQUIRE_REFUSED(parse_move(sign_move(falling, city.east.keys.sign)), Code::move_field);
}

TEST_CASE("a village goes on below another township") {
    const City city;
    Roster roster = city.roster();
    const NodeId first = city.first.certificate.node, hill = city.hill.certificate.node,
                 lake = city.lake.certificate.node;
    const auto change = roster.move(Moved{city}.bytes());
    REQUIRE(change.has_value());
    REQUIRE(change->changed);
    REQUIRE(change->left == city.first.certificate.code);
    REQUIRE(roster.find(first)->parent == lake);
    REQUIRE(roster.by_code(code("990102100001")) == roster.find(first));
    REQUIRE(roster.by_code(city.first.certificate.code) == nullptr);
    REQUIRE(roster.children(hill) == std::vector{city.second.certificate.node});
    REQUIRE(roster.children(lake) == std::vector{first, city.third.certificate.node});
    REQUIRE_FALSE(roster.is_below(first, hill));
    REQUIRE(roster.was_below(first, hill));
    REQUIRE(roster.was_below(first, lake));
    REQUIRE_FALSE(roster.was_below(city.third.certificate.node, hill));
    REQUIRE_FALSE(roster.move(Moved{city}.bytes())->changed);

    // The former parent's word counts no more; the new one's does.
    REQUIRE_REFUSED(roster.add(child_of(city.first, city.hill, "990102001001", 18)), Code::node_moved);
    REQUIRE_FALSE(roster.add(child_of(city.first, city.hill, "990102001001", 2))->changed);
    REQUIRE(roster.add(child_of(city.first, city.lake, "990102100001", 18))->changed);
}

TEST_CASE("what was sealed before a move is for the readers of before") {
    const City city;
    Roster roster = city.roster();
    const NodeId first = city.first.certificate.node, hill = city.hill.certificate.node;
    constexpr std::uint16_t township_and_city = 1 | 4;
    const auto before = *roster.audience(first, township_and_city, {});
    REQUIRE(roster.former_audiences(first, township_and_city).empty());
    REQUIRE(roster.move(Moved{city}.bytes()).has_value());
    REQUIRE(*roster.audience(first, township_and_city, {}) != before);
    const auto former = roster.former_audiences(first, township_and_city);
    REQUIRE(std::find(former.begin(), former.end(), before) != former.end());
    REQUIRE(std::find(before.begin(), before.end(), hill) != before.end());

    // And of a village whose township has moved.
    const auto of_second = *roster.audience(city.second.certificate.node, 2, {});
    REQUIRE(roster.move(township(city).bytes()).has_value());
    const auto now = *roster.audience(city.second.certificate.node, 2, {});
    REQUIRE(std::find(now.begin(), now.end(), city.west.certificate.node) != now.end());
    const auto then = roster.former_audiences(city.second.certificate.node, 2);
    REQUIRE(std::find(then.begin(), then.end(), of_second) != then.end());
}

TEST_CASE("a revoked node has moved in the past, whichever was read first") {
    const City city;
    const NodeId first = city.first.certificate.node;
    const Revocation gone{first, city.hill.certificate.node, start.ms, "撤并", {}, {}};
    const Bytes revocation = sign_revocation(gone, city.hill.keys.sign);
    Roster before = city.roster(), after = city.roster();
    REQUIRE(before.revoke(revocation).has_value());
    REQUIRE(before.move(Moved{city}.bytes()).has_value());
    REQUIRE(after.move(Moved{city}.bytes()).has_value());
    REQUIRE(after.revoke(revocation).has_value());
    for (Roster* roster : {&before, &after}) {
        REQUIRE(roster->find(first)->parent == city.lake.certificate.node);
        REQUIRE(roster->former_audiences(first, 4).size() == after.former_audiences(first, 4).size());
        // Code and key are free.
        REQUIRE(roster->by_code(code("990102100001")) == nullptr);
        REQUIRE(roster->by_code(city.first.certificate.code) == nullptr);
        REQUIRE(roster->by_transport_key(city.first.certificate.transport_key) == nullptr);
        REQUIRE(roster->children(city.lake.certificate.node) == std::vector{city.third.certificate.node});
    }
}

TEST_CASE("what a mover says of others leads upwards, a tier at a time") {
    const City city;
    const NodeId first = city.first.certificate.node, second = city.second.certificate.node;
    Roster roster = city.roster();
    for (const NodeId& no_township : {first, second, city.west.certificate.node}) {
        Moved circle{city};
        circle.lineage = {no_township};
        REQUIRE_REFUSED(roster.move(circle.bytes()), Code::move_field);
    }
    Moved to_a_village{city};
    to_a_village.parent = &city.third;
    to_a_village.chain = {&city.third};
    REQUIRE_REFUSED(roster.move(to_a_village.bytes()), Code::move_field);
    REQUIRE_REFUSED(roster.move(Moved{city, &city.city}.bytes()), Code::mover_not_above);
    Move of_a_township = Moved{city}.fields();
    of_a_township.former_code = city.hill.certificate.code;
    REQUIRE_REFUSED(roster.move(sign_move(of_a_township, city.east.keys.sign)), Code::move_field);

    // Who learns only later what it was sent to follows it no further.
    Roster late = Roster::create(city.root());
    REQUIRE(late.adopt(encode(city.statement())).has_value());
    REQUIRE(late.add(city.east.bytes).has_value());
    Moved circle{city};
    circle.lineage = {second};
    REQUIRE(late.move(circle.bytes())->placed);
    Moved back{city};
    back.node = &city.second;
    back.lineage = {first};
    back.code = "990102100002";
    REQUIRE_REFUSED(late.move(back.bytes()), Code::move_field);
    REQUIRE(late.add(city.hill.bytes).has_value());
    REQUIRE(late.add(city.second.bytes).has_value());
    REQUIRE_FALSE(late.was_below(first, city.west.certificate.node));
    REQUIRE(late.lineages(first).size() < 5);
}

TEST_CASE("a move is refused") {
    const City city;
    Roster roster = city.roster();
    const auto refused = [&](const Moved& moved) { return roster.move(moved.bytes()); };
    SECTION("by whoever is not above both") {
        REQUIRE_REFUSED(refused({city, &city.hill}), Code::mover_not_above);
        REQUIRE_REFUSED(refused({city, &city.west}), Code::mover_not_above);
    }
    SECTION("when the mover is unknown, or another has signed") {
        const Node stranger = node(99, "990104000000", "无", &city.city);
        REQUIRE_REFUSED(refused({city, &stranger}), Code::node_unknown);
        Bytes bytes = Moved{city}.bytes();
        bytes.back() ^= 1;
        REQUIRE_REFUSED(roster.move(bytes), Code::certificate_signature);
    }
    SECTION("to a code that is taken, or not the new parent's") {
        REQUIRE_REFUSED(refused({city, &city.east, &city.first, &city.lake, "990102100201"}), Code::code_taken);
        REQUIRE_REFUSED(refused({city, &city.east, &city.first, &city.lake, "990102001009"}),
                        Code::not_issuers_code);
    }
    SECTION("with another key") {
        Moved moved{city};
        Node other = city.first;
        other.certificate.sign_key = city.second.certificate.sign_key;
        moved.node = &other;
        REQUIRE_REFUSED(refused(moved), Code::certificate_conflict);
    }
    SECTION("while another comes first: the node is certified further on, elsewhere") {
        Moved moved{city};
        moved.lineage = {node_id_of(keys(99).sign.public_key())};
        moved.serial = 1;
        REQUIRE_REFUSED(refused(moved), Code::certificate_conflict);
    }
    SECTION("from where to where the node is") {
        Moved moved{city};
        moved.lineage = {city.lake.certificate.node};
        REQUIRE_REFUSED(refused(moved), Code::move_field);
    }
    SECTION("that jumps") {
        Moved moved{city};
        moved.serial = 2'000;
        REQUIRE_REFUSED(refused(moved), Code::ratchet_jumped);
    }
    REQUIRE(roster.find(city.first.certificate.node)->parent == city.hill.certificate.node);
}

TEST_CASE("who never heard of the node takes it on the mover's word") {
    const City city;
    Roster roster = Roster::create(city.root());
    REQUIRE(roster.adopt(encode(city.statement())).has_value());
    for (const Node* n : {&city.east}) REQUIRE(roster.add(n->bytes).has_value());
    // Not even the new parent is known: its certificate comes along.
    const auto change = roster.move(Moved{city}.bytes());
    REQUIRE(change.has_value());
    REQUIRE(change->met == std::vector{city.lake.certificate.node});
    REQUIRE(roster.is_below(city.first.certificate.node, city.lake.certificate.node));
    // What its former township has to say comes late and changes nothing.
    REQUIRE(roster.add(city.hill.bytes).has_value());
    REQUIRE_FALSE(roster.add(city.first.bytes)->changed);

    Moved stranger{city};
    Node other = city.first;
    other.certificate.sign_key = city.second.certificate.sign_key;
    stranger.node = &other;
    Roster fresh = Roster::create(city.root());
    REQUIRE(fresh.adopt(encode(city.statement())).has_value());
    REQUIRE(fresh.add(city.east.bytes).has_value());
    REQUIRE_REFUSED(fresh.move(stranger.bytes()), Code::node_id_wrong);
}

TEST_CASE("a township takes its villages along, whatever is read first") {
    const City city;
    const NodeId hill = city.hill.certificate.node, second = city.second.certificate.node;
    const Bytes move = township(city).bytes();
    const Bytes again = child_of(city.hill, city.west, "990103001000", 18);
    const Bytes anew = child_of(city.second, city.hill, "990103001200", 2);
    std::vector<Bytes> said{city.second.bytes, move, again, anew};
    std::sort(said.begin(), said.end());
    std::optional<std::vector<Certificate>> first_result;
    do {
        Roster roster = Roster::create(city.root());
        REQUIRE(roster.adopt(encode(city.statement())).has_value());
        for (const Node* n : {&city.east, &city.west, &city.hill}) REQUIRE(roster.add(n->bytes).has_value());
        // As the core does: what is refused waits for what it builds on.
        std::vector<Bytes> waiting = said;
        for (std::size_t round = 0; round < said.size(); ++round)
            std::erase_if(waiting, [&](const Bytes& bytes) {
                return (bytes == move ? roster.move(bytes) : roster.add(bytes)).has_value();
            });
        REQUIRE(waiting.empty());
        std::vector<Certificate> result;
        for (const Certificate* c : roster.all()) result.push_back(*c);
        if (!first_result) first_result = result;
        REQUIRE(result == *first_result);
        REQUIRE(roster.children(hill) == std::vector{second});
        REQUIRE(roster.children(city.west.certificate.node) == std::vector{hill});
        REQUIRE(roster.children(city.east.certificate.node).empty());
        REQUIRE(roster.is_below(second, city.west.certificate.node));
        REQUIRE(roster.find(second)->code == code("990103001200"));
    } while (std::next_permutation(said.begin(), said.end()));
}

TEST_CASE("of two moves the later counts, whichever is read first") {
    const City city;
    Moved there{city};
    Moved back{
        city, &city.east, &city.first, &city.hill, "990102001001", {&city.hill}, {city.lake.certificate.node},
        33};
    Move second = back.fields();
    second.former_code = code("990102100001");
    const Bytes second_bytes = sign_move(second, city.east.keys.sign);
    for (const bool in_order : {true, false}) {
        Roster roster = city.roster();
        REQUIRE(roster.move(in_order ? there.bytes() : second_bytes)->placed);
        REQUIRE(roster.move(in_order ? second_bytes : there.bytes())->placed == in_order);
        REQUIRE(roster.find(city.first.certificate.node)->parent == city.hill.certificate.node);
        REQUIRE(roster.find(city.first.certificate.node)->serial == 33);
    }

    // Who met the node after both takes the first one for history.
    Roster late = Roster::create(city.root());
    REQUIRE(late.adopt(encode(city.statement())).has_value());
    REQUIRE(late.add(city.east.bytes).has_value());
    REQUIRE(late.move(second_bytes).has_value());
    REQUIRE(late.move(there.bytes()).has_value());
    REQUIRE(late.find(city.first.certificate.node)->code == code("990102001001"));
    REQUIRE(late.moves(city.first.certificate.node).size() == 2);
    REQUIRE(late.was_below(city.first.certificate.node, city.lake.certificate.node));
}

TEST_CASE("a key granted during a move counts in the end, whatever is read first") {
    const City city;
    const SigningKey fresh = *SigningKey::from_seed(seed(70));
    Certificate wanted = renewed_fields(city.first.certificate, start);
    wanted.sign_key = fresh.public_key();
    const RenewalSecrets secrets{city.first.keys.sign, fresh, {}, {}};
    const Bytes rekey = rekey_entry(*issue_certificate(wanted, city.hill.keys.sign),
                                    encode(*make_renewal(wanted, city.hill.certificate, secrets, {})))
                            .body;
    const Bytes move = Moved{city}.bytes();
    Node with_it = city.first;
    with_it.certificate.sign_key = fresh.public_key();
    Moved moved{city};
    moved.node = &with_it;
    moved.serial = 17 + move_serial_step(Tier::county);
    Move again = moved.fields();
    again.rekeys = {rekey};
    const Bytes said_again = sign_move(again, city.east.keys.sign);
    const Bytes anew = child_of(city.first, city.lake, "990102100001", 18);
    const Bytes last = child_of(with_it, city.lake, "990102100001", moved.serial + 1);

    std::vector<Bytes> said{rekey, move, said_again, anew, last};
    std::sort(said.begin(), said.end());
    do {
        Roster roster = city.roster();
        const auto learn = [&](const Bytes& bytes) {
            return (bytes == rekey                         ? roster.rekey(bytes)
                    : bytes == move || bytes == said_again ? roster.move(bytes)
                                                           : roster.add(bytes))
                .has_value();
        };
        std::vector<Bytes> waiting = said;
        for (std::size_t round = 0; round < said.size(); ++round) std::erase_if(waiting, learn);
        REQUIRE(waiting.empty());
        REQUIRE(encode(*roster.find(city.first.certificate.node)) == last);
        const LogId log{city.first.certificate.node, {}, Lane::records, {}};
        REQUIRE(roster.signers().rank(log, 0, city.first.certificate.sign_key, fresh.public_key()) == 0u);
        REQUIRE(roster.signers().rank(log, 0, fresh.public_key(), fresh.public_key()) == 1u);
    } while (std::next_permutation(said.begin(), said.end()));

    // Who knows of the grant does not take the move that does not.
    Roster roster = city.roster();
    REQUIRE(roster.rekey(rekey).has_value());
    REQUIRE_REFUSED(roster.move(move), Code::move_before_grant);
    REQUIRE(roster.move(said_again)->changed);
}

}  // namespace move_test
