// 32 secret bytes under a person's passphrase, for a small file of their own: Argon2id (libsodium's
// crypto_pwhash, MODERATE: 256 MiB, most of a second) gives the key of an XSalsa20-Poly1305 box.
//
//   u64 passes | u64 memory bytes | salt 16 | nonce 24 | box 48
//
// Pure but for randomness. Opening refuses costs beyond 1 GiB and 16 passes: the file may be anybody's.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/keys.h"

namespace xinwang {

Bytes lock_with_passphrase(View secret, std::string_view passphrase);
// Empty when the passphrase or the bytes are wrong.
std::optional<Secret<struct PassphraseBoxTag>> open_with_passphrase(View locked, std::string_view passphrase);

}  // namespace xinwang
