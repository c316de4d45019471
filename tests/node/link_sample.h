// Samples for the tests of the provincial link: the profiles of deploy/profiles and a small package.
#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "node/links/package.h"

namespace xinwang::link_sample {

inline std::string profile_text(const std::string& name) {
    std::ifstream in(std::string(XINWANG_SOURCE_DIR "/deploy/profiles/") + name, std::ios::binary);
    REQUIRE(in);
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
}

inline LinkProfile profile(const std::string& name) {
    auto parsed = parse_profile(profile_text(name));
    if (!parsed) FAIL(parsed.error().line(Language::english));
    return *parsed;
}

inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    REQUIRE(at != text.npos);
    return text.replace(at, from.size(), to);
}

template <class B>
B block(std::uint8_t fill) {
    B b;
    b.bytes.fill(fill);
    return b;
}

inline Package package() {
    Package p;
    p.number = 7;
    p.city_node = block<NodeId>(0xC1);
    p.city = "130600000000";
    p.catalogue = "xzxk";
    p.fields = {{"XK_XDR_MC", "行政相对人名称", false}, {"XK_WSH", "决定文书号", false}, {"JE", "金额", true}};
    p.created_ms = 1795457400000;  // 2026-11-24 02:10:00 +08:00, still the 23rd in UTC
    p.rows = {
        {1,
         PackageAction::add,
         block<RecordId>(0x11),
         block<NodeId>(0xA1),
         {"鄚州镇\"好\"店", "（2026）1号", "-5.00"}},
        {2,
         PackageAction::correct,
         block<RecordId>(0x12),
         block<NodeId>(0xA1),
         {"=HYPERLINK(1)", "<2>&", "-x"}},
        {3, PackageAction::withdraw, block<RecordId>(0x13), block<NodeId>(0xA2), {"两\r\n行"}},
    };
    return p;
}

}  // namespace xinwang::link_sample
