#include "protocol/key_box.h"

#include <sodium.h>

#include "protocol/base/check.h"
#include "protocol/base/codec.h"
#include "protocol/base/random.h"

namespace xinwang {
namespace {

constexpr std::string_view box_magic = "XWKB";
constexpr std::uint8_t version = 1;
constexpr std::size_t front_bytes = 4 + 1 + 4 + 4 + crypto_pwhash_SALTBYTES;
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t box_tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::uint32_t passes_max = 64;
constexpr std::uint32_t memory_kib_max = 4u << 20;  // 4 GiB

tl::unexpected<Refusal> damaged(std::string_view field, const std::string& value, std::string_view wanted) {
    return refuse(Code::sealed_keys_damaged, field, value, wanted);
}

// Out of memory is the machine's fault; a cost that is out of all bounds is refused before.
GuardedSecret stretched(View passphrase, View salt, const PassphraseCost& cost) {
    return keep_secret(crypto_aead_xchacha20poly1305_ietf_KEYBYTES, [&](std::span<std::uint8_t> key) {
        if (crypto_pwhash(key.data(), key.size(), reinterpret_cast<const char*>(passphrase.data()),
                          passphrase.size(), salt.data(), cost.passes, std::size_t{cost.memory_kib} << 10,
                          crypto_pwhash_ALG_ARGON2ID13) != 0)
            throw std::bad_alloc();
    });
}

std::size_t plain_bytes(const NamedSecrets& secrets) {
    std::size_t bytes = 2;
    for (const auto& [name, secret] : secrets) bytes += 2 + name.size() + named_secret_bytes;
    return bytes;
}

}  // namespace

Result<KeyBox> KeyBox::create(View passphrase, PassphraseCost cost) {
    Writer front;
    front.raw(view(box_magic));
    front.u8(version);
    front.u32(cost.passes);
    front.u32(cost.memory_kib);
    front.raw(random_bytes(crypto_pwhash_SALTBYTES));
    return of(passphrase, front.bytes());
}

Result<KeyBox> KeyBox::of(View passphrase, View sealed) {
    Reader in(sealed, "sealed keys");
    const View its_magic = in.raw(box_magic.size());
    const std::uint8_t its_version = in.u8();
    const PassphraseCost cost{in.u32(), in.u32()};
    const View salt = in.raw(crypto_pwhash_SALTBYTES);
    if (!in.good()) return damaged("size", std::to_string(sealed.size()), std::to_string(front_bytes));
    if (!equal(its_magic, view(box_magic)) || its_version != version)
        return damaged("version", std::to_string(its_version), std::to_string(version));
    if (cost.passes < crypto_pwhash_argon2id_OPSLIMIT_MIN || cost.passes > passes_max)
        return damaged("passes", std::to_string(cost.passes), "1..64");
    if (cost.memory_kib < 8 || cost.memory_kib > memory_kib_max)
        return damaged("memory", std::to_string(cost.memory_kib), "8..4194304");
    KeyBox box;
    box.front_ = to_bytes(sealed.first(front_bytes));
    box.key_ = stretched(passphrase, salt, cost);
    return box;
}

Bytes KeyBox::seal(const NamedSecrets& secrets) const {
    Writer plain(plain_bytes(secrets));  // at once: growing would leave copies behind
    plain.u16(static_cast<std::uint16_t>(secrets.size()));
    for (const auto& [name, secret] : secrets) {
        plain.text16(name);
        plain.raw({secret.get(), named_secret_bytes});
    }
    Bytes text = plain.take();
    const WipeOnExit wiped(text);
    Bytes out = front_;
    append(out, random_bytes(nonce_bytes));
    out.resize(front_bytes + nonce_bytes + text.size() + box_tag_bytes);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + front_bytes + nonce_bytes, nullptr, text.data(),
                                               text.size(), front_.data(), front_.size(), nullptr,
                                               out.data() + front_bytes, key_.get());
    return out;
}

Result<NamedSecrets> KeyBox::open(View sealed) const {
    const std::size_t before = front_bytes + nonce_bytes;
    if (sealed.size() < before + box_tag_bytes)
        return damaged("size", std::to_string(sealed.size()), std::to_string(before + box_tag_bytes));
    Bytes text(sealed.size() - before - box_tag_bytes);
    const WipeOnExit wiped(text);
    const View box = sealed.subspan(before);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(text.data(), nullptr, nullptr, box.data(), box.size(),
                                                   sealed.data(), front_bytes, sealed.data() + front_bytes,
                                                   key_.get()) != 0)
        return refuse(Code::passphrase_wrong, "keys/sealed");
    Reader in(text, "sealed keys");
    NamedSecrets secrets;
    for (std::uint16_t left = in.u16(); left > 0 && in.good(); --left) {
        const std::string name = in.text16();
        const View secret = in.raw(named_secret_bytes);
        if (secret.size() == named_secret_bytes) secrets.insert_or_assign(name, keep_secret(secret));
    }
    XW_TRY_VOID(in.finish());
    return secrets;
}

}  // namespace xinwang
