// Whatever the line: a refusal, or an invitation that survives being written again. The check sum keeps a
// fuzzer out of the fields, so the input is also tried as the fields of a line with a right one.
#include "protocol/base/check.h"
#include "protocol/base/hash.h"
#include "topology/invitation.h"

using namespace xinwang;

namespace {

void try_line(std::string_view line) {
    const auto invitation = parse_invitation(line);
    if (!invitation) return;
    const auto again = write_invitation(*invitation);
    XW_CHECK(again && *parse_invitation(*again) == *invitation);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const View input{bytes, size};
    try_line(text(input));
    Bytes body = to_bytes(input);
    const auto sum = hash<Hash256>("XW-invitation", {input});
    append(body, sum.view().first(4));
    try_line("xinwang1:" + base64url(body));
    return 0;
}
