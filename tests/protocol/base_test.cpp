// Shows that the base of the protocol holds: text forms are unique, the codec never reads past its view, every
// refusal has both languages, and text from outside is made safe to print.
#include <catch2/catch.hpp>

#include "protocol/base/codec.h"
#include "protocol/base/hash.h"
#include "protocol/base/refusal.h"

using namespace xinwang;

namespace base_test {

TEST_CASE("hexadecimal and base64 round-trip and refuse what is not canonical") {
    const Bytes bytes{0x00, 0x7f, 0xff, 0x10};
    REQUIRE(hex(bytes) == "007fff10");
    REQUIRE(from_hex("007FFF10") == bytes);
    REQUIRE_FALSE(from_hex("007"));
    REQUIRE_FALSE(from_hex("0g"));
    REQUIRE(from_base64(base64(bytes)) == bytes);
    REQUIRE(from_base64url(base64url(bytes)) == bytes);
    REQUIRE_FALSE(from_base64("AA"));
    REQUIRE_FALSE(from_base64("AB=="));  // stray low bits
    REQUIRE_FALSE(from_base64("A A="));
}

TEST_CASE("a reader stops at the first shortfall and says how much is missing") {
    Writer out;
    out.u16(0x1234);
    out.bytes16(view("abc"));
    const Bytes whole = out.take();
    Reader in(whole, "sample");
    REQUIRE(in.u16() == 0x1234);
    REQUIRE(text(in.bytes16()) == "abc");
    REQUIRE(in.finish());
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        Reader short_in(View(whole).first(cut), "sample");
        (void)short_in.u16();
        (void)short_in.bytes16();
        REQUIRE(short_in.finish().error().code == Code::truncated);
    }
    Reader early(whole, "sample");
    (void)early.u16();
    REQUIRE(early.finish().error().code == Code::trailing_bytes);
}

TEST_CASE("every refusal has its number once, in rising order, with both languages and what to do next") {
    std::uint16_t last = 1000;
    for (const auto& row : all_refusals()) {
        CAPTURE(row.name);
        REQUIRE(static_cast<std::uint16_t>(row.code) > last);
        last = static_cast<std::uint16_t>(row.code);
        for (const char* t : {row.sentence_zh, row.sentence_en, row.advice_zh, row.advice_en})
            REQUIRE(std::string_view(t).size() > 3);
        REQUIRE(find_refusal(last) == &row);
    }
}

TEST_CASE("no sentence of a refusal has a hole or ends in nothing") {
    for (const auto& row : all_refusals()) {
        CAPTURE(row.name);
        const Refusal bare(row.code);
        for (const Language language : {Language::chinese, Language::english}) {
            const std::string sentence = bare.sentence(language);
            CHECK(sentence.find("“”") == std::string::npos);
            CHECK(sentence.find("：，") == std::string::npos);
            CHECK(sentence.back() != ' ');
            CHECK(!sentence.ends_with("："));
        }
    }
}

TEST_CASE("a refusal names field, value and limit and cannot smuggle controls into a log line") {
    const Refusal r(Code::too_large, "row\n", "\x1b[31m", "5\xff");
    REQUIRE(r.number() == "XW-1003");
    REQUIRE(r.sentence(Language::english) == "row\\u000a is \\u001b[31m, over the limit of 5\\xff");
    REQUIRE(printable(std::string(1000, 'a'), 64).size() <= 64);
    REQUIRE(printable("保定\u202e", 64) == "保定\\u202e");
}

TEST_CASE("a log id survives its wire form and an unknown lane is refused") {
    LogId id;
    id.origin.bytes[0] = 7;
    id.lane = Lane::rights;
    Writer out;
    id.write(out);
    REQUIRE(out.bytes().size() == LogId::size);
    Reader in(out.bytes(), "log id");
    REQUIRE(*LogId::read(in) == id);
    Bytes wrong = out.bytes();
    wrong[32] = 9;
    Reader bad(wrong, "log id");
    REQUIRE(LogId::read(bad).error().code == Code::bad_number);
}

TEST_CASE("the domain of a hash separates equal contents") {
    REQUIRE(hash<Hash256>("a", {view("x")}) != hash<Hash256>("b", {view("x")}));
}

}  // namespace base_test
