#include "protocol/base/hash.h"

#include <sodium.h>

#include "protocol/base/check.h"

namespace xinwang {

void blake2b(std::span<std::uint8_t> out, std::initializer_list<View> parts, View key) {
    crypto_generichash_state state;
    XW_CHECK(crypto_generichash_init(&state, key.data(), key.size(), out.size()) == 0);
    for (const View& part : parts) crypto_generichash_update(&state, part.data(), part.size());
    crypto_generichash_final(&state, out.data(), out.size());
}

std::uint64_t siphash(const SipKey& key, View what) {
    static_assert(SipKey::size == crypto_shorthash_KEYBYTES && crypto_shorthash_BYTES == sizeof(std::uint64_t));
    std::uint64_t out = 0;
    crypto_shorthash(reinterpret_cast<unsigned char*>(&out), what.data(), what.size(), key.bytes.data());
    return out;
}

Hash256 sha256(std::initializer_list<View> parts) {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (const View& part : parts) crypto_hash_sha256_update(&state, part.data(), part.size());
    Hash256 out;
    crypto_hash_sha256_final(&state, out.bytes.data());
    return out;
}

struct Blake2b::State {
    crypto_generichash_state hash;
};

Blake2b::Blake2b(std::size_t out_bytes) : state_(std::make_unique<State>()) {
    XW_CHECK(crypto_generichash_init(&state_->hash, nullptr, 0, out_bytes) == 0);
}
Blake2b::~Blake2b() = default;
void Blake2b::add(View part) {
    crypto_generichash_update(&state_->hash, part.data(), part.size());
}
void Blake2b::finish(std::span<std::uint8_t> out) {
    crypto_generichash_final(&state_->hash, out.data(), out.size());
}

}  // namespace xinwang
