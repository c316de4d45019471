#include "protocol/base/checksum.h"

#include <xxhash.h>

namespace xinwang {

std::uint64_t checksum64(View bytes, std::uint64_t seed) {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

void checksum128(std::span<std::uint8_t, checksum_bytes> out, View bytes, std::uint64_t seed) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed));
    static_assert(sizeof canonical == checksum_bytes);
    std::memcpy(out.data(), canonical.digest, checksum_bytes);
}

}  // namespace xinwang
