// Shows that an invitation lets in exactly one node, which proves every key it names, and that each slip or lie
// on either side is refused by name.
#include "protocol/base/limits.h"
#include "tests/topology/enrolment_sample.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace enrolment_test {
namespace {

using Desk = EnrolmentDesk;

// 山前镇 at its desk with one open invitation, and the child that holds it.
struct Ceremony {
    City city;
    Roster roster = city.roster();
    NodeId self = city.hill.certificate.node;
    Invitation invited;
    Desk desk;
    ChildKeys child = keys(30);
    Instant now = start;
    std::uint8_t ephemeral = 100;

    explicit Ceremony(const std::string& name = "三村") : invited(invitation(city, name)) {
        REQUIRE(desk.open(now, invited, roster, self).has_value());
    }
    Result<EnrolChallenge> greet(Desk::Connection connection, const Invitation& line) {
        return desk.greet(now, connection, make_hello(line), *OpeningKey::from_secret(seed(ephemeral++)));
    }
    EnrolRequest request(Desk::Connection connection, const Invitation& line, const ChildKeys& who,
                         const std::string& name = "") {
        const auto challenge = greet(connection, line);
        REQUIRE(challenge.has_value());
        auto made = make_request(line, who, name, *challenge);
        REQUIRE(made.has_value());
        return *made;
    }
    Desk::Verdict answer(Desk::Connection connection, const EnrolRequest& request) {
        return desk.answer(now, connection, request, request.transport_key, roster, self);
    }
    // The whole way with the parent's commit; the reply as it would be sent.
    EnrolReply enrol(Desk::Connection connection, const ChildKeys& who) {
        const auto verdict = answer(connection, request(connection, invited, who));
        REQUIRE(verdict.outcome.has_value());
        const Certificate& fields = verdict.outcome->fields;
        if (!verdict.outcome->again)
            REQUIRE(roster.add(*issue_certificate(fields, city.hill.keys.sign))->changed);
        return make_reply(roster, fields.node, "192.0.2.7:7301");
    }
    std::vector<Bytes> statements() const { return roster.statements(); }
    const OpenInvitation& kept() const { return desk.invitations().begin()->second; }
};

template <class M>
M through_wire(const M& message) {
    const auto decoded = decode_enrol_message(encode(EnrolMessage(message)));
    REQUIRE(decoded.has_value());
    return std::get<M>(*decoded);
}

}  // namespace

TEST_CASE("from an invitation to a verified chain, through the wire's bytes") {
    Ceremony c;
    const Invitation line = *parse_invitation(*write_invitation(c.invited));
    const auto hello = through_wire(make_hello(line));
    const auto challenge = c.desk.greet(c.now, 1, hello, *OpeningKey::from_secret(seed(100)));
    REQUIRE(challenge.has_value());
    const auto request = make_request(line, c.child, "", through_wire(*challenge));
    REQUIRE(request.has_value());
    const auto verdict = c.answer(1, through_wire(*request));
    REQUIRE(verdict.outcome.has_value());
    REQUIRE_FALSE(verdict.outcome->again);
    const Certificate fields = verdict.outcome->fields;
    REQUIRE(fields.name == "三村");
    REQUIRE(fields.expires_ms == start.ms + limits::certificate_days * day_ms);
    REQUIRE(verdict.changed->state == InvitationState::used);
    REQUIRE(verdict.changed->node == fields.node);
    REQUIRE(c.roster.add(*issue_certificate(fields, c.city.hill.keys.sign))->changed);
    const auto reply = through_wire(make_reply(c.roster, fields.node, "192.0.2.7:7301"));
    const auto enrolled = check_reply(line, c.child, c.statements(), reply);
    if (!enrolled) FAIL(enrolled.error().line(Language::english));
    REQUIRE(enrolled->certificate.node == node_id_of(c.child.sign.public_key()));
    REQUIRE(enrolled->certificates.size() == 4);
    REQUIRE(enrolled->certificates.front() == c.city.city.bytes);
    REQUIRE(enrolled->data_address == "192.0.2.7:7301");
}

