// Proofs in other people's format: what parses is written as the same text.
#include "protocol/base/check.h"
#include "protocol/tlog_proof.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const View bytes(data, size);
    const auto proof = parse_tlog_proof(text(bytes));
    if (proof) XW_CHECK(tlog_proof_text(*proof) == text(bytes));
    return 0;
}
