// Key pairs of a node: one to sign with (Ed25519), one that others seal for (X25519). A third pair, for
// transport, belongs to the edge. No key is ever made from another (node/DESIGN.md section 6).
//
// A private key lives in guarded memory (guarded.h) and is wiped when the last copy goes; copies share the
// memory, so that jobs on other threads hold a key at no cost. Immutable and safe to share. All randomness is
// libsodium's randombytes, which the simulator replaces.
#pragma once

#include <map>
#include <mutex>

#include "protocol/base/ids.h"
#include "protocol/guarded.h"

namespace xinwang {

// Secret bytes (32) with a meaning, wiped when they go: for secrets that live as long as a call.
template <class Tag>
struct Secret {
    static constexpr std::size_t size = 32;
    std::array<std::uint8_t, size> bytes{};

    Secret() = default;
    Secret(const Secret&) = default;
    Secret& operator=(const Secret&) = default;
    ~Secret() { wipe(bytes); }
    View view() const { return bytes; }
};
using SharedSecret = Secret<struct SharedSecretTag>;  // X25519's result, before any derivation

class SigningKey {
  public:
    static SigningKey generate();
    // Refuses bad_key unless `seed` has 32 bytes.
    static Result<SigningKey> from_seed(View seed);

    // The 32 bytes to keep in the key store; they live as long as the key.
    View seed() const { return {secret_.get(), 32}; }
    const SignPublicKey& public_key() const { return public_key_; }
    Signature sign(View message) const;

  private:
    SigningKey() = default;
    GuardedSecret secret_;  // 64 bytes: seed | public key
    SignPublicKey public_key_;
};

class OpeningKey {
  public:
    static OpeningKey generate();
    // Refuses bad_key unless `secret` has 32 bytes.
    static Result<OpeningKey> from_secret(View secret);

    View secret() const { return {secret_.get(), 32}; }
    const OpenPublicKey& public_key() const { return public_key_; }
    // Refuses weak_key when `other` is a point of low order: the result would be known to everyone.
    Result<SharedSecret> agree(const OpenPublicKey& other) const;

  private:
    OpeningKey() = default;
    GuardedSecret secret_;
    OpenPublicKey public_key_;
};

// The signed text of a statement: `label`, a zero byte, and the BLAKE2b-512 of `body` (WIRE.md section 9).
Bytes text_to_sign(std::string_view label, View body);

// The opening keys of one node, by epoch: batches sealed for an earlier epoch, or ahead for the next one,
// open too. Copies share the ring; keys may be added while other threads look them up.
class OpeningKeys {
  public:
    // Takes the first key; a node begins with epoch 1.
    OpeningKeys(OpeningKey first, std::uint32_t epoch = 1);

    // The key of this epoch; empty when it is not here.
    std::optional<OpeningKey> find(std::uint32_t epoch) const;
    // The highest epoch, and its key.
    std::pair<std::uint32_t, OpeningKey> newest() const;
    std::vector<std::uint32_t> epochs() const;
    void add(std::uint32_t epoch, OpeningKey key);

  private:
    struct Ring {
        std::mutex mutex;
        std::map<std::uint32_t, OpeningKey> keys;
    };
    std::shared_ptr<Ring> ring_;
};

bool verify(const SignPublicKey& key, View message, const Signature& signature);

// The first result that `verified` gives for one of a node's keys, tried from the newest to the oldest; else
// the newest key's refusal. Requires one key at least.
template <class Verified>
auto by_one_of(std::span<const SignPublicKey> keys, const Verified& verified)
    -> decltype(verified(keys.back())) {
    auto newest = verified(keys.back());
    for (std::size_t i = keys.size() - 1; !newest && i-- > 0;)
        if (auto older = verified(keys[i])) return older;
    return newest;
}

// False for points of low order. Call this before a key is admitted into the directory; seal() relies on it.
bool usable(const OpenPublicKey& key);

// BLAKE2b-128("XW-node" | first signing public key).
NodeId node_id_of(const SignPublicKey& first_key);

}  // namespace xinwang
