// Shows that the examples of WIRE.md on certificates, invitations and enrolment are what this program writes
// and reads.
#include <fstream>
#include <iterator>

#include "tests/topology/enrolment_sample.h"
#include "topology/division_change.h"
#include "topology/roster.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace wire_test {
namespace {

// The fenced block that begins with ```<info>, its lines joined.
std::string block(const std::string& info) {
    std::ifstream file(XINWANG_SOURCE_DIR "/protocol/WIRE.md");
    REQUIRE(file);
    const std::string all{std::istreambuf_iterator<char>(file), {}};
    const std::string open = "```" + info + "\n";
    const auto begin = all.find(open);
    REQUIRE(begin != all.npos);
    const auto end = all.find("```", begin + open.size());
    REQUIRE(end != all.npos);
    std::string content = all.substr(begin + open.size(), end - begin - open.size());
    std::erase(content, '\n');
    return content;
}

}  // namespace

TEST_CASE("the certificate of WIRE.md") {
    const City city;
    REQUIRE(block("hex certificate") == hex(city.first.bytes));
}

TEST_CASE("the entry about divisions of WIRE.md") {
    const DivisionChange change{2,
                                20'260'701,
                                DivisionChangeKind::recoded,
                                LinkBasis::given,
                                {{code("990102001002"), "二村"}},
                                {{code("990102001005"), "二村社区"}}};
    REQUIRE(block("hex division-entry") == hex(encode(change)));
}

TEST_CASE("the move of WIRE.md") {
    const City city;
    Certificate c = city.first.certificate;
    c.code = code("990102100001");
    c.parent = city.lake.certificate.node;
    c.serial += 16;
    Move m;
    m.mover = city.east.certificate.node;
    m.at_ms = start.ms;
    m.certificate = *issue_certificate(c, city.east.keys.sign);
    m.former_code = city.first.certificate.code;
    m.lineage = {city.hill.certificate.node};
    m.chain = {city.lake.bytes};
    m.address = "192.0.2.7:7301";
    m.logs = {{LogId{c.node, Incarnation{}, Lane::records, {}}, 3}};
    REQUIRE(block("hex move") == hex(sign_move(m, city.east.keys.sign)));
    Roster r = city.roster();
    REQUIRE(r.move(*from_hex(block("hex move")))->changed);
}

TEST_CASE("the directory statement of WIRE.md") {
    const City city;
    const auto person = [](std::uint8_t number, const std::string& name) {
        return Operator{name, SigningKey::from_seed(seed(number))->public_key()};
    };
    const auto s =
        *first_statement(city.city.bytes, root_keys(), 2, {person(210, "张三"), person(211, "李四")}, start);
    REQUIRE(block("hex directory-statement") == hex(encode(s)));
    REQUIRE(block("hex root-id") == root_id_of(s.roots).hex());
    Roster r = Roster::create(*RootId::parse_hex(block("hex root-id")));
    REQUIRE(r.adopt(*from_hex(block("hex directory-statement")))->changed);
}

TEST_CASE("the invitation of WIRE.md, and the ceremony that follows it") {
    const City city;
    const Invitation i = invitation(city, "三村");
    REQUIRE(block("text invitation") == *write_invitation(i));
    REQUIRE(block("hex enrol-hello") == hex(encode(EnrolMessage(make_hello(i)))));
    const EnrolChallenge challenge{OpeningKey::from_secret(seed(100))->public_key()};
    REQUIRE(block("hex enrol-challenge") == hex(encode(EnrolMessage(challenge))));
    REQUIRE(block("hex enrol-request") == hex(encode(EnrolMessage(*make_request(i, keys(30), "", challenge)))));
}

}  // namespace wire_test
