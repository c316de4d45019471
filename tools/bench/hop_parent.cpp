// The city at the end of a hop: says when it durably holds everything, and shows that it can read it.
#include <condition_variable>
#include <iostream>
#include <mutex>

#include "node/core/judged.h"
#include "protocol/base/check.h"
#include "tools/bench/entries.h"
#include "tools/bench/nodes.h"
#include "tools/bench/scenarios.h"

namespace xinwang::bench {
namespace {

constexpr std::uint64_t looked_up = 200;

// Opened when the last record is staged; the caller's next turn then follows its commit.
class Gate {
  public:
    explicit Gate(std::uint64_t records) : records_(records) {}
    void look(const Core& core) {
        std::uint64_t held = 0;
        for (const auto& [id, log] : core.logbook().all())
            if (id.lane == Lane::records && id.origin != core.identity().node) held += log.entries;
        if (held < records_) return;
        {
            const std::lock_guard lock(mutex_);
            open_ = true;
        }
        opened_.notify_all();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        opened_.wait(lock, [this] { return open_; });
    }

  private:
    const std::uint64_t records_;
    std::mutex mutex_;
    std::condition_variable opened_;
    bool open_ = false;
};

// Looks up and opens records from all over the file, and compares them byte for byte. Returns how many were
// wrong.
std::uint64_t wrong_records(RunningNode& node, const std::filesystem::path& entries, std::uint64_t records) {
    const std::uint64_t step = std::max<std::uint64_t>(1, records / looked_up);
    EntryReader reader(entries);
    const Snapshot kept = node.store().snapshot();
    std::uint64_t wrong = 0;
    for (auto block = reader.next(step); !block.empty(); block = reader.next(step)) {
        const View last = block[block.size() - 1];
        const auto wanted = decode_entry(last);
        XW_CHECK(wanted);
        const auto read = read_latest(kept, wanted->record, node.room());
        if (!read || !*read || !(*read)->entry || !equal(encode(*(*read)->entry), last)) ++wrong;
    }
    return wrong;
}

}  // namespace

Result<void> run_hop_parent(const std::filesystem::path& node, const std::filesystem::path& entries,
                            std::uint64_t records, std::size_t tiers) {
    Gate gate(records);
    XW_TRY(running, RunningNode::open(node, [&gate](Core& core, Instant) { gate.look(core); }));
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        if (line == "wait") {
            gate.wait();
            running->ask([](Core&, Instant) {});  // answered after the commit of its turn
            std::cout << "held" << std::endl;
        }
        if (line == "enrolled") {
            running->wait_until([&](Core& core) { return core.roster().size() == tiers; });
            std::cout << "all" << std::endl;
        }
        if (line == "counts") std::cout << running->counts() << std::endl;
        if (line == "check") std::cout << wrong_records(*running, entries, records) << std::endl;
    }
    return {};
}

}  // namespace xinwang::bench
