// Whatever the file: a refusal that can be said, or links that are no two the same; and planning with them ends
// in a refusal or in a plan whose every change is one that its entry carries.
#include "protocol/base/bytes.h"
#include "protocol/base/check.h"
#include "topology/division_plan.h"

using namespace xinwang;

namespace {

DivisionTree tree(std::string_view villages) {
    std::string csv =
        "code,name\n990100000000,甲市\n990102000000,东区\n990102001000,山前镇\n990102002000,湖口乡\n";
    csv += villages;
    auto loaded = DivisionTree::load(csv);
    XW_CHECK(loaded.has_value());
    return std::move(*loaded);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto links = load_division_links(text({bytes, size}));
    if (!links) {
        XW_CHECK(!links.error().line(Language::chinese).empty());
        return 0;
    }
    const DivisionsInForce old{
        1, tree("990102001001,一村\n990102001002,二村\n990102001003,三村\n990102002001,四村\n")};
    const DivisionTree next =
        tree("990102001001,一村\n990102001005,二村\n990102001006,五村\n990102002009,四村\n");
    const auto plan =
        plan_divisions(next.all().front().code, &old, next, *links, Suggestions::taken, 20'260'101);
    if (!plan) {
        XW_CHECK(!plan.error().line(Language::chinese).empty());
        return 0;
    }
    for (const DivisionChange& change : plan->changes) {
        const auto again = parse_division_entry(encode(change));
        XW_CHECK(again.has_value() && std::get<DivisionChange>(*again) == change);
    }
    return 0;
}
