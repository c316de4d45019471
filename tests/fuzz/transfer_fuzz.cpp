// Transfers: what parses encodes to the same bytes.
#include "protocol/base/check.h"
#include "protocol/transfer.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const View bytes(data, size);
    const auto transfer = parse_transfer(bytes);
    if (transfer) XW_CHECK(equal(encode(*transfer), bytes));
    return 0;
}
