// Shows that an ancestor alone revokes, that code and keys of the revoked are free while its signatures still
// verify up to the cut-off, and that no bit of a revocation may be changed.
#include "topology/revocation.h"

#include <catch2/catch.hpp>

#include "tests/topology/sample.h"
#include "topology/roster.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace revocation_test {
namespace {

Revocation of(const Node& node, const Node& revoker) {
    Revocation r;
    r.node = node.certificate.node;
    r.revoker = revoker.certificate.node;
    r.at_ms = start.ms;
    r.reason = "笔记本电脑被盗";
    r.logs.push_back({{r.node, {}, Lane::records, {}}, 7, {}});
    return r;
}

}  // namespace

TEST_CASE("parent, grandparent and city revoke, and nobody else") {
    const City city;
    for (const Node* revoker : {&city.hill, &city.east, &city.city}) {
        Roster roster = city.roster();
        REQUIRE(roster.revoke(sign_revocation(of(city.first, *revoker), revoker->keys.sign))->changed);
        CHECK(roster.by_code(city.first.certificate.code) == nullptr);
        CHECK(roster.by_transport_key(city.first.certificate.transport_key) == nullptr);
        CHECK(roster.children(city.hill.certificate.node) == std::vector{city.second.certificate.node});
        REQUIRE(roster.find(city.first.certificate.node) != nullptr);
        CHECK(roster.revocation(city.first.certificate.node)->reason == "笔记本电脑被盗");
    }
    for (const Node* revoker : {&city.west, &city.second, &city.lake, &city.first}) {
        Roster roster = city.roster();
        const auto refused = roster.revoke(sign_revocation(of(city.first, *revoker), revoker->keys.sign));
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error() == Refusal(Code::revoker_not_above, city.first.certificate.code.text(), "",
                                         revoker->certificate.code.text()));
    }
    Roster roster = city.roster();
    REQUIRE_REFUSED(roster.revoke(sign_revocation(of(city.first, city.hill), city.second.keys.sign)),
                    Code::certificate_signature);
}

TEST_CASE("the code of a revoked node takes a new one, and the revoked one gets no certificate any more") {
    const City city;
    Roster roster = city.roster();
    const Node again = node(40, "990102001001", "一村", &city.hill);
    REQUIRE_REFUSED(roster.add(again.bytes), Code::code_taken);
    REQUIRE(roster.revoke(sign_revocation(of(city.first, city.hill), city.hill.keys.sign)));
    REQUIRE(roster.add(again.bytes)->changed);
    CHECK(roster.by_code(again.certificate.code)->node == again.certificate.node);
    Certificate c = city.first.certificate;
    c.serial = 2;
    REQUIRE_REFUSED(roster.add(*issue_certificate(c, city.hill.keys.sign)), Code::node_revoked);
    // As a node reads it back.
    Roster restored = Roster::create(root_key().public_key());
    for (const Node* n : city.all()) restored.put_back(n->certificate);
    restored.put_back(again.certificate);
    restored.put_back(of(city.first, city.hill));
    CHECK(restored.by_code(again.certificate.code)->node == again.certificate.node);
    CHECK(restored.revocation(city.first.certificate.node) != nullptr);
}

TEST_CASE("a revocation says up to where each log counts, and no bit of it may be changed") {
    const City city;
    const Revocation r = of(city.first, city.hill);
    const Bytes bytes = sign_revocation(r, city.hill.keys.sign);
    const auto read = parse_revocation(bytes);
    REQUIRE(read);
    CHECK(read->size_of(r.logs.front().log) == 7);
    CHECK(read->size_of({r.node, {}, Lane::rights, {}}) == 0);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        Bytes changed = bytes;
        changed[at] ^= 1;
        Roster roster = city.roster();
        CHECK_FALSE(roster.revoke(changed));
    }
    for (std::size_t size = 0; size < bytes.size(); ++size)
        CHECK_FALSE(parse_revocation(View(bytes).first(size)));
    Revocation foreign = r;
    foreign.logs.front().log.origin = city.second.certificate.node;
    REQUIRE_REFUSED(parse_revocation(sign_revocation(foreign, city.hill.keys.sign)), Code::revocation_field);
}

}  // namespace revocation_test
