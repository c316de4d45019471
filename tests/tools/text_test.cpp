// Shows that columns line up for Chinese text, that nothing from outside moves the cursor, and how ages and
// sizes read.
#include "tools/cli/text.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "tools/cli/table.h"

using namespace xinwang;
using namespace xinwang::cli;

namespace text_test {

TEST_CASE("width counts columns") {
    CHECK(display_width("abc") == 3);
    CHECK(display_width("保定市") == 6);
    CHECK(display_width("西木杴庄") == 8);
    CHECK(display_width("𠀀") == 2);
    CHECK(display_width("（a）") == 5);
    CHECK(display_width("〔2026〕") == 8);
    CHECK(display_width("é") == 1);
    CHECK(display_width("e\u0301") == 1);
    CHECK(display_width("✓…–●") == 4);
    CHECK(display_width("\xff\xe4") == 2);
    CHECK(display_width("") == 0);
}

TEST_CASE("a table lines up") {
    std::ostringstream out, err;
    Terminal terminal{out, err};
    Table table({{"name"}, {"n", Align::right}, {"why"}});
    table.add({"保定市", "7", "x"});
    table.add({"ab", "123", Cell("evil\x1b[2J\n", Tone::bad)});
    table.print(terminal);
    CHECK(out.str() ==
          "name      n  why\n"
          "保定市    7  x\n"
          "ab      123  evil\\u001b[2J\\u000a\n");
    out.str("");
    terminal.colour = true;
    table.print(terminal);
    CHECK(out.str().find("\x1b[31mevil\\u001b[2J\\u000a\x1b[0m\n") != std::string::npos);
}

TEST_CASE("ages and sizes are short") {
    CHECK(age_text(-5) == "0s");
    CHECK(age_text(119) == "119s");
    CHECK(age_text(120) == "2m");
    CHECK(age_text(7200) == "2h");
    CHECK(age_text(172800) == "2d");
    CHECK(bytes_text(999) == "999 B");
    CHECK(bytes_text(1000) == "1.0 kB");
    CHECK(bytes_text(999'950) == "1.0 MB");
    CHECK(bytes_text(20'000'000'000) == "20.0 GB");
}

TEST_CASE("the language follows the environment") {
    CHECK(language_of(nullptr, nullptr, "zh_CN.UTF-8") == Language::chinese);
    CHECK(language_of("C", nullptr, "zh_CN.UTF-8") == Language::english);
    CHECK(language_of("", "", "zh_CN.UTF-8") == Language::chinese);
    CHECK(language_of(nullptr, nullptr, nullptr) == Language::english);
}

TEST_CASE("rates are written as rclone writes them") {
    CHECK(parse_rate("off") == 0);
    CHECK(parse_rate("512") == 512u << 10);
    CHECK(parse_rate("512k") == 512u << 10);
    CHECK(parse_rate("10M") == 10u << 20);
    CHECK(parse_rate("1G") == 1u << 30);
    CHECK(parse_rate("100B") == 100u);
    for (const char* bad : {"", "M", "0", "-1", "10X", "10MM", "1.5M", "99999999999"})
        CHECK_FALSE(parse_rate(bad));
}

}  // namespace text_test
