// Shows that a directory statement takes force only in its place in the chain and under the threshold of the
// roots before it and of its own, and that an older, forked, skipped or tampered one is refused by name.
#include "protocol/base/limits.h"
#include "tests/topology/sample.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace directory_statement_test {
namespace {

DirectoryStatement next_of(const DirectoryStatement& held) {
    DirectoryStatement next = held;
    next.number = held.number + 1;
    next.previous = id_of(held);
    next.issued_ms += day_ms;
    next.expires_ms += day_ms;
    next.signatures.clear();
    return next;
}

DirectoryStatement signed_with(DirectoryStatement draft, std::initializer_list<std::uint8_t> keys) {
    for (const std::uint8_t number : keys) sign(draft, root_key(number));
    return draft;
}

Roster at_one(const City& c) {
    Roster r = Roster::create(c.root());
    REQUIRE(r.adopt(encode(c.statement()))->changed);
    return r;
}

Operator person(std::uint8_t number, const std::string& name) {
    return {name, SigningKey::from_seed(seed(number))->public_key()};
}

}  // namespace

TEST_CASE("statements have one encoding, and every cut is refused") {
    const City c;
    DirectoryStatement s = c.statement();
    s.operators = {person(210, "张三"), person(211, "李四")};
    sort_parts(s);
    const Bytes bytes = encode(s);
    REQUIRE(*parse_statement(bytes) == s);
    REQUIRE(encode(*parse_statement(bytes)) == bytes);
    REQUIRE(*parse_statement_text(" " + statement_text(s)) == s);
    REQUIRE_REFUSED(parse_statement_text("xinwang1:AAAA"), Code::not_a_draft);
    REQUIRE_REFUSED(parse_statement_text("xinwang-directory1:A"), Code::not_a_draft);
    for (std::size_t n = 0; n < bytes.size(); ++n)
        REQUIRE_FALSE(parse_statement(View(bytes).first(n)).has_value());
    Bytes longer = bytes;
    longer.push_back(0);
    REQUIRE_REFUSED(parse_statement(longer), Code::trailing_bytes);
    REQUIRE_REFUSED(parse_statement(Bytes(limits::statement_bytes_max + 1)), Code::too_large);
    Bytes newer = bytes;
    newer[0] = 2;
    REQUIRE_REFUSED(parse_statement(newer), Code::directory_version);
    // Whatever bit is changed, nobody adopts it.
    const Roster empty = Roster::create(c.root());
    const Bytes whole = encode(c.statement());
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        Bytes bent = whole;
        bent[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        Roster r = empty;
        REQUIRE_FALSE(r.adopt(bent).has_value());
    }
}

TEST_CASE("fields that make no sense are refused by name") {
    const City c;
    const auto field = [&](auto alter) {
        DirectoryStatement s = c.statement();
        alter(s);
        const auto checked = check_fields(s);
        REQUIRE_FALSE(checked.has_value());
        REQUIRE(parse_statement(encode(s)).error().code == checked.error().code);
        return checked.error().code == Code::directory_field ? checked.error().field : checked.error().number();
    };
    REQUIRE(field([](auto& s) { s.number = 0; }) == "number");
    REQUIRE(field([](auto& s) { s.number = 2; }) == "previous");
    REQUIRE(field([](auto& s) { s.roots.threshold = 4; }) == "threshold");
    REQUIRE(field([](auto& s) { s.roots.threshold = 0; }) == "threshold");
    REQUIRE(field([](auto& s) { s.roots.keys.clear(); }) == "root keys");
    REQUIRE(field([](auto& s) { std::swap(s.roots.keys[0], s.roots.keys[1]); }) == "root keys");
    REQUIRE(field([](auto& s) { s.expires_ms = s.issued_ms; }) == "expires_ms");
    REQUIRE(field([](auto& s) { s.checkpoint.size = 1ull << 63; }) == "checkpoint");
    REQUIRE(field([](auto& s) { s.code = code("990200000000"); }) == "city");
    REQUIRE(field([&](auto& s) { s.city = c.east.bytes; }) == "city");
    REQUIRE(field([&](auto& s) { s.city = *issue_certificate(c.city.certificate, root_key()); }) == "XW-1722");
    REQUIRE(field([](auto& s) {
                s.operators = {person(210, "张三"), person(211, "张三")};
                sort_parts(s);
            }) == "operators");
    REQUIRE(field([](auto& s) { s.operators = {person(210, "")}; }) == "XW-1705");
}

