// Whatever the bytes: a refusal, or a certificate that encodes to exactly these bytes and that a roster judges.
#include "protocol/base/check.h"
#include "topology/roster.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const View input{bytes, size};
    const auto certificate = parse_certificate(input);
    if (!certificate) return 0;
    XW_CHECK(encode(*certificate) == to_bytes(input));
    Roster roster = Roster::create(certificate->sign_key);
    const auto change = roster.add(input);
    XW_CHECK(!change || roster.city()->node == certificate->node);
    return 0;
}