TEST_CASE(
    "a node whose reply was lost gets the same certificate again; anyone else is told that the token is used") {
    Ceremony c;
    const EnrolReply first = c.enrol(1, c.child);
    c.now = c.now + Duration(30 * day_ms);  // long after the invitation's end
    const EnrolReply again = c.enrol(2, c.child);
    REQUIRE(again.certificate == first.certificate);
    REQUIRE_REFUSED(c.answer(3, c.request(3, c.invited, keys(31))).outcome, Code::token_used);
    ChildKeys half = c.child;
    half.open = *OpeningKey::from_secret(seed(32));
    REQUIRE_REFUSED(c.answer(4, c.request(4, c.invited, half)).outcome, Code::token_used);
    REQUIRE(c.roster.size() == 9);
}

TEST_CASE("five wrong token proofs burn the invitation, and each is kept") {
    Ceremony c;
    for (int tries = 1; tries <= 5; ++tries) {
        EnrolRequest request = c.request(1, c.invited, c.child);
        request.token_proof.bytes[31] ^= 1;
        const auto verdict = c.answer(1, request);
        REQUIRE_REFUSED(verdict.outcome, Code::token_proof_wrong);
        REQUIRE(verdict.outcome.error().value == std::to_string(5 - tries));
        REQUIRE(verdict.changed->wrong_tries == tries);
        REQUIRE((verdict.changed->state == InvitationState::burnt) == (tries == 5));
    }
    REQUIRE_REFUSED(c.greet(1, c.invited), Code::token_burnt);
}

TEST_CASE("a challenge serves one answer on one connection") {
    Ceremony c;
    const EnrolRequest request = c.request(1, c.invited, c.child);
    REQUIRE_REFUSED(c.answer(2, request).outcome, Code::no_challenge);
    const EnrolRequest other = c.request(2, c.invited, c.child);
    REQUIRE_REFUSED(c.answer(1, other).outcome, Code::token_proof_wrong);  // made for another challenge
    REQUIRE_REFUSED(c.answer(1, request).outcome, Code::no_challenge);     // spent
    REQUIRE(c.answer(2, other).outcome.has_value());
    c.request(3, c.invited, c.child);
    c.desk.forget(3);
    REQUIRE_REFUSED(c.answer(3, request).outcome, Code::no_challenge);
}

TEST_CASE("connections that greet and never answer are bounded: the oldest gives way") {
    Ceremony c;
    const EnrolRequest oldest = c.request(0, c.invited, c.child);
    const EnrolRequest next = c.request(1, c.invited, c.child);
    for (Desk::Connection i = 2; i <= limits::enrol_challenges_max; ++i)
        REQUIRE(c.greet(i, c.invited).has_value());
    REQUIRE_REFUSED(c.answer(0, oldest).outcome, Code::no_challenge);
    REQUIRE(c.answer(1, next).outcome.has_value());
}

TEST_CASE("every key must be proven, and a failure there spends no try") {
    Ceremony c;
    const auto refused = [&](auto alter) {
        const auto challenge = c.greet(1, c.invited);
        const auto verdict = alter(*challenge);
        REQUIRE_FALSE(verdict.outcome.has_value());
        REQUIRE_FALSE(verdict.changed.has_value());
        REQUIRE(c.kept().wrong_tries == 0);
        return verdict.outcome.error();
    };
    const auto honest = [&](const EnrolChallenge& challenge) {
        return *make_request(c.invited, c.child, "", challenge);
    };
    REQUIRE(refused([&](const EnrolChallenge& challenge) {
                EnrolRequest r = honest(challenge);
                r.sign_proof.bytes[0] ^= 1;
                return c.answer(1, r);
            }) == Refusal(Code::proof_wrong, "sign key"));
    REQUIRE(refused([&](const EnrolChallenge& challenge) {
                EnrolRequest r = honest(challenge);
                r.open_proof.bytes[0] ^= 1;
                return c.answer(1, r);
            }) == Refusal(Code::proof_wrong, "open key"));
    REQUIRE(refused([&](const EnrolChallenge& challenge) {
                return c.desk.answer(c.now, 1, honest(challenge), keys(9).transport, c.roster, c.self);
            }) == Refusal(Code::proof_wrong, "transport key"));
}

TEST_CASE("what may not be greeted") {
    Ceremony c;
    Invitation other = c.invited;
    other.token = token(78);
    REQUIRE_REFUSED(c.greet(1, other), Code::token_unknown);
    other = c.invited;
    other.code = code("990102001004");
    REQUIRE_REFUSED(c.greet(1, other), Code::token_other_code);
    const EnrolRequest early = c.request(1, c.invited, c.child);
    c.now = Instant{c.invited.expires_ms};
    REQUIRE_REFUSED(c.greet(2, c.invited), Code::token_expired);
    REQUIRE_REFUSED(c.answer(1, early).outcome, Code::token_expired);
}

