#include "protocol/keys.h"

#include <sodium.h>

#include <new>

#include "protocol/base/check.h"
#include "protocol/base/hash.h"

namespace xinwang {
namespace {

std::shared_ptr<std::uint8_t> guarded(std::size_t size) {
    XW_CHECK(sodium_init() >= 0);
    auto* memory = static_cast<std::uint8_t*>(sodium_malloc(size));
    if (memory == nullptr) throw std::bad_alloc();
    return {memory, sodium_free};
}

}  // namespace

void wipe(std::span<std::uint8_t> bytes) {
    sodium_memzero(bytes.data(), bytes.size());
}

SigningKey SigningKey::generate() {
    const auto seed = guarded(crypto_sign_SEEDBYTES);
    randombytes_buf(seed.get(), crypto_sign_SEEDBYTES);
    return *from_seed({seed.get(), crypto_sign_SEEDBYTES});
}

Result<SigningKey> SigningKey::from_seed(View seed) {
    if (seed.size() != crypto_sign_SEEDBYTES)
        return refuse(Code::bad_key, "signing seed", std::to_string(seed.size()), "32");
    auto secret = guarded(crypto_sign_SECRETKEYBYTES);
    SigningKey key;
    crypto_sign_seed_keypair(key.public_key_.bytes.data(), secret.get(), seed.data());
    sodium_mprotect_readonly(secret.get());
    key.secret_ = std::move(secret);
    return key;
}

Signature SigningKey::sign(View message) const {
    Signature signature;
    crypto_sign_detached(signature.bytes.data(), nullptr, message.data(), message.size(), secret_.get());
    return signature;
}

OpeningKey OpeningKey::generate() {
    const auto secret = guarded(crypto_scalarmult_SCALARBYTES);
    randombytes_buf(secret.get(), crypto_scalarmult_SCALARBYTES);
    return *from_secret({secret.get(), crypto_scalarmult_SCALARBYTES});
}

Result<OpeningKey> OpeningKey::from_secret(View secret) {
    if (secret.size() != crypto_scalarmult_SCALARBYTES)
        return refuse(Code::bad_key, "opening secret", std::to_string(secret.size()), "32");
    auto copy = guarded(crypto_scalarmult_SCALARBYTES);
    std::memcpy(copy.get(), secret.data(), secret.size());
    OpeningKey key;
    crypto_scalarmult_base(key.public_key_.bytes.data(), copy.get());
    sodium_mprotect_readonly(copy.get());
    key.secret_ = std::move(copy);
    return key;
}

Result<SharedSecret> OpeningKey::agree(const OpenPublicKey& other) const {
    SharedSecret shared;
    if (crypto_scalarmult(shared.bytes.data(), secret_.get(), other.bytes.data()) != 0)
        return refuse(Code::weak_key, "opening key", other.hex());
    return shared;
}

bool verify(const SignPublicKey& key, View message, const Signature& signature) {
    return crypto_sign_verify_detached(signature.bytes.data(), message.data(), message.size(),
                                       key.bytes.data()) == 0;
}

bool usable(const OpenPublicKey& key) {
    // X25519 clears the cofactor, so any scalar takes a point of low order to zero.
    static constexpr std::uint8_t scalar[crypto_scalarmult_SCALARBYTES] = {1};
    std::uint8_t out[crypto_scalarmult_BYTES];
    return crypto_scalarmult(out, scalar, key.bytes.data()) == 0;
}

NodeId node_id_of(const SignPublicKey& first_key) {
    return hash<NodeId>("XW-node", {first_key.view()});
}

}  // namespace xinwang
