#include "protocol/suite_1.h"

#include <sodium.h>

#include <algorithm>

#include "protocol/base/check.h"

namespace xinwang::suite_1_parts {
namespace {

using Nonce = std::array<std::uint8_t, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES>;
static_assert(tag_bytes == crypto_aead_xchacha20poly1305_ietf_ABYTES);

// 19 zeros | u32 chunk | 0x01 for the last chunk. Unique under a key that seals one batch only.
Nonce chunk_nonce(std::uint32_t chunk, bool last) {
    Nonce nonce{};
    for (std::size_t i = 0; i < 4; ++i) nonce[19 + i] = static_cast<std::uint8_t>(chunk >> (8 * i));
    nonce[23] = last ? 1 : 0;
    return nonce;
}

template <class B>
B blake(std::initializer_list<View> parts, View key = {}) {
    B out;
    blake2b(out.bytes, parts, key);
    return out;
}

}  // namespace

Context context_of(View fixed, const Hash256& commitment) {
    return blake<Context>({view("FX1-aad"), fixed, commitment.view()});
}

Hash256 commitment_of(const ContentKey& key, View fixed) {
    const auto commit_key = blake<Secret<struct CommitKeyTag>>({view("FX1-commit")}, key.view());
    return blake<Hash256>({fixed}, commit_key.view());
}

PayloadKey payload_key(const ContentKey& key) {
    return blake<PayloadKey>({view("FX1-payload")}, key.view());
}

Hash256 chunk_hash(View sealed) {
    return blake<Hash256>({view("FX1-chunk"), sealed});
}

Hash256 root_of(View chunk_rows) {
    return blake<Hash256>({view("FX1-root"), chunk_rows});
}

Bytes signed_message(View unsigned_header) {
    Bytes message = to_bytes(view(std::string_view("FX1-batch-sig\0", 14)));
    append(message, blake<HeaderHash>({unsigned_header}).view());
    return message;
}

BatchId id_of(View unsigned_header) {
    return blake<BatchId>({unsigned_header});
}

WrapKey wrap_key(const SharedSecret& shared, const OpenPublicKey& ephemeral, const OpenPublicKey& recipient_key,
                 const NodeId& recipient, std::uint32_t epoch, const Hash256& commitment) {
    Writer bound;
    bound.block(ephemeral);
    bound.block(recipient_key);
    bound.u16(suite_1);
    bound.block(recipient);
    bound.u32(epoch);
    bound.block(commitment);
    return blake<WrapKey>({view("FX1-wrap"), bound.bytes()}, shared.view());
}

void wrap(std::span<std::uint8_t, Stanza::wrapped_bytes> to, const WrapKey& key, const ContentKey& content) {
    const Nonce zero{};
    crypto_aead_xchacha20poly1305_ietf_encrypt(to.data(), nullptr, content.bytes.data(), ContentKey::size,
                                               nullptr, 0, nullptr, zero.data(), key.bytes.data());
}

bool unwrap_with(const WrapKey& key, View wrapped, ContentKey& content) {
    const Nonce zero{};
    return crypto_aead_xchacha20poly1305_ietf_decrypt(content.bytes.data(), nullptr, nullptr, wrapped.data(),
                                                      wrapped.size(), nullptr, 0, zero.data(),
                                                      key.bytes.data()) == 0;
}

void seal_text(std::span<std::uint8_t> to, View text, const PayloadKey& key, const Context& context,
               std::uint32_t chunk, bool last) {
    XW_CHECK(to.size() == text.size() + tag_bytes);
    const Nonce nonce = chunk_nonce(chunk, last);
    crypto_aead_xchacha20poly1305_ietf_encrypt(to.data(), nullptr, text.data(), text.size(),
                                               context.bytes.data(), Context::size, nullptr, nonce.data(),
                                               key.bytes.data());
}

bool open_text(std::span<std::uint8_t> to, View sealed, const PayloadKey& key, const Context& context,
               std::uint32_t chunk, bool last) {
    if (sealed.size() != to.size() + tag_bytes) return false;
    const Nonce nonce = chunk_nonce(chunk, last);
    return crypto_aead_xchacha20poly1305_ietf_decrypt(to.data(), nullptr, nullptr, sealed.data(), sealed.size(),
                                                      context.bytes.data(), Context::size, nonce.data(),
                                                      key.bytes.data()) == 0;
}

Hash256 inner_hash(const NodeId& origin, View fixed, std::span<const View> compressed) {
    crypto_generichash_state state;
    Hash256 out;
    XW_CHECK(crypto_generichash_init(&state, nullptr, 0, Hash256::size) == 0);
    const auto add = [&](View part) { crypto_generichash_update(&state, part.data(), part.size()); };
    add(view("FX1-inner"));
    add(origin.view());
    add(fixed);
    for (const View& chunk : compressed) add(chunk);
    crypto_generichash_final(&state, out.bytes.data(), Hash256::size);
    return out;
}

Packing pack_chunks(std::span<const ChunkRow> chunks, std::uint16_t version) {
    Packing packing;
    auto& pieces = packing.piece_bytes;
    for (const ChunkRow& chunk : chunks) {
        const std::size_t whole = version == 1 ? chunk.bytes : 1;
        if (pieces.empty() || pieces.back() + whole > limits::piece_bytes_max) pieces.push_back(0);
        packing.places.push_back({static_cast<std::uint16_t>(pieces.size()), pieces.back()});
        // A chunk is smaller than a piece: it goes on in one more at most.
        const auto room = static_cast<std::uint32_t>(limits::piece_bytes_max) - pieces.back();
        pieces.back() += std::min(chunk.bytes, room);
        if (chunk.bytes > room) pieces.push_back(chunk.bytes - room);
    }
    return packing;
}

}  // namespace xinwang::suite_1_parts
