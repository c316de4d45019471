// Shows that a link profile is data: both shipped profiles are read, and whatever is incomplete, misspelt or
// contradictory in one is refused with the key that is wrong.
#include "tests/node/link_sample.h"

using namespace xinwang;
using namespace xinwang::link_sample;

namespace link_profile_test {

TEST_CASE("the shipped link profiles are read") {
    const auto hebei = profile("hebei-default.toml");
    REQUIRE(hebei.id == "hebei-default");
    REQUIRE(hebei.rows_per_package == 5000);
    REQUIRE(hebei.format == LinkFormat::csv);
    REQUIRE(hebei.encoding == TextEncoding::utf8_bom);
    REQUIRE(hebei.catalogues.at("xzxk").table == "XZXK");
    REQUIRE(hebei.feedback.results.at("1") == FeedbackResult::accepted);

    const auto other = profile("example-xml-gb18030.toml");
    REQUIRE(other.format == LinkFormat::xml);
    REQUIRE(other.encoding == TextEncoding::gb18030);
    REQUIRE(other.header_format == HeaderFormat::xml);
    REQUIRE(other.catalogues.at("xzxk").order.size() == 2);
    REQUIRE(other.feedback.results.size() == 3);
}

TEST_CASE("the shipped profiles name catalogues that are shipped, and their fields") {
    for (const char* name : {"hebei-default.toml", "example-xml-gb18030.toml"})
        for (const auto& [id, table] : profile(name).catalogues) {
            std::ifstream catalogue(XINWANG_SOURCE_DIR "/deploy/catalogues/" + id + ".toml");
            CAPTURE(name, id);
            REQUIRE(catalogue);
            std::ostringstream all;
            all << catalogue.rdbuf();
            for (const auto& code : table.order) REQUIRE(all.str().find('"' + code + '"') != std::string::npos);
        }
}

TEST_CASE("a wrong link profile is refused with its key") {
    struct Change {
        const char* from;
        const char* to;
        const char* field;
    };
    const Change change = GENERATE(values<Change>({
        {"rows = 5000", "rows = 0", "package.rows"},
        {"rows = 5000", "rows = \"many\"", "package.rows"},
        {"rows = 5000", "row = 5000", "package.row"},
        {"{city}_{catalogue}_{date}_{package}", "{city}", "package.name"},
        {"{city}_{catalogue}_{date}_{package}", "../{package}", "package.name"},
        {"format = \"csv\"", "format = \"xlsx\"", "body.format"},
        {"encoding = \"utf-8-bom\"", "encoding = \"GBK\"", "body.encoding"},
        {"name = \"CZBS\"", "nam = \"CZBS\"", "body.columns[1].name"},
        {"{ is = \"fields\" },", "", "body.columns"},
        {"place = \"file\"", "place = \"mail\"", "header.place"},
        {"{ is = \"hash\", ", "{ is = \"receiver\",", "header.items"},
        {"suffix = \".head\"", "suffix = \".csv\"", "header.suffix"},
        {"result = \"JG\"", "result = \"BH\"", "feedback.columns.BH"},
        {"\"1\" = \"accepted\"", "\"1\" = \"perhaps\"", "feedback.results.1"},
        {"id = \"xzcf\"", "id = \"xzxk\"", "catalogue[1].id"},
        {"version = 1", "version = 1\nvresion = 2", "vresion"},
    }));
    const auto text = replaced(profile_text("hebei-default.toml"), change.from, change.to);
    const auto parsed = parse_profile(text);
    REQUIRE_FALSE(parsed);
    CAPTURE(change.to, parsed.error().line(Language::english));
    REQUIRE(parsed.error().code == Code::bad_profile);
    REQUIRE(parsed.error().field == change.field);
}

TEST_CASE("what is not TOML, or too much of it, is refused") {
    REQUIRE(parse_profile("id = ").error().code == Code::bad_profile);
    REQUIRE(parse_profile(std::string(70'000, '#')).error().code == Code::too_large);
    REQUIRE(parse_profile("").error().field == "id");
}

}  // namespace link_profile_test
