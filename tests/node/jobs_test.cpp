// Shows that every submitted job runs once, that the queue is bounded, and that threads start only when needed.
#include "node/edge/jobs.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

using namespace xinwang;

namespace jobs_test {

TEST_CASE("every job runs once, those still waiting at destruction too") {
    std::atomic<int> ran{0};
    {
        Workers workers(3);
        REQUIRE(workers.threads() == 0);
        for (int i = 0; i < 1000; ++i) REQUIRE(workers.submit([&] { ++ran; }) == Submitted::yes);
        REQUIRE(workers.threads() <= 3);
    }
    REQUIRE(ran == 1000);
}

TEST_CASE("a full queue takes nothing more until a job is done") {
    std::promise<void> gate;
    std::promise<void> started;
    auto open = gate.get_future().share();
    Workers workers(1, 2);
    REQUIRE(workers.submit([&, open] {
        started.set_value();
        open.wait();
    }) == Submitted::yes);
    started.get_future().wait();
    REQUIRE(workers.submit([] {}) == Submitted::yes);
    std::promise<void> last;
    REQUIRE(workers.submit([&] { last.set_value(); }) == Submitted::yes);
    REQUIRE(workers.submit([] {}) == Submitted::full);
    REQUIRE(workers.size() == 3);
    gate.set_value();
    last.get_future().wait();
    REQUIRE(workers.submit([] {}) == Submitted::yes);
}

TEST_CASE("one job at a time needs one thread") {
    Workers workers(4);
    for (int i = 0; i < 50; ++i) {
        std::promise<void> done;
        REQUIRE(workers.submit([&] { done.set_value(); }) == Submitted::yes);
        done.get_future().wait();
        while (workers.size() != 0) std::this_thread::yield();
    }
    REQUIRE(workers.threads() == 1);
}

}  // namespace jobs_test
