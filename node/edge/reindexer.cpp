#include "node/edge/reindexer.h"

#include <spdlog/spdlog.h>

namespace xinwang {
namespace {

constexpr std::size_t rows_per_step = 10'000;
constexpr std::size_t batches_per_step = 200;
constexpr Duration look_every{1'000};

}  // namespace

Reindexer::~Reindexer() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Reindexer::every_turn(Core& core, Instant now) {
    std::unique_lock lock(mutex_);
    if (busy_ || (!ready_ && now < next_look_)) return;
    next_look_ = now + look_every;
    auto step = std::exchange(ready_, std::nullopt);
    lock.unlock();
    const auto rebuild = store_.snapshot().index_rebuild();
    if (!rebuild) throw StoreCorrupt(rebuild.error());
    if (!*rebuild) return;
    std::uint64_t next = (*rebuild)->next;
    // Anything else is a step of a turn that came to nothing, or of a rebuild that began anew.
    if (step && step->from == next && step->end == (*rebuild)->end && !core.is_disk_full()) {
        next = step->next();
        core.stage(std::move(step->writes));
    }
    if (next >= (*rebuild)->end || core.is_disk_full()) return;
    if (!thread_.joinable()) {
        spdlog::info("index: batches {} to {} are indexed again", next, (*rebuild)->end);
        thread_ = std::thread([this] { run(); });
    }
    lock.lock();
    wanted_ = Step{next, (*rebuild)->end, {}};
    busy_ = true;
    changed_.notify_all();
}

void Reindexer::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return ending_ || wanted_; });
        if (ending_) return;
        const Step wanted = *std::exchange(wanted_, std::nullopt);
        lock.unlock();
        Step step = read(wanted.from, wanted.end);
        lock.lock();
        ready_ = std::move(step);
        busy_ = false;
        wake_();
    }
}

// A batch that cannot be opened is quarantined by whoever finds it; here it has no entries.
Reindexer::Step Reindexer::read(std::uint64_t from, std::uint64_t end) const {
    Step step{from, end, {}};
    std::size_t rows = 0;
    while (step.next() < end && rows < rows_per_step && step.writes.size() < batches_per_step) {
        IndexBatch batch{step.next(), {}};
        const Snapshot kept = store_.snapshot();
        if (auto found = rows_of_batch(kept, batch.ordinal, room_))
            batch.index = std::move(*found);
        else
            spdlog::warn("index: batch {}: {}", batch.ordinal, found.error().line(Language::english));
        rows += batch.index.size();
        step.writes.emplace_back(std::move(batch));
    }
    return step;
}

}  // namespace xinwang
