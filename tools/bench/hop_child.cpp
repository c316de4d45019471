// The lowest node of a hop: reads blocks ahead of the clock's needs and hands them to its core whenever that
// takes one. And those between it and the city, which carry what they cannot read.
#include <condition_variable>
#include <iostream>
#include <mutex>

#include "tools/bench/entries.h"
#include "tools/bench/nodes.h"
#include "tools/bench/scenarios.h"

namespace xinwang::bench {
namespace {

constexpr std::uint16_t hop_policy = 1;  // sealed for the city
constexpr std::size_t blocks_ahead = 3;

// Blocks read by a thread of its own, so that the loop's thread never waits for the file.
class Feed {
  public:
    Feed(const std::filesystem::path& entries, std::size_t block)
        : thread_([=, this] { read(entries, block); }) {}
    ~Feed() {
        {
            const std::lock_guard lock(mutex_);
            ended_ = true;
        }
        room_.notify_all();
        thread_.join();
    }
    void start() {
        const std::lock_guard lock(mutex_);
        started_ = true;
    }
    // The loop's hook.
    void feed(Core& core) {
        while (core.takes_block()) {
            std::unique_lock lock(mutex_);
            if (!started_ || blocks_.empty()) return;
            auto block = std::move(blocks_.front());
            blocks_.pop_front();
            lock.unlock();
            room_.notify_one();
            core.seal_block(hop_policy, std::move(block));
        }
    }

  private:
    void read(const std::filesystem::path& path, std::size_t size) {
        EntryReader reader(path);
        for (;;) {
            auto block = reader.next(size);
            if (block.empty()) return;
            std::unique_lock lock(mutex_);
            room_.wait(lock, [this] { return ended_ || blocks_.size() < blocks_ahead; });
            if (ended_) return;
            blocks_.push_back(std::move(block));
        }
    }

    std::mutex mutex_;
    std::condition_variable room_;
    std::deque<EntryBlock> blocks_;
    bool started_ = false;
    bool ended_ = false;
    std::thread thread_;
};

}  // namespace

Result<void> run_hop_child(const std::filesystem::path& node, const std::filesystem::path& entries,
                           std::size_t block) {
    Feed feed(entries, block);
    XW_TRY(running, RunningNode::open(node, [&feed](Core& core, Instant) { feed.feed(core); }));
    running->wait_for_parent();
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        if (line == "go") {
            feed.start();
            running->loop().wake();
        }
        if (line == "counts") std::cout << running->counts() << std::endl;
    }
    return {};
}

Result<void> run_hop_carrier(const std::filesystem::path& node) {
    XW_TRY(running, RunningNode::open(node));
    running->wait_for_parent();
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);)
        if (line == "counts") std::cout << running->counts() << std::endl;
    return {};
}

}  // namespace xinwang::bench
