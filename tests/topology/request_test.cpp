// Shows that a request binds its keys, and that a reply by file is checked like one by the network.
#include "topology/request.h"
#include "tests/topology/sample.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace request_test {
namespace {

struct ByFile {
    City city;
    Roster roster = city.roster();
    ChildKeys child = keys(30);
    CertificationRequest asked = *request_certificate(child, code("990102001003"), "三村");

    CertificationReply reply() {
        const Certificate fields = fields_for(asked, city.hill.certificate.node, start);
        REQUIRE(roster.add(*issue_certificate(fields, city.hill.keys.sign)).has_value());
        return {make_reply(roster, fields.node, "192.0.2.7:7301"), roster.statements()};
    }
};

}  // namespace

TEST_CASE("from a request to a verified chain, through the files' text") {
    ByFile b;
    const auto asked = parse_request_text(request_text(b.asked));
    REQUIRE(asked.has_value());
    REQUIRE(*asked == b.asked);
    REQUIRE(id_of(*asked) == id_of(b.asked));
    const std::string text = reply_text(b.reply());
    REQUIRE(is_reply_text(text));
    const auto reply = parse_reply_text(text);
    REQUIRE(reply.has_value());
    const auto joined = check_reply(b.asked, b.child, *reply, "");
    REQUIRE(joined.has_value());
    REQUIRE(joined->root == b.city.root());
    REQUIRE(joined->parent_key == b.city.hill.keys.transport);
    REQUIRE(joined->enrolled.certificates.size() == 4);
    REQUIRE(check_reply(b.asked, b.child, *reply, b.city.root().hex()).has_value());
    REQUIRE(check_reply(b.asked, b.child, *reply, b.city.root().hex().substr(0, 24)).has_value());
}

TEST_CASE("whatever is changed in a request, its signature says so") {
    const ByFile b;
    const std::string text = request_text(b.asked);
    REQUIRE_REFUSED(parse_request_text("xinwang1:AAAA"), Code::not_a_request);
    REQUIRE_REFUSED(parse_request_text(text.substr(0, text.size() - 5)), Code::not_a_request);
    REQUIRE_REFUSED(request_certificate(b.child, b.asked.code, ""), Code::bad_name);
    const auto bent = [&](auto alter) {
        CertificationRequest r = b.asked;
        alter(r);
        REQUIRE_REFUSED(parse_request_text(request_text(r)), Code::request_damaged);
    };
    bent([](auto& r) { r.code = code("990102001004"); });
    bent([](auto& r) { r.open_key = keys(31).open.public_key(); });
    bent([](auto& r) { r.transport_key = keys(31).transport; });
    bent([](auto& r) { r.sign_key = keys(31).sign.public_key(); });
    bent([](auto& r) { r.name = "四村"; });
    bent([](auto& r) { r.open_epoch = 2; });
}

TEST_CASE("a reply that is not the answer to this request is refused by name") {
    ByFile b;
    const CertificationReply good = b.reply();
    REQUIRE_REFUSED(check_reply(b.asked, keys(31), good, ""), Code::reply_other_keys);
    CertificationRequest other = *request_certificate(b.child, code("990102001004"), "三村");
    REQUIRE_REFUSED(check_reply(other, b.child, good, ""), Code::reply_other_code);
    REQUIRE_REFUSED(check_reply(b.asked, b.child, good, std::string(64, '0')), Code::root_wrong);
    REQUIRE_REFUSED(check_reply(b.asked, b.child, good, b.city.root().hex().substr(0, 23)), Code::root_wrong);
    CertificationReply bent = good;
    bent.statements.front().back() ^= 1;
    REQUIRE_REFUSED(check_reply(b.asked, b.child, bent, ""), Code::directory_signature_wrong);
    bent = good;
    bent.reply.chain.pop_back();
    REQUIRE_REFUSED(check_reply(b.asked, b.child, bent, ""), Code::reply_chain);
    const std::string text = reply_text(good);
    REQUIRE_REFUSED(parse_reply_text(request_text(b.asked)), Code::not_a_reply);
    REQUIRE_REFUSED(parse_reply_text(text.substr(0, text.size() - 9)), Code::not_a_reply);
    bent.statements.clear();
    REQUIRE_REFUSED(parse_reply_text(reply_text(bent)), Code::not_a_reply);
}

}  // namespace request_test