TEST_CASE("the first is believed by the pinned id of its roots, under their threshold") {
    const City c;
    DirectoryStatement bare = c.statement();
    bare.signatures.clear();
    Roster r = Roster::create(c.root());
    REQUIRE_REFUSED(r.adopt(encode(bare)), Code::directory_signatures);
    REQUIRE_REFUSED(r.adopt(encode(signed_with(bare, {1}))), Code::directory_signatures);
    REQUIRE_REFUSED(r.adopt(encode(signed_with(bare, {1, 7}))), Code::directory_signatures);
    DirectoryStatement other = bare;
    other.roots.threshold = 1;
    REQUIRE_REFUSED(r.adopt(encode(signed_with(other, {0, 1}))), Code::root_wrong);
    REQUIRE(r.statement() == nullptr);
    REQUIRE(r.city() == nullptr);
    REQUIRE(r.adopt(encode(signed_with(bare, {1, 2})))->changed);
    REQUIRE(r.city()->node == c.city.certificate.node);
    REQUIRE_FALSE(r.adopt(encode(c.statement()))->changed);  // other signatures under the same words
}

TEST_CASE("rolled back, mixed and fast-forwarded are refused by name, and change nothing") {
    const City c;
    Roster r = at_one(c);
    const DirectoryStatement second = signed_with(next_of(c.statement()), {0, 1});
    const DirectoryStatement third = signed_with(next_of(second), {0, 1});
    REQUIRE_REFUSED(r.adopt(encode(third)), Code::directory_skips);
    REQUIRE(r.adopt(encode(second))->changed);
    // The log brings the first one again to whoever joined with both.
    REQUIRE_FALSE(r.adopt(encode(c.statement()))->changed);

    DirectoryStatement forked = next_of(c.statement());
    forked.grace_days = 99;
    REQUIRE_REFUSED(r.adopt(encode(signed_with(forked, {0, 1}))), Code::directory_mixed);
    REQUIRE_REFUSED(r.adopt(encode(signed_with(next_of(forked), {0, 1}))), Code::directory_mixed);
    REQUIRE(r.adopt(encode(third))->changed);
    REQUIRE_REFUSED(r.adopt(encode(signed_with(forked, {0, 1}))), Code::directory_rolled_back);
    REQUIRE(r.statement()->number == 3);
    REQUIRE(r.statements().size() == 3);
}

TEST_CASE("new roots take both thresholds, and the old ones then say nothing any more") {
    const City c;
    Roster r = at_one(c);
    DirectoryStatement moved = next_of(c.statement());
    moved.roots = {2, {root_key(2).public_key(), root_key(3).public_key(), root_key(4).public_key()}};
    sort_parts(moved);
    REQUIRE_REFUSED(r.adopt(encode(signed_with(moved, {0, 1}))), Code::directory_signatures);
    REQUIRE_REFUSED(r.adopt(encode(signed_with(moved, {3, 4}))), Code::directory_signatures);
    REQUIRE_REFUSED(r.adopt(encode(signed_with(moved, {0, 3, 4}))), Code::directory_signatures);
    const DirectoryStatement whole = signed_with(moved, {0, 2, 3});
    REQUIRE(r.adopt(encode(whole))->changed);
    REQUIRE_REFUSED(r.adopt(encode(signed_with(next_of(whole), {0, 1}))), Code::directory_signatures);
    REQUIRE(r.adopt(encode(signed_with(next_of(whole), {3, 4})))->changed);
}

TEST_CASE("signatures of copies of one draft come together, and a bad one is named") {
    const City c;
    const DirectoryStatement draft = next_of(c.statement());
    DirectoryStatement one = signed_with(draft, {0});
    const DirectoryStatement two = signed_with(draft, {2});
    REQUIRE(merge(one, two).has_value());
    REQUIRE(merge(one, two).has_value());
    REQUIRE(signed_by(one, c.statement().roots) == 2);
    DirectoryStatement other = draft;
    other.grace_days = 1;
    REQUIRE_REFUSED(merge(one, other), Code::directory_mixed);
    Roster r = at_one(c);
    DirectoryStatement bent = signed_with(one, {1});
    bent.signatures[1].signature.bytes[0] ^= 1;
    REQUIRE_REFUSED(r.adopt(encode(bent)), Code::directory_signature_wrong);
    REQUIRE(r.adopt(encode(one))->changed);
}

TEST_CASE("a term ends by days, and its grace after it") {
    const City c;
    const DirectoryStatement s = c.statement();
    const auto on_day = [&](std::int64_t day) { return term(s, {start.ms + day * day_ms}); };
    REQUIRE(on_day(0).days_left == 365);
    REQUIRE_FALSE(on_day(364).expired);
    REQUIRE(on_day(365).expired);
    REQUIRE_FALSE(on_day(365 + 29).lapsed);
    REQUIRE(on_day(365 + 30).lapsed);
}

}  // namespace directory_statement_test
