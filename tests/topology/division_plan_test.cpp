// Shows that a new list of divisions becomes a plan that says of every code what happens to it, that codes
// belong together only where links say so or suggestions are taken, and that links that cannot be are refused
// with their line.
#include "topology/division_plan.h"

#include "protocol/base/limits.h"
#include "tests/topology/sample.h"

using namespace xinwang;

namespace division_plan_test {

using sample::code;

namespace {

constexpr std::uint32_t day = 20'260'701;
constexpr const char* top =
    "code,name\n990100000000,甲市\n990102000000,东区\n990103000000,西县\n990102001000,山前镇\n";

DivisionTree tree(const std::string& rows) {
    auto loaded = DivisionTree::load(top + rows);
    if (!loaded) FAIL(loaded.error().line(Language::english));
    return std::move(*loaded);
}

Result<DivisionPlan> plan(const std::string& old, const std::string& next, const std::string& links = {},
                          Suggestions suggestions = Suggestions::shown) {
    const DivisionsInForce in_force{3, tree(old)};
    std::vector<DivisionLink> loaded;
    if (!links.empty()) {
        XW_TRY(from_file, load_division_links("old_code,new_code,kind\n" + links));
        loaded = from_file;
    }
    return plan_divisions(code("990100000000"), &in_force, tree(next), loaded, suggestions, day);
}

// "renamed 990102001001>990102001001 ..." of all changes.
std::string lines(const DivisionPlan& plan) {
    std::string out;
    for (const DivisionChange& c : plan.changes) {
        out += change_kind_name(c.kind);
        out += ' ';
        for (const Division& d : c.before) out += d.code.text().substr(9) + (&d == &c.before.back() ? "" : "+");
        out += '>';
        for (const Division& d : c.after) out += d.code.text().substr(9) + (&d == &c.after.back() ? "" : "+");
        out += '\n';
    }
    return out;
}

std::string suggested(const DivisionPlan& plan) {
    std::string out;
    for (const DivisionSuggestion& s : plan.suggestions)
        out += s.from.code.text().substr(6) + ">" + s.to.code.text().substr(6) + " " +
               suggestion_ground_name(s.ground) + "\n";
    return out;
}

const std::string villages =
    "990102001001,一村村委会\n990102001002,二村村委会\n990102001003,三村村委会\n"
    "990102001004,郞庄村村委会\n";

}  // namespace

TEST_CASE("a first list changes nothing and is listed") {
    const auto first =
        plan_divisions(code("990100000000"), nullptr, tree(villages), {}, Suggestions::taken, day);
    REQUIRE(first.has_value());
    REQUIRE(first->listing.list == 1);
    REQUIRE(first->listing.divisions == 8);
    REQUIRE(first->changes.empty());
    REQUIRE_FALSE(first->in_force.has_value());
    REQUIRE_FALSE(first->unchanged);
}

TEST_CASE("the same list, in another order, is the one in force") {
    const auto same = plan(villages,
                           "990102001004,郞庄村村委会\n990102001003,三村村委会\n"
                           "990102001002,二村村委会\n990102001001,一村村委会\n");
    REQUIRE(same->unchanged);
    REQUIRE(same->changes.empty());
}

TEST_CASE("what no link names is added, removed or renamed, and carries list and day") {
    const auto made = plan(villages,
                           "990102001001,一村村委会\n990102001002,二村社区\n990102001003,三村村委会\n"
                           "990102001005,杄树底村\n");
    REQUIRE(made.has_value());
    REQUIRE(lines(*made) == "renamed 002>002\nremoved 004>\nadded >005\n");
    REQUIRE(made->listing.list == 4);
    REQUIRE(made->listing.changes == 3);
    REQUIRE(made->changes[0].list == 4);
    REQUIRE(made->changes[0].effective == day);
    REQUIRE(made->changes[0].basis == LinkBasis::none);
    REQUIRE(made->change_of(code("990102001004"))->kind == DivisionChangeKind::removed);
    REQUIRE(made->change_of(code("990102001001")) == nullptr);
    REQUIRE(made->hash() != plan(villages, "990102001001,一村村委会\n")->hash());
}

TEST_CASE("links make of removed and added codes what they say") {
    const std::string next =
        "990102001001,一村村委会\n990102001005,新村社区\n990102001006,新村二社区\n990102001007,合村\n";
    REQUIRE(lines(*plan(villages, next, "990102001002,990102001005,recoded\n")) ==
            "recoded 002>005\nremoved 003>\nremoved 004>\nadded >006\nadded >007\n");
    REQUIRE(lines(*plan(villages, next, "990102001002,990102001007,merged\n990102001003,990102001007,\n")) ==
            "merged 002+003>007\nremoved 004>\nadded >005\nadded >006\n");
    REQUIRE(
        lines(*plan(villages, next, "990102001002,990102001005,split\n990102001002,990102001006,split\n")) ==
        "split 002>005+006\nremoved 003>\nremoved 004>\nadded >007\n");
    REQUIRE(lines(*plan(villages, next,
                        "990102001002,990102001005,\n990102001003,990102001005,\n"
                        "990102001003,990102001006,redrawn\n")) ==
            "redrawn 002+003>005+006\nremoved 004>\nadded >007\n");
    // A code that stays is on both sides.
    REQUIRE(lines(*plan(villages, next, "990102001001,990102001005,split\n")) ==
            "split 001>001+005\nremoved 002>\nremoved 003>\nremoved 004>\nadded >006\nadded >007\n");
    REQUIRE(lines(*plan(villages, next, "990102001002,990102001001,merged\n")) ==
            "merged 001+002>001\nremoved 003>\nremoved 004>\nadded >005\nadded >006\nadded >007\n");
}

TEST_CASE("links that cannot be are refused with their line") {
    const std::string next = "990102001001,一村村委会\n990102001002,二村村委会\n990102001005,新村\n";
    const auto refusal = [&](const std::string& links) {
        const auto made = plan(villages, next, links);
        REQUIRE_FALSE(made.has_value());
        return made.error();
    };
    REQUIRE(refusal("990102001009,990102001005,\n") ==
            Refusal(Code::links_code_unknown, "2", "990102001009", "old_code"));
    REQUIRE(refusal("990102001003,990102001005,\n990102001003,990102001008,\n") ==
            Refusal(Code::links_code_unknown, "3", "990102001008", "new_code"));
    REQUIRE(refusal("990102001001,990102001002,\n") ==
            Refusal(Code::links_impossible, "2", "990102001001", "990102001002"));
    REQUIRE(refusal("990102001001,990102001001,\n") == Refusal(Code::links_same_code, "2", "990102001001"));
    REQUIRE(refusal("990102001000,990102001005,\n") ==
            Refusal(Code::links_tiers_differ, "2", "990102001000", "990102001005"));
    REQUIRE(refusal("990102001003,990102001005,merged\n") ==
            Refusal(Code::links_kind_differs, "2", "merged", "recoded"));
    REQUIRE(refusal("990102001003,990102001005,moved\n") == Refusal(Code::links_kind_unknown, "2", "moved"));
    REQUIRE(refusal("990102001003,990102001005,renamed\n").code == Code::links_kind_unknown);
    REQUIRE(refusal("990102001003,990102001005,\n\n990102001003,990102001005,\n") ==
            Refusal(Code::links_twice, "4", "990102001003,990102001005", "2"));
    REQUIRE(refusal("99010200100,990102001005,\n") ==
            Refusal(Code::links_code_bad, "2", "99010200100", "XW-1701"));
    REQUIRE(refusal("990102001003,990102001005\n") == Refusal(Code::links_line_broken, "2", "2"));
    REQUIRE(refusal("\"990102001003,990102001005,\n").code == Code::links_line_broken);
    REQUIRE_REFUSED(load_division_links("old,new\n"), Code::links_line_broken);
    REQUIRE_REFUSED(load_division_links(std::string(limits::division_list_bytes_max + 1, 'x')),
                    Code::too_large);
}

TEST_CASE("a list of another city, or of a part of this one, is refused") {
    const auto other = DivisionTree::load("code,name\n980100000000,乙市\n");
    REQUIRE_REFUSED(plan_divisions(code("990100000000"), nullptr, *other, {}, Suggestions::shown, day),
                    Code::list_other_city);
    const auto part = DivisionTree::load("code,name\n990102000000,东区\n");
    REQUIRE_REFUSED(plan_divisions(code("990100000000"), nullptr, *part, {}, Suggestions::shown, day),
                    Code::list_other_city);
}

TEST_CASE("more codes in one change than an entry carries are refused") {
    std::string old, links;
    for (int i = 100; i <= 100 + static_cast<int>(limits::division_change_codes_max); ++i) {
        old += "990102001" + std::to_string(i) + ",村" + std::to_string(i) + "\n";
        links += "990102001" + std::to_string(i) + ",990102001999,\n";
    }
    REQUIRE_REFUSED(plan(old, "990102001999,大村\n", links), Code::division_change_too_wide);
}

TEST_CASE("a township that got another code is suggested by its name, and its villages below it") {
    const std::string old =
        "990102202000,百楼乡\n990102202200,西百楼村村委会\n990102202201,蔡庄村村委会\n"
        "990102202202,柴楼村村委会\n";
    const std::string next =
        "990102100000,百楼镇\n990102100200,西百楼村村委会\n990102100201,蔡庄村委会\n"
        "990102100202,头台村村委会\n";
    const auto shown = plan(old, next);
    REQUIRE(suggested(*shown) == "202000>100000 same_name\n202200>100200 same_name\n202201>100201 same_name\n");
    REQUIRE(shown->suggestions[0].matched == 2);
    REQUIRE(shown->suggestions[0].below == 3);
    REQUIRE(shown->count(DivisionChangeKind::recoded) == 0);
    REQUIRE(shown->count(DivisionChangeKind::removed) == 4);

    const auto taken = plan(old, next, {}, Suggestions::taken);
    REQUIRE(taken->count(DivisionChangeKind::recoded) == 3);
    REQUIRE(taken->count(DivisionChangeKind::removed) == 1);
    REQUIRE(taken->count(DivisionChangeKind::added) == 1);
    for (const DivisionChange& c : taken->changes)
        REQUIRE((c.basis == LinkBasis::suggested) == (c.kind == DivisionChangeKind::recoded));
    REQUIRE(taken->hash() != shown->hash());

    // What a link says is not suggested again, and what hangs on it is.
    const auto linked = plan(old, next, "990102202000,990102100000,\n");
    REQUIRE(suggested(*linked) == "202200>100200 same_name\n202201>100201 same_name\n");
    REQUIRE(linked->count(DivisionChangeKind::recoded) == 1);
}

TEST_CASE("a county that became a district is followed down to its villages") {
    const std::string old = "990121000000,满城县\n990121100000,湖口镇\n990121100001,东城居委会\n";
    const std::string next = "990107000000,满城区\n990107100000,湖口镇\n990107100001,东城社区居民委员会\n";
    REQUIRE(lines(*plan(old, next, {}, Suggestions::taken)) ==
            "recoded 000>000\nrecoded 000>000\nrecoded 001>001\n");
}

TEST_CASE("a township of another name is suggested when most of what is below it went there") {
    const std::string old =
        "990102202000,东王庄乡\n990102202200,甲村村委会\n990102202201,乙村村委会\n"
        "990102202202,丙村村委会\n990102202203,丁村村委会\n";
    const std::string most =
        "990102100000,湖口镇\n990102100200,甲村\n990102100201,乙村\n990102100202,丙村\n990102100203,戊村\n";
    const auto found = plan(old, most);
    REQUIRE(suggested(*found).starts_with("202000>100000 same_children\n202200>100200 same_name\n"));
    REQUIRE(found->suggestions.size() == 4);
    REQUIRE(found->suggestions[0].matched == 3);
    REQUIRE(found->suggestions[0].below == 4);
    const std::string few = "990102100000,湖口镇\n990102100200,甲村\n990102100201,乙村\n990102100202,己村\n";
    // The villages alone: the only ones of their names in the county, by a stem of two characters or more.
    REQUIRE(suggested(*plan(old, few)).empty());
}

TEST_CASE(
    "villages are suggested below their parent first, then anywhere in their county, never by a doubtful "
    "name") {
    // Two removed of one stem merge into the one that is new.
    REQUIRE(suggested(*plan("990102001001,惠阳南街居委会\n990102001002,惠阳南街社区居委会\n",
                            "990102001006,惠阳南街社区\n")) ==
            "001001>001006 same_name\n001002>001006 same_name\n");
    // Of two new ones of one stem that of the same name.
    REQUIRE(suggested(*plan("990102001001,东城居委会\n", "990102001006,东城居委会\n990102001007,东城社区\n")) ==
            "001001>001006 same_name\n");
    REQUIRE(
        suggested(*plan("990102001001,东城居委会\n", "990102001006,东城村\n990102001007,东城社区\n")).empty());
    // Another township of the county.
    const std::string lake = "990102002000,湖口乡\n";
    REQUIRE(suggested(*plan(lake + "990102001001,西大街社区居委会\n", lake + "990102002001,西大街社区\n")) ==
            "001001>002001 same_name_apart\n");
    REQUIRE(suggested(*plan(lake + "990102001001,南社区\n", lake + "990102002001,南社区\n")).empty());
    REQUIRE(suggested(*plan(lake + "990102001001,西大街社区\n990102002009,西大街居委会\n",
                            "990103002000,乙镇\n990103002001,西大街社区\n"))
                .empty());
}

TEST_CASE("names that changed places are pointed out") {
    const auto swapped =
        plan("990102001007,阳光新城社区居委会\n990102001009,和谐社区居委会\n990102001011,新村村委会\n",
             "990102001007,和谐社区居民委员会\n990102001009,阳光新城社区居民委员会\n990102001011,新村委会\n");
    REQUIRE(swapped->count(DivisionChangeKind::renamed) == 3);
    REQUIRE(swapped->names_moved.size() == 2);
    REQUIRE(swapped->names_moved[0].now.code == code("990102001007"));
    REQUIRE(swapped->names_moved[0].was_of.code == code("990102001009"));
}

TEST_CASE("an entry is parsed only as it is written") {
    DivisionChange change{2, day, DivisionChangeKind::merged, LinkBasis::given, {}, {}};
    change.before = {{code("990102001001"), "一村"}, {code("990102001002"), "郞庄村"}};
    change.after = {{code("990102001001"), "一村"}};
    const auto again = parse_division_entry(encode(change));
    REQUIRE(again.has_value());
    REQUIRE(std::get<DivisionChange>(*again) == change);
    const auto refused = [](DivisionChange c) {
        REQUIRE_REFUSED(parse_division_entry(encode(c)), Code::division_entry_bad);
    };
    DivisionChange wrong = change;
    wrong.kind = DivisionChangeKind::split;
    refused(wrong);
    wrong = change;
    wrong.basis = LinkBasis::none;
    refused(wrong);
    wrong = change;
    std::swap(wrong.before[0], wrong.before[1]);
    refused(wrong);
    wrong = change;
    wrong.after = {{code("990102001000"), "山前镇"}};
    refused(wrong);
    wrong = change;
    wrong.list = 0;
    refused(wrong);
    wrong = change;
    wrong.effective = 20'261'301;
    refused(wrong);
    const DivisionListing listing{1, day, 8, 0, tree(villages).hash()};
    REQUIRE(std::get<DivisionListing>(*parse_division_entry(encode(listing))) == listing);
    Bytes longer = encode(listing);
    longer.push_back(0);
    REQUIRE_REFUSED(parse_division_entry(longer), Code::trailing_bytes);
}

}  // namespace division_plan_test
