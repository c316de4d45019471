// Shows when a node asks for a new certificate or opening key, what its parent grants, that every key is proven
// and every field accounted for, and that a change of signing keys leaves old and new batches verifiable.
#include "topology/renewal.h"

#include <catch2/catch.hpp>

#include "node/core/directory_entries.h"
#include "tests/topology/sample.h"
#include "topology/roster.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace renewal_test {
namespace {

constexpr std::int64_t ten_years = 3652 * day_ms;
const RenewalTerms terms;

Instant after_days(std::int64_t days) {
    return {start.ms + days * day_ms};
}

OpeningKey opening(std::uint8_t number) {
    return *OpeningKey::from_secret(seed(number));
}

// The village asks its township `hill` for the opening key of epoch 2.
struct Asked {
    City city;
    Certificate held = city.first.certificate;
    Instant now = after_days(80);
    OpeningKeys issuer_keys{city.hill.keys.open};
    Certificate wanted = renewed_fields(held, now);
    RenewalSecrets secrets{city.first.keys.sign, city.first.keys.sign, opening(60), std::nullopt};

    Asked() { wanted.next_open = NextOpening{opening(60).public_key(), 2, after_days(94).ms}; }
    RenewalRequest request() const {
        return *make_renewal(wanted, city.hill.certificate, secrets, {{{held.node, {}, Lane::records, {}}, 7}});
    }
    Result<Certificate> grant(const RenewalRequest& r) const {
        return grant_renewal(r, held, city.hill.certificate, issuer_keys, terms, now);
    }
};

}  // namespace

TEST_CASE("a node asks when a third of its term is left, and for its next opening key 14 days ahead") {
    const Certificate c = City().first.certificate;
    CHECK_FALSE(renewal_need(c, terms, start).any());
    CHECK_FALSE(renewal_need(c, terms, after_days(75)).any());
    const auto due = renewal_need(c, terms, after_days(76));
    REQUIRE(due.opening == 2u);
    CHECK(due.from_ms == after_days(90).ms);
    // Cut off until then: the next one is still published before it is used.
    CHECK(renewal_need(c, terms, after_days(120)).from_ms == after_days(134).ms);
    CHECK_FALSE(renewal_need(c, terms, after_days(480)).term);
    CHECK(renewal_need(c, terms, after_days(488)).term);
    // Terms shorter than epochs do not put the next key off for ever.
    Certificate brief = c;
    brief.expires_ms = after_days(30).ms;
    const auto early = renewal_need(brief, terms, after_days(21));
    CHECK((early.term && early.opening == 2u && early.from_ms == after_days(90).ms));
}

TEST_CASE("the next opening key is used from its time on, and followed by another") {
    Certificate c = City().first.certificate;
    c.next_open = NextOpening{opening(60).public_key(), 2, after_days(90).ms};
    CHECK(opening_at(c, after_days(89)).second == 1);
    CHECK(opening_at(c, after_days(90)) == std::pair(opening(60).public_key(), 2u));
    CHECK_FALSE(renewal_need(c, terms, after_days(165)).opening);
    CHECK(renewal_need(c, terms, after_days(166)).opening == 3u);
    const Certificate moved_on = renewed_fields(c, after_days(166));
    CHECK((moved_on.open_epoch == 2 && !moved_on.next_open && moved_on.serial == c.serial + 1));
}

TEST_CASE("a clock that is ten years wrong asks for nothing that lasts") {
    Certificate c = City().first.certificate;
    CHECK_FALSE(renewal_need(c, terms, {start.ms - ten_years}).any());
    const auto ahead = renewal_need(c, terms, {start.ms + ten_years});
    REQUIRE(ahead.opening == 2u);
    // Published so, and the clock is put right: sealers go on with the present key, and the node publishes
    // anew.
    c.next_open = NextOpening{opening(60).public_key(), 2, ahead.from_ms};
    CHECK(opening_at(c, after_days(80)).second == 1);
    const auto again = renewal_need(c, terms, after_days(80));
    REQUIRE(again.opening == 3u);
    CHECK(again.from_ms == after_days(94).ms);
}

TEST_CASE("a parent grants what is proven, and keeps everything else as it was") {
    const Asked asked;
    const auto granted = asked.grant(asked.request());
    REQUIRE(granted);
    Certificate expected = asked.wanted;
    expected.issued_ms = asked.now.ms;
    expected.expires_ms = asked.now.ms + terms.certificate.count();
    CHECK(*granted == expected);
    const Bytes bytes = *issue_certificate(*granted, asked.city.hill.keys.sign);
    Roster roster = asked.city.roster();
    REQUIRE(roster.add(bytes)->changed);
    CHECK(encode(*roster.find(asked.held.node)) == bytes);
    CHECK(bytes.front() == 2);
}

TEST_CASE("a request with any bit changed is granted by nobody") {
    const Asked asked;
    const Bytes bytes = encode(asked.request());
    CHECK(parse_renewal(bytes) == asked.request());
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        Bytes changed = bytes;
        changed[at] ^= 1;
        const auto request = parse_renewal(changed);
        // The proof of the transport key, which stays, is looked at by nobody.
        if (request && at < bytes.size() - 32) CHECK_FALSE(asked.grant(*request));
    }
    for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(parse_renewal(View(bytes).first(size)));
}

