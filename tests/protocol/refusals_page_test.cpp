// Shows that deploy/refusals.md is what the table of refusals says. With XINWANG_UPDATE=1 in the environment
// the page is written instead of compared.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "protocol/base/refusal.h"

using namespace xinwang;

namespace refusals_page_test {
namespace {

constexpr const char* page_path = XINWANG_SOURCE_DIR "/deploy/refusals.md";

struct Room {
    int number;
    const char* title;
};
constexpr Room rooms[] = {
    {10, "基础与编码 · base and codec"},
    {11, "标识符 · identifiers"},
    {12, "目录与行 · catalogues and rows"},
    {13, "文件 · files"},
    {14, "信封 · the envelope"},
    {15, "日志 · logs"},
    {16, "报文与会话 · messages and sessions"},
    {17, "区划与名录 · divisions and directory"},
    {18, "登记 · enrolment"},
    {19, "存储 · storage"},
    {20, "节点与机器 · node and machine"},
    {21, "省级链路 · the provincial link"},
    {22, "接口与命令行 · API and command line"},
    {23,
     "谁可作出记录；邻居的限额与机器 · who may say what of a record; budgets of neighbours, and the machine"},
    {24, "可供核验的证明 · proofs for strangers"},
};

int room_of(const RefusalText& row) {
    return static_cast<int>(row.code) / 100;
}

std::string page() {
    std::string out =
        "# 所有拒绝编号 · every refusal\n\n"
        "编号永不改变含义。`{field}`、`{value}`、`{limit}`在显示时填入。\n"
        "A number never changes its meaning. `{field}`, `{value}` and `{limit}` are filled in when it is "
        "shown.\n\n"
        "Generated from `protocol/base/refusals.def`; a test compares them. `XINWANG_UPDATE=1 "
        "build/dev/bin/test_protocol "
        "\"the page of refusals\"` writes it anew.\n";
    for (const Room& room : rooms) {
        out += "\n## " + std::to_string(room.number) + "xx " + room.title + "\n";
        for (const RefusalText& row : all_refusals()) {
            if (room_of(row) != room.number) continue;
            out += "\n**XW-" + std::to_string(static_cast<int>(row.code)) + "** `" + row.name + "`\n";
            out += std::string("- ") + row.sentence_zh + "。" + row.advice_zh + "。\n";
            out += std::string("- ") + row.sentence_en + ". Try: " + row.advice_en + ".\n";
        }
    }
    return out;
}

}  // namespace

TEST_CASE("the page of refusals") {
    const std::string wanted = page();
    if (std::getenv("XINWANG_UPDATE") != nullptr) std::ofstream(page_path, std::ios::binary) << wanted;
    std::ifstream file(page_path, std::ios::binary);
    REQUIRE(file);
    const std::string found{std::istreambuf_iterator<char>(file), {}};
    INFO("stale: run build/dev/bin/test_protocol \"the page of refusals\" with XINWANG_UPDATE=1");
    const bool same = found == wanted;
    REQUIRE(same);
}

TEST_CASE("every refusal stands in a room of the page") {
    for (const RefusalText& row : all_refusals()) {
        INFO(row.name);
        REQUIRE(std::any_of(std::begin(rooms), std::end(rooms),
                            [&](const Room& room) { return room.number == room_of(row); }));
    }
}

}  // namespace refusals_page_test
