// Shows that batches committed last are found in memory, that memory is bounded, and that what arrived is let
// go.
#include "node/core/recent_batches.h"

#include <catch2/catch.hpp>

using namespace xinwang;

namespace recent_batches_test {
namespace {

LogId log_of(std::uint8_t origin) {
    LogId log;
    log.origin.bytes.fill(origin);
    return log;
}

std::vector<SharedBytes> pieces(std::size_t bytes) {
    return {std::make_shared<const Bytes>(bytes / 2), std::make_shared<const Bytes>(bytes - bytes / 2)};
}

}  // namespace

TEST_CASE("a batch is found by log and seq, with the bytes that were kept and not a copy of them") {
    RecentBatches recent;
    const auto kept = pieces(1000);
    recent.add(log_of(1), 7, kept);
    REQUIRE(recent.find(log_of(1), 7) != nullptr);
    REQUIRE(*recent.find(log_of(1), 7) == kept);
    REQUIRE(recent.find(log_of(1), 8) == nullptr);
    REQUIRE(recent.find(log_of(2), 7) == nullptr);
    REQUIRE(recent.bytes() == 1000);
}

TEST_CASE("the oldest leave when the limit is reached, and memory stays below it") {
    RecentBatches recent;
    constexpr std::size_t batch = 1u << 20;
    for (Seq seq = 0; seq < 100; ++seq) {
        recent.add(log_of(static_cast<std::uint8_t>(seq % 2)), seq, pieces(batch));
        REQUIRE(recent.bytes() <= limits::recent_batches_bytes_max);
        REQUIRE(recent.find(log_of(static_cast<std::uint8_t>(seq % 2)), seq) != nullptr);
    }
    const Seq held = limits::recent_batches_bytes_max / batch;
    REQUIRE(recent.find(log_of(0), 98) != nullptr);
    REQUIRE(recent.find(log_of(static_cast<std::uint8_t>((100 - held) % 2)), 100 - held) != nullptr);
    REQUIRE(recent.find(log_of(static_cast<std::uint8_t>((99 - held) % 2)), 99 - held) == nullptr);
}

TEST_CASE("what a peer holds is dropped, of that log alone") {
    RecentBatches recent;
    for (Seq seq = 0; seq < 10; ++seq)
        for (const std::uint8_t origin : Bytes{1, 2, 3}) recent.add(log_of(origin), seq, pieces(100));
    recent.drop_below(log_of(2), 6);
    REQUIRE(recent.find(log_of(2), 5) == nullptr);
    REQUIRE(recent.find(log_of(2), 6) != nullptr);
    REQUIRE(recent.find(log_of(1), 0) != nullptr);
    REQUIRE(recent.find(log_of(3), 0) != nullptr);
    REQUIRE(recent.bytes() == 2400);
    // The same batch again, after a core that voided a turn began anew, is one batch.
    recent.add(log_of(2), 6, pieces(100));
    REQUIRE(recent.bytes() == 2400);
}

}  // namespace recent_batches_test
