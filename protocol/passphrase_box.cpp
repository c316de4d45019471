#include "protocol/passphrase_box.h"

#include <sodium.h>

#include <new>

#include "protocol/base/check.h"
#include "protocol/base/codec.h"
#include "protocol/base/random.h"

namespace xinwang {
namespace {

constexpr std::uint64_t passes_max = 16;
constexpr std::uint64_t memory_bytes_max = 1u << 30;
constexpr std::size_t secret_bytes = 32;

using Key = Secret<struct PassphraseKeyTag>;

bool derive(Key& key, std::string_view passphrase, View salt, std::uint64_t passes, std::uint64_t memory) {
    return crypto_pwhash(key.bytes.data(), key.bytes.size(), passphrase.data(), passphrase.size(), salt.data(),
                         passes, memory, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

}  // namespace

Bytes lock_with_passphrase(View secret, std::string_view passphrase) {
    XW_CHECK(secret.size() == secret_bytes);
    const Bytes salt = random_bytes(crypto_pwhash_SALTBYTES), nonce = random_bytes(crypto_secretbox_NONCEBYTES);
    Key key;
    if (!derive(key, passphrase, salt, crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE))
        throw std::bad_alloc();
    Bytes box(secret_bytes + crypto_secretbox_MACBYTES);
    crypto_secretbox_easy(box.data(), secret.data(), secret.size(), nonce.data(), key.bytes.data());
    Writer out;
    out.u64(crypto_pwhash_OPSLIMIT_MODERATE);
    out.u64(crypto_pwhash_MEMLIMIT_MODERATE);
    out.raw(salt);
    out.raw(nonce);
    out.raw(box);
    return out.take();
}

std::optional<Secret<struct PassphraseBoxTag>> open_with_passphrase(View locked, std::string_view passphrase) {
    Reader in(locked, "passphrase box");
    const std::uint64_t passes = in.u64(), memory = in.u64();
    const View salt = in.raw(crypto_pwhash_SALTBYTES), nonce = in.raw(crypto_secretbox_NONCEBYTES);
    const View box = in.raw(secret_bytes + crypto_secretbox_MACBYTES);
    if (!in.done() || passes < crypto_pwhash_OPSLIMIT_MIN || passes > passes_max ||
        memory < crypto_pwhash_MEMLIMIT_MIN || memory > memory_bytes_max)
        return std::nullopt;
    Key key;
    if (!derive(key, passphrase, salt, passes, memory)) return std::nullopt;
    Secret<struct PassphraseBoxTag> secret;
    if (crypto_secretbox_open_easy(secret.bytes.data(), box.data(), box.size(), nonce.data(),
                                   key.bytes.data()) != 0)
        return std::nullopt;
    return secret;
}

}  // namespace xinwang
