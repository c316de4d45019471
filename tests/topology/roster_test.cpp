// Shows that the roster takes only what its issuer may say, gives one result for any order of arrival, and
// answers who is above, below, next, and entitled to read.
#include <algorithm>

#include "protocol/base/limits.h"
#include "tests/topology/sample.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace roster_test {
namespace {

Bytes issue(const Certificate& c, const Node& issuer) {
    return *issue_certificate(c, issuer.keys.sign);
}

std::vector<NodeId> sorted(std::vector<NodeId> ids) {
    std::sort(ids.begin(), ids.end());
    return ids;
}

}  // namespace

TEST_CASE("the fold finds everyone, in code order") {
    const City c;
    const Roster r = c.roster();
    REQUIRE(r.size() == 8);
    REQUIRE(r.city()->name == "甲市");
    REQUIRE(r.find(c.first.certificate.node)->name == "一村");
    REQUIRE(r.by_code(code("990102100000"))->node == c.lake.certificate.node);
    REQUIRE(r.by_transport_key(c.west.keys.transport)->node == c.west.certificate.node);
    REQUIRE(r.find(NodeId{}) == nullptr);
    REQUIRE(r.by_code(code("990102200000")) == nullptr);
    REQUIRE(r.by_transport_key({}) == nullptr);
    std::vector<NodeId> order, wanted;
    for (const Certificate* n : r.all()) order.push_back(n->node);
    for (const Node* n : c.all()) wanted.push_back(n->certificate.node);
    REQUIRE(order == wanted);
}

TEST_CASE("children, ancestors, next hop") {
    const City c;
    const Roster r = c.roster();
    const NodeId city = c.city.certificate.node, east = c.east.certificate.node, west = c.west.certificate.node,
                 hill = c.hill.certificate.node, lake = c.lake.certificate.node,
                 first = c.first.certificate.node, second = c.second.certificate.node;
    REQUIRE(r.children(city) == std::vector<NodeId>{east, west});
    REQUIRE(r.children(east) == std::vector<NodeId>{hill, lake});
    REQUIRE(r.children(hill) == std::vector<NodeId>{first, second});
    REQUIRE(r.children(first).empty());
    REQUIRE(r.children(NodeId{}).empty());
    REQUIRE(r.ancestors(first) == std::vector<NodeId>{hill, east, city});
    REQUIRE(r.ancestors(city).empty());
    REQUIRE(r.is_below(first, city));
    REQUIRE(r.is_below(first, hill));
    REQUIRE_FALSE(r.is_below(first, west));
    REQUIRE_FALSE(r.is_below(first, first));
    REQUIRE_FALSE(r.is_below(city, first));
    REQUIRE_FALSE(r.is_below(NodeId{}, city));
    REQUIRE(r.next_hop(city, first) == east);
    REQUIRE(r.next_hop(hill, first) == first);
    REQUIRE_FALSE(r.next_hop(west, first));
    REQUIRE_FALSE(r.next_hop(city, city));
    REQUIRE(Roster{}.city() == nullptr);
}

TEST_CASE("any order in which issuers come first gives one roster, and what comes again changes nothing") {
    const City c;
    Roster r = Roster::create(c.root());
    REQUIRE(r.adopt(encode(c.statement()))->changed);
    for (const Node* n : {&c.west, &c.east, &c.lake, &c.third, &c.hill, &c.second, &c.first}) {
        const auto change = r.add(n->bytes);
        REQUIRE(change.has_value());
        REQUIRE(change->changed);
        REQUIRE(change->node == n->certificate.node);
        REQUIRE_FALSE(r.add(n->bytes)->changed);
    }
    const Roster other = c.roster();
    REQUIRE(r.all().size() == other.all().size());
    for (std::size_t i = 0; i < r.all().size(); ++i) REQUIRE(*r.all()[i] == *other.all()[i]);
}

