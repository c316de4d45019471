// Shows that a request target names one thing or is refused, and that encoding a component is undone by parsing
// it.
#include "node/api/target.h"

#include <catch2/catch.hpp>

#include "protocol/base/limits.h"

using namespace xinwang;

namespace target_test {

TEST_CASE("targets are taken apart") {
    const auto target = parse_target("/v1/submissions/0f?rows=all&offset=10&name=%E8%AE%B8%E5%8F%AF.csv&flag");
    REQUIRE(target);
    CHECK(target->path == "/v1/submissions/0f");
    CHECK(target->query.at("rows") == "all");
    CHECK(target->query.at("name") == "许可.csv");
    CHECK(target->query.at("flag").empty());
    CHECK(path_segments(target->path) == std::vector<std::string_view>{"v1", "submissions", "0f"});
    CHECK(parse_target("/")->path == "/");
    CHECK(path_segments("/").empty());
    CHECK(parse_target("/a?x=1+2&y=%2B")->query.at("y") == "+");
    CHECK(parse_target("/a+b")->path == "/a+b");
}

TEST_CASE("ambiguous targets are refused") {
    for (const char* text :
         {"",     "v1",       "*",           "http://x/y", "//",          "/a//b",      "/a/",
          "/./a", "/a/..",    "/a/%2e%2e/b", "/a%2Fb",     "/a%",         "/a%4",       "/a%zz",
          "/a#b", "/a?b=%00", "/%ff",        "/a?=1",      "/a?x=1&&y=2", "/a?b=1&b=2", "/a?b=%0d%0a"}) {
        INFO(text);
        const auto target = parse_target(text);
        REQUIRE_FALSE(target);
        CHECK(target.error().code == Code::bad_request);
    }
    std::string many = "/a?";
    for (std::size_t i = 0; i <= limits::api_query_parameters_max; ++i) many += "p" + std::to_string(i) + "=1&";
    CHECK(parse_target(many).error().code == Code::too_large);
    CHECK(parse_target("/" + std::string(limits::api_header_bytes_max, 'a')).error().code == Code::too_large);
}

TEST_CASE("an encoded component comes back") {
    for (const std::string text : {"", "a b+c&d=e/f?g#h%", "许可〔2026〕1号.csv", "..", "-._~"}) {
        const auto target = parse_target("/x?name=" + encode_component(text));
        REQUIRE(target);
        CHECK(target->query.at("name") == text);
    }
}

}  // namespace target_test
