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

}  // namespace xinwang
