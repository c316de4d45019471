// Randomness that is the same in every run: ChaCha20 of a seed and a counter in libsodium's place of
// randombytes. Install it only in a program of its own, before sodium_init(), or for the length of a
// FixedRandom scope in a test that runs alone.
#pragma once

#include <sodium.h>

#include <cstdint>
#include <cstring>

namespace xinwang::testing {

inline std::uint64_t& fixed_random_counter() {
    static std::uint64_t counter = 0;
    return counter;
}

inline void fixed_random_buf(void* const to, const std::size_t size) {
    unsigned char seed[randombytes_SEEDBYTES] = {};
    const std::uint64_t counter = fixed_random_counter()++;
    std::memcpy(seed, &counter, sizeof counter);
    randombytes_buf_deterministic(to, size, seed);
}

inline std::uint32_t fixed_random_word() {
    std::uint32_t word;
    fixed_random_buf(&word, sizeof word);
    return word;
}

class FixedRandom {
  public:
    FixedRandom() {
        static randombytes_implementation fixed = {
            [] { return "fixed"; }, fixed_random_word, nullptr, nullptr, fixed_random_buf, nullptr};
        fixed_random_counter() = 0;
        randombytes_set_implementation(&fixed);
    }
    ~FixedRandom() { randombytes_set_implementation(&randombytes_sysrandom_implementation); }
    FixedRandom(const FixedRandom&) = delete;
    FixedRandom& operator=(const FixedRandom&) = delete;
};

}  // namespace xinwang::testing