TEST_CASE("a place, a transport key or a node that is taken is refused before the token is used") {
    Ceremony c;
    ChildKeys thief = c.child;
    thief.transport = c.city.third.keys.transport;
    REQUIRE_REFUSED(c.answer(1, c.request(1, c.invited, thief)).outcome, Code::transport_key_taken);
    REQUIRE_REFUSED(c.answer(1, c.request(1, c.invited, c.city.third.keys)).outcome,
                    Code::certificate_conflict);
    REQUIRE(
        c.roster.add(*issue_certificate(fields(40, "990102001003", "先来村", c.self), c.city.hill.keys.sign))
            ->changed);
    REQUIRE_REFUSED(c.answer(1, c.request(1, c.invited, c.child)).outcome, Code::code_taken);
    REQUIRE(c.kept().state == InvitationState::open);
}

TEST_CASE("the child names itself only where the invitation does not") {
    Ceremony named;
    REQUIRE(named.answer(1, named.request(1, named.invited, named.child, "自称村")).outcome->fields.name ==
            "三村");
    Ceremony nameless("");
    const auto challenge = nameless.greet(1, nameless.invited);
    REQUIRE_REFUSED(make_request(nameless.invited, nameless.child, "", *challenge), Code::bad_name);
    REQUIRE(nameless.answer(1, nameless.request(1, nameless.invited, nameless.child, "自称村"))
                .outcome->fields.name == "自称村");
}

TEST_CASE(
    "opening an invitation: only for a free code of one's own, the latest for a code, and boundedly many") {
    Ceremony c;
    Invitation i = c.invited;
    i.code = code("990102100001");
    REQUIRE_REFUSED(c.desk.open(c.now, i, c.roster, c.self), Code::not_issuers_code);
    i.code = c.city.first.certificate.code;
    REQUIRE_REFUSED(c.desk.open(c.now, i, c.roster, c.self), Code::code_taken);
    i = c.invited;
    i.name = "\x7F";
    REQUIRE_REFUSED(c.desk.open(c.now, i, c.roster, c.self), Code::bad_name);
    i = c.invited;
    i.token = token(79);
    const auto opened = c.desk.open(c.now, i, c.roster, c.self);
    REQUIRE(opened.has_value());
    REQUIRE(opened->dropped == std::vector<TokenId>{token_id_of(c.invited.token)});
    REQUIRE_REFUSED(c.greet(1, c.invited), Code::token_unknown);
    REQUIRE(c.greet(1, i).has_value());

    // Fill the desk: used ones give way from the oldest, open ones do not.
    const auto fill = [&](std::size_t number, InvitationState state) {
        OpenInvitation kept = opened->kept;
        kept.token.bytes = {static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8), 1};
        kept.code = code("990102001005");
        kept.state = state;
        kept.made_ms += static_cast<std::int64_t>(number);
        c.desk.restore(kept);
        return kept.token;
    };
    for (std::size_t n = 2; n < limits::invitations_max; ++n) fill(n, InvitationState::open);
    const TokenId old = fill(1, InvitationState::used);
    REQUIRE(c.desk.invitations().size() == limits::invitations_max);
    i.code = code("990102001006");
    i.token = token(80);
    REQUIRE(c.desk.open(c.now, i, c.roster, c.self)->dropped == std::vector<TokenId>{old});
    i.code = code("990102001007");
    i.token = token(81);
    REQUIRE_REFUSED(c.desk.open(c.now, i, c.roster, c.self), Code::invitations_full);
}

TEST_CASE("what the parent keeps of an invitation survives its store and holds no token") {
    Ceremony c;
    const Bytes bytes = encode(c.kept());
    REQUIRE(*parse_open_invitation(bytes) == c.kept());
    REQUIRE(text(bytes).find(text(c.invited.token.view())) == std::string_view::npos);
    Desk other;
    other.restore(*parse_open_invitation(bytes));
    REQUIRE(other.invitations() == c.desk.invitations());
    for (std::size_t n = 0; n < bytes.size(); ++n)
        REQUIRE_FALSE(parse_open_invitation(View(bytes).first(n)).has_value());
    Bytes bad = bytes;
    bad[64] = 0;  // state
    REQUIRE_REFUSED(parse_open_invitation(bad), Code::bad_number);
}

