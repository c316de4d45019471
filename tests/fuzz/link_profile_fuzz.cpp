// Shows that any text is a link profile or a refusal, and that what was accepted can render a package.
#include "node/links/package.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto profile = parse_profile(text(View(bytes, size)));
    if (!profile) return 0;
    Package package;
    package.city = "130600000000";
    package.catalogue = "xzxk";
    package.fields = {{"A", "甲", false}, {"B", "乙", true}};
    package.rows = {{1, PackageAction::add, {}, {}, {"=1", "-5"}}};
    (void)render(package, *profile);
    return 0;
}
