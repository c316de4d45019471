#include "protocol/keys.h"

#include <sodium.h>

#include "protocol/base/hash.h"

namespace xinwang {

SigningKey SigningKey::generate() {
    std::array<std::uint8_t, crypto_sign_SEEDBYTES> seed;
    const WipeOnExit wiped(seed);
    randombytes_buf(seed.data(), seed.size());
    return *from_seed(seed);
}

Result<SigningKey> SigningKey::from_seed(View seed) {
    if (seed.size() != crypto_sign_SEEDBYTES)
        return refuse(Code::bad_key, "signing seed", std::to_string(seed.size()), "32");
    SigningKey key;
    key.secret_ = keep_secret(crypto_sign_SECRETKEYBYTES, [&](std::span<std::uint8_t> to) {
        crypto_sign_seed_keypair(key.public_key_.bytes.data(), to.data(), seed.data());
    });
    return key;
}

Signature SigningKey::sign(View message) const {
    Signature signature;
    crypto_sign_detached(signature.bytes.data(), nullptr, message.data(), message.size(), secret_.get());
    return signature;
}

OpeningKey OpeningKey::generate() {
    std::array<std::uint8_t, crypto_scalarmult_SCALARBYTES> secret;
    const WipeOnExit wiped(secret);
    randombytes_buf(secret.data(), secret.size());
    return *from_secret(secret);
}

Result<OpeningKey> OpeningKey::from_secret(View secret) {
    if (secret.size() != crypto_scalarmult_SCALARBYTES)
        return refuse(Code::bad_key, "opening secret", std::to_string(secret.size()), "32");
    OpeningKey key;
    key.secret_ = keep_secret(secret);
    crypto_scalarmult_base(key.public_key_.bytes.data(), key.secret_.get());
    return key;
}

Result<SharedSecret> OpeningKey::agree(const OpenPublicKey& other) const {
    SharedSecret shared;
    if (crypto_scalarmult(shared.bytes.data(), secret_.get(), other.bytes.data()) != 0)
        return refuse(Code::weak_key, "opening key", other.hex());
    return shared;
}

OpeningKeys::OpeningKeys(OpeningKey first, std::uint32_t epoch) : ring_(std::make_shared<Ring>()) {
    ring_->keys.emplace(epoch, std::move(first));
}

std::optional<OpeningKey> OpeningKeys::find(std::uint32_t epoch) const {
    const std::lock_guard lock(ring_->mutex);
    const auto it = ring_->keys.find(epoch);
    return it == ring_->keys.end() ? std::nullopt : std::optional(it->second);
}

std::pair<std::uint32_t, OpeningKey> OpeningKeys::newest() const {
    const std::lock_guard lock(ring_->mutex);
    return *ring_->keys.rbegin();
}

std::vector<std::uint32_t> OpeningKeys::epochs() const {
    const std::lock_guard lock(ring_->mutex);
    std::vector<std::uint32_t> epochs;
    for (const auto& [epoch, key] : ring_->keys) epochs.push_back(epoch);
    return epochs;
}

void OpeningKeys::add(std::uint32_t epoch, OpeningKey key) {
    const std::lock_guard lock(ring_->mutex);
    ring_->keys.insert_or_assign(epoch, std::move(key));
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

Bytes text_to_sign(std::string_view label, View body) {
    using Hash512 = Block<64, struct Hash512Tag>;
    Writer out;
    out.raw(view(label));
    out.u8(0);
    out.block(hash<Hash512>("", {body}));
    return out.take();
}

NodeId node_id_of(const SignPublicKey& first_key) {
    return hash<NodeId>("XW-node", {first_key.view()});
}

}  // namespace xinwang
