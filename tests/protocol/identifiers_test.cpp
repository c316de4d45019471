// Shows that identifiers and dates are judged as their standards say, including the codes that vendor patterns
// refuse.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "protocol/identifiers.h"
#include "protocol/unicode.h"

using namespace xinwang;

namespace identifiers_test {
namespace {

Code uscc_code(std::string_view code, Placeholder placeholder = Placeholder::refused) {
    const auto result = check_uscc(code, "f", UsccPrefixes::documented(), placeholder);
    REQUIRE_FALSE(result);
    return result.error().code;
}

}  // namespace

TEST_CASE("valid unified social credit codes are accepted, the village tier's prefixes among them") {
    for (const char* code : {"91130602MA0ABC1216", "92130629MA0ABC340H", "93130633MA0ABC56XE",
                             "111306000001234577", "12130682401123458K", "54130602ME12345634",
                             "55130606ME1234571M", "N2130637MF1234567X", "91610100MA0ABC121Q"}) {
        INFO(code);
        const auto result = check_uscc(code, "f");
        REQUIRE(result);
    }
}

TEST_CASE("each fault of a unified social credit code has its own refusal") {
    REQUIRE(uscc_code("91130602MA0ABC1217") == Code::check_digit);
    REQUIRE(uscc_code("9113060ZMA0ABC1216") == Code::identifier_character);
    REQUIRE(uscc_code("91130602MA0ABC1I16") == Code::identifier_character);
    REQUIRE(uscc_code("91130602MA0ABC121") == Code::identifier_length);
    REQUIRE(uscc_code("") == Code::identifier_length);
    REQUIRE(uscc_code("000000000000000000") == Code::uscc_prefix);
    REQUIRE(uscc_code(uscc_placeholder) == Code::uscc_placeholder_refused);
    REQUIRE(check_uscc(uscc_placeholder, "f", UsccPrefixes::documented(), Placeholder::allowed));
    const auto wrong = check_uscc("91130602MA0ABC1217", "统一社会信用代码");
    REQUIRE(wrong.error().limit == "6");  // the character expected
    REQUIRE(wrong.error().value == "91130602MA0ABC1217");
}

TEST_CASE("a wrong inner organisation code is a warning, and the prefix table is data") {
    std::string code = "91130602MA0ABC120";  // 0 in place of the inner check digit
    code += *uscc_check_digit(code);
    const auto result = check_uscc(code, "f");
    REQUIRE(result);
    REQUIRE(result->has_value());
    REQUIRE((*result)->code == Code::uscc_inner_code);
    UsccPrefixes own;
    REQUIRE(own.add("54"));
    REQUIRE_FALSE(own.add("5"));
    REQUIRE_FALSE(own.add("I1"));
    REQUIRE(check_uscc("54130602ME12345634", "f", own));
    REQUIRE_FALSE(check_uscc("91130602MA0ABC1216", "f", own));
}

TEST_CASE("organisation codes and citizen numbers") {
    REQUIRE(check_organisation_code("D2143569X", "f"));
    REQUIRE(check_organisation_code("D21435690", "f").error().code == Code::check_digit);
    REQUIRE(check_organisation_code("D2143569", "f").error().code == Code::identifier_length);
    REQUIRE(check_organisation_code("d2143569X", "f").error().code == Code::identifier_character);
    REQUIRE(check_citizen_number("130602190001010011", "f", 20261124));
    REQUIRE(check_citizen_number("13060219000101002X", "f", 20261124));
    REQUIRE_FALSE(check_citizen_number("13060219000101002x", "f", 20261124));
    REQUIRE(check_citizen_number(normalise_identifier(" 13060219000101002x　"), "f", 20261124));
    REQUIRE(normalise_identifier("９１a") == "91A");
    const auto no_day = check_citizen_number("130602190002290019", "f", 0);
    REQUIRE(no_day.error().code == Code::date_missing_from_calendar);
    REQUIRE(check_citizen_number("13060219000101001", "f", 0).error().code == Code::identifier_length);
    std::string future = "13060220270101001";
    future += *citizen_check_digit(future);
    REQUIRE(check_citizen_number(future, "f", 20261124).error().code == Code::date_in_future);
    REQUIRE(check_citizen_number(future, "f", 0));
}

TEST_CASE("dates come in three forms and must exist") {
    for (const char* form : {"2026/11/24", "2026-11-24", "20261124"})
        REQUIRE(parse_date(form, "f") == 20261124u);
    REQUIRE(parse_date("2026/1/2", "f") == 20260102u);
    REQUIRE(parse_date("2026-1-12", "f") == 20260112u);
    REQUIRE(parse_date("2099/12/31", "f") == long_term);
    REQUIRE(date_text(20260102) == "2026/01/02");
    for (const char* form : {"", "2026", "2026/11-24", "2026/11/", "2026//24", "26/11/24", "2026.11.24",
                             "2026/011/4", "2026/11/24 ", "近期", "2026112", "202611244", "2026/1/234"})
        REQUIRE(parse_date(form, "f").error().code == Code::date_form);
    for (const char* form :
         {"2026/02/29", "2026/13/01", "2026/00/10", "2026/04/31", "18991231", "21000101", "19000229"})
        REQUIRE(parse_date(form, "f").error().code == Code::date_missing_from_calendar);
    REQUIRE(parse_date("20000229", "f"));
}

TEST_CASE("text is walked by characters") {
    REQUIRE(characters("鄚州𠮷a") == 4);
    REQUIRE(trimmed(" \t　鄚州镇　\r\n") == "鄚州镇");
    REQUIRE(trimmed("　 　").empty());
    REQUIRE(half_width("ＡＢ（１）　x") == "AB(1) x");
    REQUIRE(cut("鄚州", 4) == "鄚");
    REQUIRE(valid_utf8("鄚州𠮷"));
    for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\xE9\x84", "\x80", "\xFF"})
        REQUIRE_FALSE(valid_utf8(bad));
    REQUIRE(utf8_valid_prefix("abcdefghij\xFFk") == 10);
}

TEST_CASE("the shared vectors agree, where they are at hand") {
    const char* shared = std::getenv("XINWANG_SHARED");
    const std::string folder = shared != nullptr ? shared : XINWANG_SOURCE_DIR "/../shared";
    std::ifstream file(folder + "/data/code-test-vectors.csv");
    if (!file) {
        WARN("skipped: no code-test-vectors.csv (set XINWANG_SHARED to the folder that holds data/)");
        return;
    }
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
        INFO(line);
        std::istringstream in(line);
        std::string kind, code, valid;
        std::getline(in, kind, ',');
        std::getline(in, code, ',');
        std::getline(in, valid, ',');
        const bool found = kind == "uscc"      ? check_uscc(code, "f").has_value()
                           : kind == "orgcode" ? check_organisation_code(code, "f").has_value()
                                               : check_citizen_number(code, "f", 0).has_value();
        REQUIRE(found == (valid == "1"));
    }
}

}  // namespace identifiers_test
