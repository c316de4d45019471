// Shows that a content key is given back for its own batch only, and that the oldest keys leave.
#include "node/core/content_keys.h"

#include <catch2/catch.hpp>

#include "tests/node/numbered.h"

using namespace xinwang;
using sample::numbered;

namespace content_keys_test {
namespace {

ContentKey key_of(std::uint64_t number) {
    ContentKey key;
    key.bytes.fill(static_cast<std::uint8_t>(number));
    return key;
}

}  // namespace

TEST_CASE("content keys are found by their batch, and the oldest leave") {
    ContentKeys keys;
    REQUIRE_FALSE(keys.find(numbered<BatchId>(1)));
    constexpr std::uint64_t many = ContentKeys::generation_max * 2 + 1;
    for (std::uint64_t i = 0; i < many; ++i) {
        keys.keep(numbered<BatchId>(i), key_of(i));
        REQUIRE(keys.find(numbered<BatchId>(i))->bytes == key_of(i).bytes);
    }
    REQUIRE_FALSE(keys.find(numbered<BatchId>(0)));
    REQUIRE(keys.find(numbered<BatchId>(ContentKeys::generation_max))->bytes ==
            key_of(ContentKeys::generation_max).bytes);
    REQUIRE_FALSE(keys.find(numbered<BatchId>(many)));
}

}  // namespace content_keys_test
