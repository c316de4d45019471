// Messages between nodes: what decodes encodes to the same bytes. Two are read more freely than they are
// written: a Hello may end in fields of a later version, and the texts of a refusal are cleaned when read.
#include "protocol/base/check.h"
#include "protocol/messages.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const View frame(data, size);
    const auto message = decode_message(frame);
    if (!message) return 0;
    const Bytes again = encode(*message);
    if (std::holds_alternative<Hello>(*message))
        XW_CHECK(again.size() <= size && equal(again, frame.first(again.size())));
    else if (!std::holds_alternative<Refused>(*message) && !std::holds_alternative<RenewAnswer>(*message))
        XW_CHECK(equal(again, frame));
    const auto twice = decode_message(again);
    XW_CHECK(twice && encode(*twice) == again);
    return 0;
}
