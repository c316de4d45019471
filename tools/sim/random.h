// The simulator's one source of chance: everything in a run is drawn from the seed, in order.
#pragma once

#include <cstdint>

namespace xinwang::sim {

// splitmix64: every seed, also 0 and neighbours, gives an unrelated sequence.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return z ^ (z >> 31);
    }
    // Uniform in [0, below). Requires below > 0; its bias of 2^-40 and less matters to no test.
    std::uint64_t below(std::uint64_t below) { return next() % below; }
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
    }
    bool chance(double probability) { return static_cast<double>(next() >> 11) * 0x1.0p-53 < probability; }

  private:
    std::uint64_t state_;
};

// A source for libsodium: while it lives, randombytes draws from the seed instead of the kernel. Keys,
// content keys and ephemeral keys of the real crypto are then a function of the seed. One at a time; the
// process must not use it for real keys.
class SeededSodium {
  public:
    explicit SeededSodium(std::uint64_t seed);
    ~SeededSodium();
    SeededSodium(const SeededSodium&) = delete;
    SeededSodium& operator=(const SeededSodium&) = delete;
};

}  // namespace xinwang::sim
