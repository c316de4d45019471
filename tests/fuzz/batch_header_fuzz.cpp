// Batch headers: bounded, and what parses has consistent places for every entry and chunk.
#include "protocol/base/check.h"
#include "protocol/envelope.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto header = parse_header({data, size});
    if (!header) return 0;
    XW_CHECK(header->chunk_of(header->entries - 1) == header->chunks.size() - 1);
    for (std::size_t i = 0; i < header->chunks.size(); ++i) {
        const auto [piece, offset] = header->places[i];
        XW_CHECK(offset + header->chunks[i].bytes <= header->piece_bytes[piece - 1]);
    }
    (void)verify_batch({data, size}, {}, header->signer);
    (void)unwrap(*header, header->stanzas.front().recipient, nullptr);
    return 0;
}
