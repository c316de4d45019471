// Batch headers: bounded, and what parses has consistent places for every entry and chunk.
#include "protocol/base/check.h"
#include "protocol/base/limits.h"
#include "protocol/envelope.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto header = parse_header({data, size});
    if (!header) return 0;
    XW_CHECK(header->chunk_of(header->entries - 1) == header->chunks.size() - 1);
    std::vector<Bytes> pieces;
    for (const std::uint32_t bytes : header->piece_bytes) {
        XW_CHECK(bytes > 0 && bytes <= limits::piece_bytes_max);
        pieces.emplace_back(bytes);
    }
    const std::vector<View> views(pieces.begin(), pieces.end());
    Bytes room;
    for (std::uint32_t i = 0; i < header->chunks.size(); ++i)
        XW_CHECK(header->sealed_chunk(i, views, room).size() == header->chunks[i].bytes);
    (void)verify_batch({data, size}, {}, header->signer);
    (void)unwrap(*header, header->stanzas.front().recipient, nullptr);
    return 0;
}
