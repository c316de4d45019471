// Shows that a certificate has one encoding, that any changed bit is refused, and that expiry only reminds.
#include "tests/topology/sample.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace certificate_test {
namespace {

// What issuing refuses when one field is wrong.
template <class Change>
Refusal refusal_of(Change change) {
    Certificate c = fields(6, "990102001001", "一村", node_id_of(keys(4).sign.public_key()));
    change(c);
    const auto issued = issue_certificate(c, keys(4).sign);
    REQUIRE_FALSE(issued.has_value());
    return issued.error();
}

}  // namespace

TEST_CASE("a certificate survives its encoding and is verified over the bytes received") {
    const City city;
    const auto parsed = parse_certificate(city.first.bytes);
    REQUIRE(parsed.has_value());
    REQUIRE(parsed->code == code("990102001001"));
    REQUIRE(parsed->name == "一村");
    REQUIRE(parsed->parent == city.hill.certificate.node);
    REQUIRE(encode(*parsed) == city.first.bytes);
    REQUIRE(verify_certificate(*parsed, city.first.bytes, city.hill.certificate.sign_key).has_value());
    REQUIRE_REFUSED(verify_certificate(*parsed, city.first.bytes, city.lake.certificate.sign_key),
                    Code::certificate_signature);
}

TEST_CASE("no changed bit and no other length passes for the certificate") {
    const City city;
    const Bytes& good = city.first.bytes;
    const SignPublicKey& issuer = city.hill.certificate.sign_key;
    for (std::size_t i = 0; i < good.size() * 8; i += 3) {
        Bytes bad = good;
        bad[i / 8] ^= static_cast<std::uint8_t>(1 << (i % 8));
        const auto parsed = parse_certificate(bad);
        if (parsed) REQUIRE_REFUSED(verify_certificate(*parsed, bad, issuer), Code::certificate_signature);
        if (parsed) REQUIRE(encode(*parsed) == bad);
    }
    for (std::size_t n = 0; n < good.size(); ++n)
        REQUIRE_FALSE(parse_certificate(View(good).first(n)).has_value());
    Bytes longer = good;
    longer.push_back(0);
    REQUIRE_REFUSED(parse_certificate(longer), Code::trailing_bytes);
    longer.resize(5'000);
    REQUIRE_REFUSED(parse_certificate(longer), Code::too_large);
}

TEST_CASE("with a next opening key it is of version 2, and survives as well") {
    const City city;
    Certificate c = city.first.certificate;
    c.next_open = NextOpening{OpeningKey::from_secret(seed(60))->public_key(), 2, start.ms + 90 * day_ms};
    const Bytes bytes = *issue_certificate(c, city.hill.keys.sign);
    REQUIRE(bytes.front() == 2);
    REQUIRE(bytes.size() == city.first.bytes.size() + 44);
    const auto parsed = parse_certificate(bytes);
    REQUIRE(parsed.has_value());
    REQUIRE(parsed->next_open == c.next_open);
    REQUIRE(encode(*parsed) == bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        Bytes bad = bytes;
        bad[i] ^= 4;
        const auto changed = parse_certificate(bad);
        if (changed)
            REQUIRE_REFUSED(verify_certificate(*changed, bad, city.hill.certificate.sign_key),
                            Code::certificate_signature);
    }
    c.next_open->epoch = 1;
    REQUIRE_REFUSED(issue_certificate(c, city.hill.keys.sign), Code::certificate_field);
    c.next_open = NextOpening{{}, 2, start.ms};
    REQUIRE_REFUSED(issue_certificate(c, city.hill.keys.sign), Code::weak_key);
}

TEST_CASE("fields that cannot be are refused when issuing and when parsing") {
    using C = Certificate;
    REQUIRE(refusal_of([](C& c) { c.code = {}; }).code == Code::code_shape);
    REQUIRE(refusal_of([](C& c) { c.tier = Tier::county; }).field == "tier");
    REQUIRE(refusal_of([](C& c) { c.name = ""; }).code == Code::bad_name);
    REQUIRE(refusal_of([](C& c) { c.name = "一\n村"; }).code == Code::bad_name);
    REQUIRE(refusal_of([](C& c) {
                c.name =
                    "\xE2\x80\xAE"
                    "村";
            }).code == Code::bad_name);  // turns text around
    REQUIRE(refusal_of([](C& c) { c.name = std::string(151, 'x'); }).code == Code::bad_name);
    REQUIRE(refusal_of([](C& c) { c.node = {}; }).field == "node");
    REQUIRE(refusal_of([](C& c) { c.parent = {}; }).field == "parent");
    REQUIRE(refusal_of([](C& c) { c.parent = c.node; }).field == "parent");
    REQUIRE(refusal_of([](C& c) { c.transport_key = {}; }).field == "transport key");
    REQUIRE(refusal_of([](C& c) { c.open_key = {}; }).code == Code::weak_key);
    REQUIRE(refusal_of([](C& c) { c.serial = 0; }).field == "serial");
    REQUIRE(refusal_of([](C& c) { c.issued_ms = -1; }).code == Code::certificate_field);
    REQUIRE(refusal_of([](C& c) { c.expires_ms = c.issued_ms; }).field == "expires_ms");

    Bytes bytes = City().first.bytes;
    bytes[0] = 3;
    REQUIRE_REFUSED(parse_certificate(bytes), Code::certificate_version);
    bytes[0] = 1;
    bytes[1] = 2;
    REQUIRE_REFUSED(parse_certificate(bytes), Code::certificate_version);
    bytes[1] = 1;
    bytes[26] = 3;
    REQUIRE_REFUSED(parse_certificate(bytes), Code::certificate_field);
}

TEST_CASE("expiry counts days and refuses nothing") {
    Certificate c;
    c.expires_ms = start.ms + 10 * day_ms;
    REQUIRE(expiry(c, start).days_left == 10);
    REQUIRE(expiry(c, {start.ms + 1}).days_left == 9);
    REQUIRE_FALSE(expiry(c, {c.expires_ms - 1}).expired);
    REQUIRE(expiry(c, {c.expires_ms - 1}).days_left == 0);
    REQUIRE(expiry(c, {c.expires_ms}).expired);
    REQUIRE(expiry(c, {c.expires_ms + 1}).days_left == -1);
}

}  // namespace certificate_test