TEST_CASE("a child takes only its own certificate with its whole chain under the root it was told") {
    Ceremony c;
    const EnrolReply good = c.enrol(1, c.child);
    REQUIRE(check_reply(c.invited, c.child, c.statements(), good).has_value());
    REQUIRE_REFUSED(check_reply(c.invited, keys(31), c.statements(), good), Code::reply_not_mine);
    Invitation other = c.invited;
    other.code = code("990102001004");
    REQUIRE_REFUSED(check_reply(other, c.child, c.statements(), good), Code::reply_not_mine);
    other = c.invited;
    other.name = "四村";
    REQUIRE_REFUSED(check_reply(other, c.child, c.statements(), good), Code::reply_not_mine);
    other = c.invited;
    other.parent = c.city.lake.certificate.node;
    REQUIRE_REFUSED(check_reply(other, c.child, c.statements(), good), Code::reply_not_mine);
    other = c.invited;
    other.root.bytes[0] ^= 1;
    REQUIRE_REFUSED(check_reply(other, c.child, c.statements(), good), Code::root_wrong);
    REQUIRE_REFUSED(check_reply(c.invited, c.child, {}, good), Code::directory_missing);
    other = c.invited;
    other.parent_transport_key = c.city.west.keys.transport;
    REQUIRE_REFUSED(check_reply(other, c.child, c.statements(), good), Code::reply_chain);
    EnrolReply reply = good;
    reply.chain.pop_back();
    REQUIRE_REFUSED(check_reply(c.invited, c.child, c.statements(), reply), Code::reply_chain);
    reply = good;
    reply.chain.erase(reply.chain.begin() + 1);
    REQUIRE_REFUSED(check_reply(c.invited, c.child, c.statements(), reply), Code::issuer_unknown);
    reply = good;
    reply.chain.insert(reply.chain.begin() + 2, c.city.west.bytes);
    REQUIRE_REFUSED(check_reply(c.invited, c.child, c.statements(), reply), Code::reply_chain);
    reply = good;
    reply.certificate.back() ^= 1;
    REQUIRE_REFUSED(check_reply(c.invited, c.child, c.statements(), reply), Code::certificate_signature);
}

TEST_CASE("messages: unknown types, lengths and bad parts are refused; a refusal travels whole") {
    Ceremony c;
    const EnrolRefused refused{Refusal(Code::token_expired, "990102001003")};
    REQUIRE(through_wire(refused).refusal == refused.refusal);
    Bytes newer = encode(EnrolMessage(refused));
    newer[1] = newer[2] = 0xFF;
    REQUIRE(std::get<EnrolRefused>(*decode_enrol_message(newer)).refusal.code == Code::refused_by_newer_peer);
    REQUIRE_REFUSED(decode_enrol_message({}), Code::truncated);
    REQUIRE_REFUSED(decode_enrol_message(Bytes{1}), Code::enrol_unknown_message);
    REQUIRE_REFUSED(decode_enrol_message(Bytes{39}), Code::enrol_unknown_message);
    REQUIRE_REFUSED(decode_enrol_message(Bytes(limits::enrol_frame_bytes_max + 1, 33)), Code::too_large);
    EnrolHello placeless = make_hello(c.invited);
    placeless.code = {};
    REQUIRE_REFUSED(decode_enrol_message(encode(EnrolMessage(placeless))), Code::code_shape);
    EnrolRequest request = c.request(1, c.invited, c.child);
    request.name = "\n";
    REQUIRE_REFUSED(decode_enrol_message(encode(EnrolMessage(request))), Code::bad_name);
    EnrolReply reply = c.enrol(1, c.child);
    reply.data_address = "nowhere";
    REQUIRE_REFUSED(decode_enrol_message(encode(EnrolMessage(reply))), Code::bad_address);
    reply.chain.resize(9);
    REQUIRE_REFUSED(decode_enrol_message(encode(EnrolMessage(reply))), Code::reply_chain);
    request.name = "三村";
    const Bytes whole = encode(EnrolMessage(request));
    for (std::size_t n = 0; n < whole.size(); ++n)
        REQUIRE_FALSE(decode_enrol_message(View(whole).first(n)).has_value());
    Bytes longer = whole;
    longer.push_back(0);
    REQUIRE_REFUSED(decode_enrol_message(longer), Code::trailing_bytes);
    const auto zero = make_request(c.invited, c.child, "", EnrolChallenge{});
    REQUIRE_REFUSED(zero, Code::weak_key);
}

}  // namespace enrolment_test