TEST_CASE("only the issuer may say it, and only of a code exactly one tier below and under its own") {
    const City c;
    Roster r = c.roster();
    REQUIRE_REFUSED(Roster{}.add(c.city.bytes), Code::directory_missing);
    REQUIRE_REFUSED(Roster::create(c.root()).add(c.city.bytes), Code::directory_missing);
    REQUIRE_REFUSED(Roster::create(c.root()).add(c.east.bytes), Code::issuer_unknown);
    const NodeId east = c.east.certificate.node;
    REQUIRE_REFUSED(r.add(issue(fields(20, "990102002000", "新镇", east), c.west)),
                    Code::certificate_signature);
    REQUIRE_REFUSED(r.add(issue(fields(20, "990103002000", "新镇", east), c.east)), Code::not_issuers_code);
    REQUIRE_REFUSED(r.add(issue(fields(20, "990102001002", "新村", east), c.east)), Code::not_issuers_code);
    REQUIRE_REFUSED(r.add(issue(fields(20, "990104000000", "新区", east), c.east)), Code::not_issuers_code);
    Certificate other = fields(20, "990102002000", "新镇", east);
    other.node = c.west.certificate.node;
    REQUIRE_REFUSED(r.add(issue(other, c.east)), Code::certificate_conflict);
    other.node.bytes.fill(9);
    REQUIRE_REFUSED(r.add(issue(other, c.east)), Code::node_id_wrong);
    REQUIRE_REFUSED(r.add(issue(fields(20, "990102001000", "冒名镇", east), c.east)), Code::code_taken);
    Certificate shared = fields(20, "990102002000", "新镇", east);
    shared.transport_key = c.third.keys.transport;
    REQUIRE_REFUSED(r.add(issue(shared, c.east)), Code::transport_key_taken);
    REQUIRE_REFUSED(r.add(*issue_certificate(fields(20, "990200000000", "乙市", {}), keys(20).sign)),
                    Code::certificate_signature);
    REQUIRE_REFUSED(r.add(*issue_certificate(fields(20, "990200000000", "乙市", {}), c.city.keys.sign)),
                    Code::second_city);
    REQUIRE_REFUSED(r.add(view("nonsense")), Code::certificate_version);
    REQUIRE(r.size() == 8);
    REQUIRE_REFUSED(r.check_place(fields(20, "990102002000", "新镇", NodeId{{1}})), Code::issuer_unknown);
    REQUIRE(r.check_place(fields(20, "990102002000", "新镇", east)).has_value());
}

TEST_CASE("a higher serial replaces, a lower one changes nothing, and who a node is stays") {
    const City c;
    Roster r = c.roster();
    const NodeId hill = c.hill.certificate.node;
    Certificate next = fields(6, "990102001001", "一村（新）", hill);
    next.serial = 2;
    next.transport_key = keys(60).transport;
    next.open_epoch = 2;
    const auto change = r.add(issue(next, c.hill));
    REQUIRE(change.has_value());
    REQUIRE(change->changed);
    REQUIRE(r.find(next.node)->name == "一村（新）");
    // Heard by either key, until it comes with the new one.
    REQUIRE(r.by_transport_key(c.first.keys.transport) == r.find(c.first.certificate.node));
    r.forget_earlier(c.first.certificate.node);
    REQUIRE(r.by_transport_key(c.first.keys.transport) == nullptr);
    REQUIRE(r.by_transport_key(next.transport_key)->node == next.node);
    REQUIRE_FALSE(r.add(c.first.bytes)->changed);
    REQUIRE(r.find(next.node)->serial == 2);
    REQUIRE(r.size() == 8);

    const auto refused = [&](auto alter) {
        Certificate bad = next;
        bad.serial = 3;
        alter(bad);
        const auto result = r.add(issue(bad, c.hill));
        REQUIRE_FALSE(result.has_value());
        REQUIRE(result.error().code == Code::certificate_conflict);
        return result.error().field;
    };
    REQUIRE(refused([](Certificate& x) { x.serial = 2, x.name = "另"; }) == "serial");
    REQUIRE(refused([](Certificate& x) { x.sign_key = keys(21).sign.public_key(); }) == "sign key");
    REQUIRE(refused([](Certificate& x) { x.open_epoch = 1; }) == "open epoch");

    // A number at the end of its range could never be followed: it may not jump there.
    Certificate jumped = next;
    jumped.serial = 2 + limits::ratchet_step_max + 1;
    REQUIRE_REFUSED(r.add(issue(jumped, c.hill)), Code::ratchet_jumped);
    jumped.serial -= 1;
    jumped.open_epoch = 0xFFFFFFFF;
    REQUIRE_REFUSED(r.add(issue(jumped, c.hill)), Code::ratchet_jumped);
    jumped.open_epoch = 3;
    REQUIRE(r.add(issue(jumped, c.hill))->changed);
}

