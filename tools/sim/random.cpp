#include "tools/sim/random.h"

#include <sodium.h>

#include <cstring>

#include "protocol/base/check.h"

namespace xinwang::sim {
namespace {

// libsodium's hook takes plain functions, so the generator behind them is the one of this file.
Random* active = nullptr;

void fill(void* buffer, std::size_t size) {
    auto* out = static_cast<unsigned char*>(buffer);
    while (size > 0) {
        const std::uint64_t word = active->next();
        const std::size_t n = size < sizeof word ? size : sizeof word;
        std::memcpy(out, &word, n);
        out += n;
        size -= n;
    }
}

const char* name() {
    return "xinwang-sim";
}
std::uint32_t word() {
    return static_cast<std::uint32_t>(active->next());
}

randombytes_implementation seeded{name, word, nullptr, nullptr, fill, nullptr};

}  // namespace

SeededSodium::SeededSodium(std::uint64_t seed) {
    XW_CHECK(active == nullptr);
    active = new Random(seed ^ 0x5EED'50D1'0000ull);
    randombytes_set_implementation(&seeded);
}

SeededSodium::~SeededSodium() {
    randombytes_set_implementation(&randombytes_sysrandom_implementation);
    delete active;
    active = nullptr;
}

}  // namespace xinwang::sim