TEST_CASE("keys that the node does not hold are not certified") {
    Asked asked;
    asked.secrets.next_open = opening(61);
    REQUIRE_REFUSED(asked.grant(asked.request()), Code::proof_wrong);
    asked.secrets.next_open = opening(60);
    asked.secrets.in_force = asked.city.second.keys.sign;
    REQUIRE_REFUSED(asked.grant(asked.request()), Code::renewal_field);
    RenewalRequest request = Asked().request();
    request.in_force = asked.held.sign_key;
    request.sign_proof = asked.request().sign_proof;
    REQUIRE_REFUSED(asked.grant(request), Code::proof_wrong);
}

TEST_CASE("what is not due, out of turn, or asked of one whose own certificate has ended is refused by name") {
    Asked asked;
    asked.wanted.next_open.reset();
    asked.secrets.next_open.reset();
    REQUIRE_REFUSED(asked.grant(asked.request()), Code::renewal_not_due);
    asked.now = after_days(500);
    REQUIRE(asked.grant(asked.request()));
    asked.wanted.serial = 3;
    REQUIRE_REFUSED(asked.grant(asked.request()), Code::renewal_serial);
    asked.wanted.serial = 2;
    asked.wanted.open_key = opening(60).public_key();
    REQUIRE_REFUSED(asked.grant(asked.request()), Code::renewal_field);
    asked.wanted.open_key = asked.held.open_key;
    asked.now = after_days(731);
    REQUIRE_REFUSED(asked.grant(asked.request()), Code::issuer_ended);
}

TEST_CASE("an expired signing key signs its successor") {
    Asked asked;
    asked.city.hill.certificate.expires_ms += ten_years;
    asked.now = after_days(800);
    asked.wanted = renewed_fields(asked.held, asked.now);
    const SigningKey fresh = *SigningKey::from_seed(seed(70));
    asked.wanted.sign_key = fresh.public_key();
    asked.secrets.sign = fresh;
    asked.secrets.next_open.reset();
    const RenewalRequest request = asked.request();
    const auto granted = asked.grant(request);
    REQUIRE(granted);
    const Bytes certificate = *issue_certificate(*granted, asked.city.hill.keys.sign);
    const Entry rekey = rekey_entry(certificate, encode(request));

    Roster roster = asked.city.roster();
    // Issued after the end of the issuer's certificate, as far as this roster knows.
    REQUIRE_REFUSED(roster.rekey(rekey.body), Code::issuer_ended);
    Certificate hill = asked.city.hill.certificate;
    hill.serial += 1;
    REQUIRE(roster.add(*issue_certificate(hill, asked.city.east.keys.sign))->changed);
    REQUIRE_REFUSED(roster.add(certificate), Code::certificate_conflict);
    REQUIRE(roster.rekey(rekey.body)->changed);
    CHECK_FALSE(roster.rekey(rekey.body)->changed);
    const SignPublicKey old = asked.held.sign_key, present = fresh.public_key();
    CHECK(roster.sign_keys(asked.held.node) == std::vector{old, present});
    const LogId named{asked.held.node, {}, Lane::records, {}}, other{asked.held.node, {}, Lane::rights, {}};
    const auto rank = [&](const LogId& log, Seq seq, const SignPublicKey& key) {
        return roster.signers().rank(log, seq, key, present);
    };
    CHECK(rank(named, 6, old) == 0u);
    CHECK_FALSE(rank(named, 6, present));
    CHECK(rank(named, 7, present) == 1u);
    CHECK(rank(named, 9, old) == 0u);  // until the first batch of the new key: the log's own order says so
    CHECK(rank(other, 0, present) == 1u);
    CHECK_FALSE(rank(named, 9, asked.city.second.certificate.sign_key));
}

TEST_CASE("a rekey that the old key has not signed is refused") {
    Asked asked;
    const SigningKey fresh = *SigningKey::from_seed(seed(70));
    asked.wanted.sign_key = fresh.public_key();
    asked.secrets.sign = fresh;
    RenewalRequest request = asked.request();
    const Bytes certificate = *issue_certificate(*asked.grant(request), asked.city.hill.keys.sign);
    Roster roster = asked.city.roster();
    request.logs.clear();
    REQUIRE_REFUSED(roster.rekey(rekey_entry(certificate, encode(request)).body), Code::proof_wrong);
    CHECK(roster.sign_keys(asked.held.node).size() == 1);
}

TEST_CASE("the city renews its own opening key, and its signing key only by the root") {
    const City city;
    Roster roster = city.roster();
    Certificate c = renewed_fields(city.city.certificate, after_days(80));
    c.next_open = NextOpening{opening(60).public_key(), 2, after_days(94).ms};
    REQUIRE(roster.add(*issue_certificate(c, city.city.keys.sign))->changed);
    c.serial += 1;
    c.sign_key = SigningKey::from_seed(seed(70))->public_key();
    REQUIRE_REFUSED(roster.add(*issue_certificate(c, city.city.keys.sign)), Code::certificate_signature);
}

}  // namespace renewal_test
