// Verdicts: what parses is the same when it is written and parsed again; bytes may differ, because a number of
// a later release is shown as one, and a reason's texts as what can be printed.
#include "protocol/base/check.h"
#include "protocol/verdict.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const View bytes(data, size);
    const auto verdict = parse_verdict(bytes);
    if (!verdict) return 0;
    const auto again = parse_verdict(encode(*verdict));
    XW_CHECK(again && *again == *verdict);
    XW_CHECK(verdict->end > verdict->first);
    for (const VerdictGroup& group : verdict->refused)
        for (const VerdictRange& range : group.ranges)
            XW_CHECK(group.covers(range.from) && group.covers(range.to));
    return 0;
}
