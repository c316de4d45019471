// Whatever the body: a refusal, or an entry that is encoded to the same bytes.
#include "protocol/base/check.h"
#include "topology/division_change.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const View body{bytes, size};
    const auto entry = parse_division_entry(body);
    if (!entry) {
        XW_CHECK(!entry.error().line(Language::chinese).empty());
        return 0;
    }
    XW_CHECK(equal(encode(*entry), body));
    return 0;
}
