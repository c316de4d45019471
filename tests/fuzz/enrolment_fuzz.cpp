// Whatever the bytes: a refusal, or an enrolment message that encodes to exactly these bytes; or, after a first
// byte of 0, what a store would hold of an invitation.
#include "protocol/base/check.h"
#include "topology/enrolment.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const View input{bytes, size};
    if (size > 0 && bytes[0] == 0) {
        const auto kept = parse_open_invitation(input.subspan(1));
        XW_CHECK(!kept || encode(*kept) == to_bytes(input.subspan(1)));
        return 0;
    }
    const auto message = decode_enrol_message(input);
    if (!message) return 0;
    // Texts of a refusal are cleaned when read, and an unknown number is replaced: it may come out otherwise.
    if (std::holds_alternative<EnrolRefused>(*message)) return 0;
    XW_CHECK(encode(*message) == to_bytes(input));
    return 0;
}
