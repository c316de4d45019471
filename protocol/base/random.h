// Randomness for keys, tokens and nonces: libsodium's generator, which the simulator replaces by a seeded one.
#pragma once

#include "protocol/base/bytes.h"

namespace xinwang {

Bytes random_bytes(std::size_t size);
std::uint64_t random_number();

}  // namespace xinwang
