// The insides of suite 1, shared by seal, header, verify and open and by their tests and fuzz targets; nothing
// else includes this. WIRE.md section 4 is the specification of every constant here.
#pragma once

#include "protocol/base/hash.h"
#include "protocol/base/limits.h"
#include "protocol/envelope.h"

namespace xinwang::suite_1_parts {

inline constexpr std::string_view magic = "XWBT";
// The version that is written, and the earliest that is read. Version 1 keeps chunks whole in their pieces
// and has a hash of all frames in front of the first.
inline constexpr std::uint16_t envelope_version = 2;
inline constexpr std::uint16_t envelope_version_min = 1;
inline constexpr std::uint8_t compression_zstd = 1;

inline constexpr std::size_t fixed_bytes = 158;
inline constexpr std::size_t chunk_row_bytes = 4 + 2 + 32;
inline constexpr std::size_t stanza_bytes = 16 + 4 + 32 + Stanza::wrapped_bytes;
inline constexpr std::size_t header_bytes(std::size_t chunks, std::size_t stanzas) {
    return fixed_bytes + 32 + 4 + 32 + chunks * chunk_row_bytes + 2 + stanzas * stanza_bytes + 32 + 64;
}
static_assert(header_bytes(limits::batch_chunks_max, limits::batch_stanzas_max) <= limits::piece_bytes_max);

inline constexpr std::size_t tag_bytes = 16;
inline constexpr std::size_t inner_bytes = 32;  // version 1
inline constexpr std::size_t length_bytes = 4;  // before an entry, and before a chunk's compressed bytes

// The size of a chunk's text before sealing, padded.
inline constexpr std::size_t padded(std::size_t bytes) {
    return (bytes + limits::chunk_padding_bytes - 1) / limits::chunk_padding_bytes *
           limits::chunk_padding_bytes;
}

// The size of a frame once it is sealed.
inline constexpr std::size_t sealed_chunk_bytes(std::size_t frame_bytes) {
    return padded(length_bytes + frame_bytes) + tag_bytes;
}

using Context = Hash256;  // BLAKE2b("FX1-aad" | fixed | commitment): the additional data of every chunk
Context context_of(View fixed, const Hash256& commitment);
Hash256 commitment_of(const ContentKey& key, View fixed);
Hash256 chunk_hash(View sealed);
Hash256 root_of(View chunk_rows);
using HeaderHash = Block<64, struct HeaderHashTag>;
// The message that Ed25519 signs: "FX1-batch-sig" 0x00 | BLAKE2b-512(header before its signature).
Bytes signed_message(View unsigned_header);
BatchId id_of(View unsigned_header);

// The key that wraps the CEK for one recipient.
using WrapKey = Secret<struct WrapKeyTag>;
WrapKey wrap_key(const SharedSecret& shared, const OpenPublicKey& ephemeral, const OpenPublicKey& recipient_key,
                 const NodeId& recipient, std::uint32_t epoch, const Hash256& commitment);
void wrap(std::span<std::uint8_t, Stanza::wrapped_bytes> to, const WrapKey& key, const ContentKey& content);
bool unwrap_with(const WrapKey& key, View wrapped, ContentKey& content);

using PayloadKey = Secret<struct PayloadKeyTag>;
PayloadKey payload_key(const ContentKey& key);
// Requires to.size() == text.size() + tag_bytes; `to` and `text` may share their memory.
void seal_text(std::span<std::uint8_t> to, View text, const PayloadKey& key, const Context& context,
               std::uint32_t chunk, bool last);
// False when the tag is wrong. Requires to.size() == sealed.size() - tag_bytes.
bool open_text(std::span<std::uint8_t> to, View sealed, const PayloadKey& key, const Context& context,
               std::uint32_t chunk, bool last);

// Version 1: BLAKE2b("FX1-inner" | origin | fixed | compressed bytes of all chunks in order).
Hash256 inner_hash(const NodeId& origin, View fixed, std::span<const View> compressed);

// The places of chunks in pieces, and the size of each piece. Version 2: chunks end to end, cut every
// piece_bytes_max. Version 1: as many whole chunks in each piece as fit.
struct Packing {
    std::vector<BatchHeader::Place> places;
    std::vector<std::uint32_t> piece_bytes;
};
Packing pack_chunks(std::span<const ChunkRow> chunks, std::uint16_t version);

// The content of an opened chunk: u32 length | compressed | zeros, behind the inner hash in version 1's first
// chunk.
struct ChunkText {
    View inner;
    View compressed;
};
enum class Front : std::uint8_t { none, inner };
Result<ChunkText> parse_chunk_text(View text, Front front);
// The plain bytes, at the front of `room`, which grows when it must. Refuses bad_chunk_text, also for more
// than `bytes_max` bytes.
Result<View> decompress_into(Bytes& room, View compressed, std::size_t bytes_max);
// Splits `chunk_plain`, which must hold exactly `count` entries, onto the end of `entries`.
Result<void> split_onto(std::vector<View>& entries, View chunk_plain, std::size_t count);

}  // namespace xinwang::suite_1_parts
