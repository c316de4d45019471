// Shows that what was found of a batch is given once, and that no more is kept than the limit.
#include "node/core/judged_contents.h"

#include <catch2/catch.hpp>

#include "tests/node/numbered.h"

using namespace xinwang;
using sample::numbered;

namespace judged_contents_test {
namespace {

JudgedContents contents(std::size_t entries) {
    JudgedContents made;
    made.records.assign(entries, entries);
    return made;
}

}  // namespace

TEST_CASE("what was found of a batch is given once") {
    JudgedContentsCache cache;
    cache.keep(numbered<BatchId>(1), contents(3));
    cache.keep(numbered<BatchId>(1), contents(5));  // the same batch again
    const auto taken = cache.take(numbered<BatchId>(1));
    REQUIRE(taken);
    CHECK(taken->records.size() == 3);
    CHECK_FALSE(cache.take(numbered<BatchId>(1)));
    CHECK_FALSE(cache.take(numbered<BatchId>(2)));
}

TEST_CASE("a full cache keeps as much as it may, old and new, and never more") {
    JudgedContentsCache cache;
    constexpr std::size_t each = JudgedContentsCache::entries_max / 100, batches = 300;
    for (std::uint64_t i = 0; i < batches; ++i) cache.keep(numbered<BatchId>(i), contents(each));
    std::size_t old = 0, newer = 0;
    for (std::uint64_t i = 0; i < batches; ++i)
        if (cache.take(numbered<BatchId>(i))) ++(i < batches / 2 ? old : newer);
    CHECK(old + newer == 100);
    CHECK(old > 0);
    CHECK(newer > 0);
}

}  // namespace judged_contents_test