TEST_CASE("the city renews itself with its own key, and a statement of before does not undo it") {
    const City c;
    Roster r = c.roster();
    Certificate next = c.city.certificate;
    next.serial = 2;
    next.open_epoch = 2;
    REQUIRE_REFUSED(r.add(issue(next, c.east)), Code::certificate_signature);
    REQUIRE(r.add(issue(next, c.city))->changed);
    REQUIRE(r.city()->serial == 2);
    DirectoryStatement second = c.statement();
    second.number = 2;
    second.previous = id_of(c.statement());
    second.signatures.clear();
    sign(second, root_key(0));
    sign(second, root_key(2));
    REQUIRE(r.adopt(encode(second))->changed);
    REQUIRE(r.city()->serial == 2);
    REQUIRE_FALSE(r.add(c.city.bytes)->changed);
}

TEST_CASE("a network of before there were statements goes on under its one root key, and may get them") {
    const City c;
    Certificate old = c.city.certificate;
    const Bytes old_bytes = *issue_certificate(old, root_key());
    Roster r = Roster::create(root_key().public_key());
    REQUIRE_REFUSED(r.add(c.city.bytes), Code::certificate_signature);
    REQUIRE(r.add(old_bytes)->changed);
    for (const Node* n : c.all())
        if (n != &c.city) REQUIRE(r.add(n->bytes)->changed);
    REQUIRE(r.statement() == nullptr);
    REQUIRE(r.roots() == RootSet{1, {root_key().public_key()}});
    Certificate own = old;
    own.serial = 2;
    const auto first = first_statement(issue(own, c.city), {root_key()}, 1, {}, start);
    REQUIRE_REFUSED(r.adopt(encode(c.statement())), Code::root_wrong);
    REQUIRE(r.adopt(encode(*first))->changed);
    REQUIRE(r.city()->serial == 2);
    // What the log still says of before.
    REQUIRE_FALSE(r.add(old_bytes)->changed);
}

TEST_CASE("a village may go on under another code of its parent, and nobody else") {
    const City c;
    Roster r = c.roster();
    Certificate next = fields(6, "990102001005", "一村社区", c.hill.certificate.node);
    next.serial = 2;
    const auto change = r.add(issue(next, c.hill));
    REQUIRE(change.has_value());
    REQUIRE(change->left == code("990102001001"));
    REQUIRE(r.by_code(code("990102001001")) == nullptr);
    REQUIRE(r.by_code(code("990102001005"))->node == next.node);
    REQUIRE(r.size() == 8);
    REQUIRE(r.all().size() == 8);
    REQUIRE(r.children(c.hill.certificate.node).size() == 2);
    REQUIRE_FALSE(r.add(c.first.bytes)->changed);
    // Not a code that another has, nor one below another parent; and no township.
    next.serial = 3;
    next.code = code("990102001200");
    REQUIRE_REFUSED(r.add(issue(next, c.hill)), Code::code_taken);
    next.code = code("990102100205");
    REQUIRE_REFUSED(r.add(issue(next, c.hill)), Code::not_issuers_code);
    Certificate hill = fields(4, "990102003000", "山前镇", c.east.certificate.node);
    hill.serial = 2;
    REQUIRE_REFUSED(r.add(issue(hill, c.east)), Code::certificate_conflict);
}

TEST_CASE("a policy names the origin, its ancestors of the tiers asked for, or one addressee") {
    const City c;
    const Roster r = c.roster();
    const NodeId city = c.city.certificate.node, east = c.east.certificate.node, hill = c.hill.certificate.node,
                 first = c.first.certificate.node;
    REQUIRE(*r.audience(first, 0, {}) == std::vector<NodeId>{});
    REQUIRE(*r.audience(first, 1, {}) == sorted({first, city}));
    REQUIRE(*r.audience(first, 1 | 2 | 4 | 8, {}) == sorted({first, hill, east, city}));
    REQUIRE(*r.audience(first, 2, {}) == sorted({first, east}));
    REQUIRE(*r.audience(east, 2 | 4, {}) == std::vector<NodeId>{east});
    REQUIRE(*r.audience(city, 1, {}) == std::vector<NodeId>{city});
    REQUIRE(*r.audience(city, 0x8000, first) == sorted({city, first}));
    REQUIRE(*r.audience(city, 0x8000, city) == std::vector<NodeId>{city});
    REQUIRE_REFUSED(r.audience(city, 0x8000, {}), Code::policy_without_toward);
    REQUIRE_REFUSED(r.audience(city, 0x8001, first), Code::policy_unknown);
    REQUIRE_REFUSED(r.audience(city, 0x10, {}), Code::policy_unknown);
    REQUIRE_REFUSED(r.audience({}, 1, {}), Code::node_unknown);
}

}  // namespace roster_test
