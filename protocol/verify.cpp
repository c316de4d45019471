#include <algorithm>

#include "protocol/suite_1.h"

namespace xinwang {

using namespace suite_1_parts;

Result<BatchHeader> verify_header(View header, std::span<const SignPublicKey> origin_keys) {
    XW_TRY(h, parse_header(header));
    if (std::find(origin_keys.begin(), origin_keys.end(), h.signer) == origin_keys.end())
        return refuse(Code::wrong_signer, "batch", h.signer.hex(), origin_keys.back().hex());
    if (!verify(h.signer, signed_message(header.first(header.size() - Signature::size)), h.signature))
        return refuse(Code::bad_batch_signature, "batch", h.id.hex());
    return std::move(h);
}

Result<BatchHeader> verify_batch(View header, std::span<const View> pieces,
                                 std::span<const SignPublicKey> origin_keys) {
    XW_TRY(h, verify_header(header, origin_keys));
    if (pieces.size() != h.piece_bytes.size())
        return refuse(Code::bad_pieces, "count", std::to_string(pieces.size() + 1), std::to_string(h.pieces()));
    for (std::size_t i = 0; i < pieces.size(); ++i)
        if (pieces[i].size() != h.piece_bytes[i])
            return refuse(Code::bad_pieces, "size", std::to_string(pieces[i].size()),
                          std::to_string(h.piece_bytes[i]));
    Bytes room;
    for (std::uint32_t i = 0; i < h.chunks.size(); ++i)
        if (chunk_hash(h.sealed_chunk(i, pieces, room)) != h.chunks[i].hash)
            return refuse(Code::chunk_damaged, "chunk", std::to_string(i));
    return std::move(h);
}

}  // namespace xinwang
