// Secrets under a passphrase: the content of the file keys/sealed.
//
//   front  = "XWKB" | u8 version 1 | u32 passes | u32 memory KiB | salt 16
//   sealed = front | nonce 24 | XChaCha20-Poly1305(K, nonce, additional data = front, secrets)
//   K      = Argon2id(passphrase, salt, passes, memory), 32 bytes
//   secrets = u16 count | count × (text16 name | 32 bytes), names rising
//
// The nonce is fresh for each sealing. A box keeps K in guarded memory, so that a running node can seal a new
// key without asking anybody. Pure but for the randomness that it draws.
#pragma once

#include <map>
#include <string>

#include "protocol/base/ids.h"
#include "protocol/guarded.h"

namespace xinwang {

inline constexpr std::size_t named_secret_bytes = 32;
using NamedSecrets = std::map<std::string, GuardedSecret>;

struct PassphraseCost {
    std::uint32_t passes = 3;
    std::uint32_t memory_kib = 256u << 10;  // libsodium's MODERATE: 0.7 s where this was written
};

class KeyBox {
  public:
    // Makes a box with a new salt.
    static Result<KeyBox> create(View passphrase, PassphraseCost cost = {});
    // The box that made `sealed`, if the passphrase is right: open() tells. Refuses sealed_keys_damaged.
    static Result<KeyBox> of(View passphrase, View sealed);

    Bytes seal(const NamedSecrets& secrets) const;
    // Refuses passphrase_wrong (also for a changed file, because nobody can tell the two apart),
    // sealed_keys_damaged.
    Result<NamedSecrets> open(View sealed) const;

  private:
    KeyBox() = default;
    Bytes front_;
    GuardedSecret key_;
};

}  // namespace xinwang
