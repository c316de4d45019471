// Shows, where the lists of a real city are at hand, that one year of its changes is found again code by code,
// and which of them belong together. XINWANG_DIVISIONS names the later list, XINWANG_DIVISION_CHANGES the
// changes that led to it (change,code,tier,old_name,new_name). The project holds neither.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "tests/topology/sample.h"
#include "topology/division_plan.h"
#include "topology/list_line.h"

using namespace xinwang;

namespace division_real_test {

using sample::code;

namespace {

std::optional<std::string> file_of(const char* variable, const char* usual) {
    const char* path = std::getenv(variable);
    std::ifstream file(path ? path : usual, std::ios::binary);
    if (!file) return std::nullopt;
    return std::string{std::istreambuf_iterator<char>(file), {}};
}

struct RealChange {
    std::string kind, old_name, new_name;
};

std::map<DivisionCode, RealChange> read_changes(std::string_view csv) {
    std::map<DivisionCode, RealChange> changes;
    take_line(csv);
    while (!csv.empty()) {
        const auto f = split_line(take_line(csv)).fields;
        REQUIRE(f.size() == 5);
        changes[code(f[1])] = {f[0], f[3], f[4]};
    }
    return changes;
}

DivisionTree before(const DivisionTree& later, const std::map<DivisionCode, RealChange>& changes) {
    std::map<DivisionCode, std::string> rows;
    for (const Division& d : later.all()) rows[d.code] = d.name;
    for (const auto& [code, c] : changes) {
        if (c.kind == "added") rows.erase(code);
        if (c.kind != "added") rows[code] = c.old_name;
    }
    std::string csv = "code,name\n";
    for (const auto& [code, name] : rows) csv += code.text() + "," + name + "\n";
    auto tree = DivisionTree::load(csv);
    if (!tree) FAIL(tree.error().line(Language::english));
    return std::move(*tree);
}

}  // namespace

TEST_CASE("one year of a real city's changes is found again, when the lists are at hand") {
    const auto list = file_of("XINWANG_DIVISIONS", "../shared/data/baoding-divisions.csv");
    const auto known = file_of("XINWANG_DIVISION_CHANGES", "../shared/data/baoding-changes-2019-2020.csv");
    if (!list || !known) {
        WARN(
            "skipped: no two lists of divisions at hand (XINWANG_DIVISIONS and XINWANG_DIVISION_CHANGES name "
            "them)");
        return;
    }
    const DivisionTree later = *DivisionTree::load(*list);
    const auto changes = read_changes(*known);
    const DivisionsInForce in_force{1, before(later, changes)};
    const DivisionCode city = later.all().front().code;

    const auto plan = plan_divisions(city, &in_force, later, {}, Suggestions::shown, 20'200'630);
    REQUIRE(plan.has_value());
    REQUIRE(plan->count(DivisionChangeKind::added) == 55);
    REQUIRE(plan->count(DivisionChangeKind::removed) == 48);
    REQUIRE(plan->count(DivisionChangeKind::renamed) == 262);
    REQUIRE(plan->changes.size() == changes.size());
    for (const DivisionChange& c : plan->changes) {
        const RealChange& real = changes.at(c.first());
        REQUIRE(real.kind == change_kind_name(c.kind));
        if (!c.before.empty()) REQUIRE(c.before[0].name == real.old_name);
        if (!c.after.empty()) REQUIRE(c.after[0].name == real.new_name);
    }
    // 百楼乡 became 百楼镇 under another code with its thirteen villages; communities of 高碑店 moved to
    // another street; 惠阳南街 had two codes and has one.
    REQUIRE(plan->suggestions.size() == 33);
    const auto apart = std::count_if(plan->suggestions.begin(), plan->suggestions.end(), [](const auto& s) {
        return s.ground == SuggestionGround::same_name_apart;
    });
    REQUIRE(apart == 10);
    REQUIRE(plan->suggestions.front().from.code == code("130606202000"));
    REQUIRE(plan->suggestions.front().to.code == code("130606100000"));
    REQUIRE(plan->suggestions.front().matched == 13);

    const auto taken = plan_divisions(city, &in_force, later, {}, Suggestions::taken, 20'200'630);
    REQUIRE(taken.has_value());
    REQUIRE(taken->count(DivisionChangeKind::recoded) == 31);
    REQUIRE(taken->count(DivisionChangeKind::merged) == 1);
    REQUIRE(taken->count(DivisionChangeKind::removed) == 15);
    REQUIRE(taken->count(DivisionChangeKind::added) == 23);
    REQUIRE(taken->count(DivisionChangeKind::renamed) == 262);
}

}  // namespace division_real_test
