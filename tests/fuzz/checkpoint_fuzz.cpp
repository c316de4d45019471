// Heads, receipts and their three lines: one form each, and nothing unsigned is believed.
#include "protocol/base/check.h"
#include "protocol/checkpoint.h"
#include "protocol/merkle.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const View bytes(data, size);
    if (const auto head = parse_checkpoint(text(bytes))) XW_CHECK(checkpoint_text(*head) == text(bytes));
    if (const auto frontier = Frontier::parse(bytes)) XW_CHECK(equal(frontier->serialise(), bytes));
    XW_CHECK(!verify_head(text(bytes), NodeId{}, SignPublicKey{}));
    XW_CHECK(!verify_receipt(text(bytes), NodeId{}, SignPublicKey{}));
    return 0;
}
