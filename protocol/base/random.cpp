#include "protocol/base/random.h"

#include <sodium.h>

namespace xinwang {

Bytes random_bytes(std::size_t size) {
    Bytes bytes(size);
    randombytes_buf(bytes.data(), bytes.size());
    return bytes;
}

std::uint64_t random_number() {
    std::uint64_t number = 0;
    randombytes_buf(&number, sizeof number);
    return number;
}

}  // namespace xinwang
