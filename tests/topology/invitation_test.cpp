// Shows that an invitation is one line that any single slip of a copying hand breaks by name.
#include "protocol/base/limits.h"
#include "tests/topology/enrolment_sample.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace invitation_test {

TEST_CASE("an invitation survives its line, and blanks that mail programs add") {
    const City city;
    const Invitation made = invitation(city, "三村");
    const auto line = write_invitation(made);
    REQUIRE(line.has_value());
    REQUIRE(line->starts_with("xinwang1:"));
    REQUIRE(*parse_invitation(*line) == made);
    REQUIRE(parse_invitation(*line)->tier() == Tier::village);
    const std::string folded = "  " + line->substr(0, 70) + "\r\n\t" + line->substr(70) + "\n";
    REQUIRE(*parse_invitation(folded) == made);
    const Invitation nameless = invitation(city, "");
    REQUIRE(*parse_invitation(*write_invitation(nameless)) == nameless);
}

TEST_CASE("one wrong, missing, doubled or exchanged character is refused") {
    const std::string line = *write_invitation(invitation(City(), "三村"));
    for (std::size_t i = 0; i < line.size(); ++i) {
        std::string wrong = line;
        wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
        REQUIRE_FALSE(parse_invitation(wrong).has_value());
        std::string missing = line;
        missing.erase(i, 1);
        REQUIRE_FALSE(parse_invitation(missing).has_value());
        std::string doubled = line;
        doubled.insert(i, 1, line[i]);
        REQUIRE_FALSE(parse_invitation(doubled).has_value());
        if (i == 0 || line[i] == line[i - 1]) continue;
        std::string exchanged = line;
        std::swap(exchanged[i], exchanged[i - 1]);
        REQUIRE_FALSE(parse_invitation(exchanged).has_value());
    }
}

TEST_CASE("one slip is named by its place, whatever it is") {
    const std::string line = *write_invitation(invitation(City(), "三村"));
    const auto slip = [](const std::string& wrong) {
        const auto parsed = parse_invitation(wrong);
        REQUIRE_FALSE(parsed.has_value());
        return name_the_slip(wrong, parsed.error());
    };
    for (std::size_t i = invitation_prefix.size(); i < line.size(); i += 13) {
        std::string wrong = line;
        wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
        REQUIRE(slip(wrong) == Refusal(Code::invitation_character, wrong.substr(i, 1), std::to_string(i + 1)));
        REQUIRE(slip(line.substr(0, i) + "“" + line.substr(i + 1)) ==
                Refusal(Code::invitation_character, "“", std::to_string(i + 1)));
        std::string missing = line;
        missing.erase(i, 1);
        // Of a run of equal characters nobody can tell which one is missing: the first is named.
        const Refusal lacking = slip(missing);
        REQUIRE(lacking.code == Code::invitation_missing);
        REQUIRE(std::stoul(lacking.value) <= i + 1);
        REQUIRE(slip(line.substr(0, i) + " -\n" + line.substr(i)).code == Code::invitation_extra);
        if (i + 1 == line.size() || line[i] == line[i + 1]) continue;
        std::string exchanged = line;
        std::swap(exchanged[i], exchanged[i + 1]);
        REQUIRE(slip(exchanged) ==
                Refusal(Code::invitation_swapped, {}, std::to_string(i + 1), std::to_string(i + 2)));
    }
    // Two slips, or a torn line: no place can be named.
    std::string torn = line.substr(0, line.size() - 20);
    REQUIRE(slip(torn).code == Code::invitation_damaged);
    REQUIRE(slip("https://example.cn/").code == Code::not_an_invitation);
}

TEST_CASE("each refusal of an invitation has its name") {
    const std::string line = *write_invitation(invitation(City(), "三村"));
    REQUIRE_REFUSED(parse_invitation(""), Code::not_an_invitation);
    REQUIRE_REFUSED(parse_invitation("https://example.cn/"), Code::not_an_invitation);
    REQUIRE_REFUSED(parse_invitation("xinwang1:"), Code::invitation_damaged);
    REQUIRE_REFUSED(parse_invitation("xinwang1:AAAA"), Code::invitation_damaged);
    REQUIRE_REFUSED(parse_invitation("xinwang1:!" + line.substr(10)), Code::invitation_damaged);
    REQUIRE_REFUSED(parse_invitation(line.substr(0, line.size() - 4)), Code::invitation_damaged);
    REQUIRE_REFUSED(parse_invitation(line + std::string(3'000, 'A')), Code::too_large);
    Invitation bad = invitation(City(), "三\x01村");
    REQUIRE_REFUSED(write_invitation(bad), Code::bad_name);
    bad = invitation(City(), "三村");
    bad.data_address = "nowhere";
    REQUIRE_REFUSED(write_invitation(bad), Code::bad_address);
    bad = invitation(City(), "三村");
    bad.code = {};
    REQUIRE_REFUSED(write_invitation(bad), Code::code_shape);
}

TEST_CASE("a line of a later version says so") {
    Bytes body{9, 0};
    const auto sum = hash<Hash256>("XW-invitation", {body});
    append(body, sum.view().first(4));
    REQUIRE_REFUSED(parse_invitation("xinwang1:" + base64url(body)), Code::invitation_version);
}

TEST_CASE("addresses") {
    for (const char* good : {"192.0.2.7:7301", "node.example.cn:1", "[2001:db8::7]:65535", "localhost:7302"})
        REQUIRE(check_address(good, "address").has_value());
    for (const char* bad :
         {"", ":", "host", "host:", ":7301", "host:0", "host:65536", "host:73o1", "host:007301", "a b:1",
          "2001:db8::7:7301", "[]:1", "tcp://host:1", "host:1\n", "主机:1"})
        REQUIRE_REFUSED(check_address(bad, "address"), Code::bad_address);
    REQUIRE_REFUSED(check_address(std::string(300, 'a') + ":1", "address"), Code::bad_address);
}

TEST_CASE("the longest names and addresses fit the line") {
    Invitation i = invitation(City(), std::string(limits::name_bytes_max, 'n'));
    i.parent_name = std::string(limits::name_bytes_max, 'p');
    i.data_address = i.enrol_address = std::string(limits::address_bytes_max - 2, 'a') + ":1";
    REQUIRE(*parse_invitation(*write_invitation(i)) == i);
}

}  // namespace invitation_test
