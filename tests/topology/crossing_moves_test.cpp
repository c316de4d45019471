// Moves that cross: two of those above a node have moved it, and neither had heard of the other. Whoever knows
// both comes to the same end, in whatever order they came.
#include <algorithm>
#include <set>

#include "tests/topology/moved.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace crossing_moves_test {
namespace {

struct Crossing : City {
    Node ford = node(9, "990103002000", "渡口镇", &west);

    Roster with_ford() const {
        Roster r = roster();
        XW_CHECK(r.add(ford.bytes).has_value());
        return r;
    }
};

// Reads all of it in every order, as the core does: what is refused waits for what it builds on. What the end
// is must not hang on the order; returns it.
Roster read_in_every_order(const Crossing& city, std::vector<Bytes> said, const std::set<Bytes>& moves) {
    std::sort(said.begin(), said.end());
    std::optional<Roster> first;
    do {
        Roster roster = city.with_ford();
        std::vector<Bytes> waiting = said;
        for (std::size_t round = 0; round < said.size(); ++round)
            std::erase_if(waiting, [&](const Bytes& bytes) {
                return (moves.contains(bytes) ? roster.move(bytes) : roster.add(bytes)).has_value();
            });
        for (const Bytes& bytes : moves)
            REQUIRE(std::find(waiting.begin(), waiting.end(), bytes) == waiting.end());
        if (!first) first = roster;
        std::vector<Certificate> ours, theirs;
        for (const Certificate* c : roster.all()) ours.push_back(*c);
        for (const Certificate* c : first->all()) theirs.push_back(*c);
        REQUIRE(ours == theirs);
        REQUIRE(roster.moves(city.first.certificate.node) == first->moves(city.first.certificate.node));
    } while (std::next_permutation(said.begin(), said.end()));
    return *first;
}

}  // namespace

TEST_CASE("the city's move counts, and not the county's that crosses it") {
    const Crossing city;
    const NodeId first = city.first.certificate.node, lake = city.lake.certificate.node;
    const Bytes by_county = Moved{city}.bytes();
    const Bytes by_city = Moved{city,
                                &city.city,
                                &city.first,
                                &city.ford,
                                "990103002001",
                                {&city.ford, &city.west},
                                {city.hill.certificate.node, city.east.certificate.node},
                                1 + move_serial_step(Tier::city)}
                              .bytes();
    const Bytes at_lake = child_of(city.first, city.lake, "990102100001", 18);
    const Bytes at_ford = child_of(city.first, city.ford, "990103002001", 2 + move_serial_step(Tier::city));
    const Roster end = read_in_every_order(city, {by_county, by_city, at_lake, at_ford}, {by_county, by_city});
    REQUIRE(encode(*end.find(first)) == at_ford);
    REQUIRE(end.by_code(code("990102100001")) == nullptr);

    // It may have been at the county's place for a while: what it sealed there counts, and who is there may
    // still say what it says of a former child.
    REQUIRE(end.was_below(first, lake));
    const auto former = end.former_audiences(first, 4);
    std::vector<NodeId> sealed_there{first, lake};
    std::sort(sealed_there.begin(), sealed_there.end());
    REQUIRE(std::find(former.begin(), former.end(), sealed_there) != former.end());
    Roster later = end;
    REQUIRE_REFUSED(later.add(child_of(city.first, city.lake, "990102100001", 300)), Code::node_moved);
}

TEST_CASE("of two counties' moves of one serial one counts, for everybody the same") {
    const Crossing city;
    const Bytes of_township = township(city).bytes();
    const Bytes by_east = Moved{city}.bytes();
    Moved west{
        city, &city.west, &city.first, &city.ford, "990103002001", {&city.ford}, {city.hill.certificate.node},
        17};
    const Bytes by_west = west.bytes();
    const Roster end =
        read_in_every_order(city, {of_township, by_east, by_west}, {of_township, by_east, by_west});
    const NodeId parent = end.find(city.first.certificate.node)->parent;
    REQUIRE((parent == city.lake.certificate.node || parent == city.ford.certificate.node));
    REQUIRE(end.moves(city.first.certificate.node).size() == 2);
}

TEST_CASE("a county's move is read by a county that knew the node elsewhere") {
    // The city had moved the township to the west and back: the west knows the village below it.
    const Crossing city;
    Roster west = city.with_ford();
    REQUIRE(west.move(Moved{city}.bytes())->placed);
    // The certificate of its new parent comes in that one's own log, before or after.
    Roster other = city.with_ford();
    const Bytes anew = child_of(city.first, city.lake, "990102100001", 18);
    REQUIRE_REFUSED(other.add(anew), Code::certificate_conflict);
    REQUIRE(other.move(Moved{city}.bytes())->placed);
    REQUIRE(other.add(anew)->changed);
    REQUIRE(west.add(anew)->changed);
    REQUIRE(*west.find(city.first.certificate.node) == *other.find(city.first.certificate.node));
}

}  // namespace crossing_moves_test
