// Whatever the bytes: a refusal, or a renewal request, a revocation or a move that a roster judges; a request
// encodes to exactly these bytes.
#include "protocol/base/check.h"
#include "topology/roster.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const View input{bytes, size};
    if (const auto request = parse_renewal(input)) XW_CHECK(encode(*request) == to_bytes(input));
    Roster roster;
    XW_CHECK(!roster.rekey(input));
    XW_CHECK(!roster.revoke(input));
    XW_CHECK(!roster.move(input));
    return 0;
}
