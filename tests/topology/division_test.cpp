// Shows that tier and parent follow from a division code, that a list is taken only when every row agrees with
// its code, and that every refusal of a list names its line.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "protocol/base/limits.h"
#include "tests/topology/sample.h"
#include "topology/division_list.h"

using namespace xinwang;

namespace division_test {

using sample::code;

namespace {

const char* const list =
    "code,name,tier,parent_code\n"
    "990100000000,甲市,city,\n"
    "990101000000,市辖区,county,990100000000\n"
    "990102000000,东区,county,990100000000\n"
    "990102001000,山前镇,township,990102000000\n"
    "990102001001,一村,village,990102001000\n"
    "990102001200,\"二村, \"\"新\"\"\",village,990102001000\n"
    "990102100000,湖口乡,township,990102000000\n"
    "990102100201,一村,village,990102100000\n";

// `list` with one row more, and the refusal that it brings.
Refusal refusal_of(const std::string& row) {
    const auto tree = DivisionTree::load(list + row);
    REQUIRE_FALSE(tree.has_value());
    return tree.error();
}

}  // namespace

TEST_CASE("tier, parent and span follow from the code") {
    const DivisionCode city = code("130600000000"), county = code("130602000000"),
                       township = code("130602001000"), village = code("130602001001");
    REQUIRE(city.tier() == Tier::city);
    REQUIRE(county.tier() == Tier::county);
    REQUIRE(township.tier() == Tier::township);
    REQUIRE(village.tier() == Tier::village);
    REQUIRE_FALSE(city.parent());
    REQUIRE(county.parent() == city);
    REQUIRE(township.parent() == county);
    REQUIRE(village.parent() == township);
    REQUIRE(village.at(Tier::city) == city);
    REQUIRE(village.at(Tier::county) == county);
    REQUIRE(village.at(Tier::village) == village);
    REQUIRE_FALSE(city.at(Tier::county));
    REQUIRE(village.is_within(county));
    REQUIRE(county.is_within(county));
    REQUIRE_FALSE(county.is_within(village));
    REQUIRE_FALSE(code("130603001001").is_within(county));
    REQUIRE(village.text() == "130602001001");
    REQUIRE(code("130601000000").tier() == Tier::county);  // the placeholder 市辖区 of real lists
}

TEST_CASE("a code of no tier is refused by name") {
    REQUIRE_REFUSED(DivisionCode::parse(""), Code::code_length);
    REQUIRE_REFUSED(DivisionCode::parse("13060200100"), Code::code_length);
    REQUIRE_REFUSED(DivisionCode::parse("1306020010011"), Code::code_length);
    REQUIRE_REFUSED(DivisionCode::parse("13060200100x"), Code::code_digit);
    REQUIRE_REFUSED(DivisionCode::parse(" 130602001001"), Code::code_digit);
    REQUIRE_REFUSED(DivisionCode::parse("130000000000"), Code::code_province);
    REQUIRE_REFUSED(DivisionCode::parse("000000000000"), Code::code_shape);
    REQUIRE_REFUSED(DivisionCode::parse("000102001001"), Code::code_shape);
    REQUIRE_REFUSED(DivisionCode::parse("130002000000"), Code::code_shape);  // no city
    REQUIRE_REFUSED(DivisionCode::parse("441900003000"), Code::code_shape);  // no county
    REQUIRE_REFUSED(DivisionCode::parse("130602000001"), Code::code_shape);  // no township
    REQUIRE_REFUSED(DivisionCode::from_number(1'000'000'000'000), Code::code_length);
    REQUIRE(DivisionCode::is_province("130000000000"));
    REQUIRE_FALSE(DivisionCode::is_province("130600000000"));
    REQUIRE_FALSE(DivisionCode::is_province("13000000000"));
}

TEST_CASE("a list becomes a tree, with or without mark, optional columns and CRLF") {
    const auto tree = DivisionTree::load(list);
    REQUIRE(tree.has_value());
    REQUIRE(tree->all().size() == 8);
    REQUIRE(tree->count(Tier::village) == 3);
    REQUIRE(tree->find(code("990102001200"))->name == "二村, \"新\"");
    REQUIRE(tree->find(code("990199000000")) == nullptr);
    REQUIRE(tree->children(code("990102000000")) ==
            std::vector<DivisionCode>{code("990102001000"), code("990102100000")});
    REQUIRE(tree->children(code("990100000000")).size() == 2);
    REQUIRE(tree->children(code("990102100201")).empty());
    REQUIRE(tree->children(code("990199000000")).empty());

    const auto plain = DivisionTree::load(
        "\xEF\xBB\xBFname,x,code\r\n一村,1,990102001001\r\n\r\n山前镇,2,990102001000\r\n东区,3,990102000000");
    REQUIRE(plain.has_value());
    REQUIRE(plain->all().front().code == code("990102000000"));
    REQUIRE(plain->all().size() == 3);
}

TEST_CASE("a list that disagrees with its codes is refused with its line") {
    REQUIRE(refusal_of("990102001001,又一村,village,990102001000\n") ==
            Refusal(Code::list_code_twice, "10", "990102001001", "6"));
    REQUIRE(refusal_of("990104001000,无区镇,township,990104000000\n") ==
            Refusal(Code::list_parent_missing, "10", "990104001000", "990104000000"));
    REQUIRE(refusal_of("990102002000,错镇,township,990103000000\n") ==
            Refusal(Code::list_parent_wrong, "10", "990103000000", "990102000000"));
    REQUIRE(refusal_of("990102002000,错镇,village,990102000000\n") ==
            Refusal(Code::list_tier_wrong, "10", "village", "township"));
    REQUIRE(refusal_of("99010200200,短,township,990102000000\n").code == Code::list_code_bad);
    REQUIRE(refusal_of("990102002000,,township,990102000000\n").code == Code::bad_name);
    REQUIRE(refusal_of("990102002000,\xFF,township,990102000000\n").code == Code::bad_name);
    REQUIRE(refusal_of("990102002000,镇,township\n") == Refusal(Code::list_line_broken, "10", "3"));
    REQUIRE(refusal_of("990102002000,\"镇,township,990102000000\n").code == Code::list_line_broken);
    REQUIRE(refusal_of("990102002000,\"镇\"x,township,990102000000\n").code == Code::list_line_broken);
    REQUIRE(refusal_of("980100000000,乙市,city,\n") ==
            Refusal(Code::list_second_city, "2", "990100000000", "980100000000"));
    REQUIRE_REFUSED(DivisionTree::load(""), Code::list_columns);
    REQUIRE_REFUSED(DivisionTree::load("name\n甲\n"), Code::list_columns);
    REQUIRE_REFUSED(DivisionTree::load("code,name\n\n"), Code::list_empty);
    REQUIRE_REFUSED(DivisionTree::load(std::string(limits::division_list_bytes_max + 1, 'x')), Code::too_large);
}

TEST_CASE("the real list of a city, when it is at hand") {
    const char* path = std::getenv("XINWANG_DIVISIONS");
    std::ifstream file(path ? path : "../shared/data/baoding-divisions.csv", std::ios::binary);
    if (!file) {
        WARN("skipped: no list of divisions at hand (XINWANG_DIVISIONS names one)");
        return;
    }
    const std::string csv{std::istreambuf_iterator<char>(file), {}};
    const auto tree = DivisionTree::load(csv);
    if (!tree) FAIL(tree.error().line(Language::english));
    REQUIRE(tree->all().size() == 7'207);
    REQUIRE(tree->count(Tier::city) == 1);
    REQUIRE(tree->count(Tier::county) == 27);
    REQUIRE(tree->count(Tier::township) == 353);
    REQUIRE(tree->count(Tier::village) == 6'826);
    std::size_t children = 0;
    for (const Division& d : tree->all()) children += tree->children(d.code).size();
    REQUIRE(children == 7'206);
}

}  // namespace division_test
