#include "node/edge/repair.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace xinwang {
namespace {

constexpr std::size_t commit_rows = 250'000;
constexpr std::size_t waiting_rows_max = 2 * commit_rows;
constexpr std::size_t unreadable_listed_max = 100;

struct ReadBatch {
    Result<std::vector<IndexRow>> rows = std::vector<IndexRow>{};
    std::uint64_t bytes = 0;
};

// Batches read by several threads and handed out in their order.
class ReadAhead {
  public:
    ReadAhead(const Store& store, const JobRoom& room, std::uint64_t from, std::uint64_t end, unsigned threads)
        : store_(store), room_(room), next_claim_(from), next_out_(from), end_(end) {
        for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
    }
    ~ReadAhead() {
        {
            const std::lock_guard lock(mutex_);
            end_ = next_claim_;
        }
        changed_.notify_all();
        for (std::thread& thread : threads_) thread.join();
    }

    // The next in order. Throws what reading it threw.
    ReadBatch take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return failure_ || ready_.contains(next_out_); });
        if (failure_) std::rethrow_exception(failure_);
        auto node = ready_.extract(next_out_++);
        if (node.mapped().rows) waiting_rows_ -= node.mapped().rows->size();
        changed_.notify_all();
        return std::move(node.mapped());
    }

  private:
    void run() {
        std::unique_lock lock(mutex_);
        for (;;) {
            // The batch that is due next is never held back.
            changed_.wait(lock, [this] {
                return failure_ || next_claim_ >= end_ || waiting_rows_ < waiting_rows_max ||
                       next_claim_ == next_out_;
            });
            if (failure_ || next_claim_ >= end_) return;
            const std::uint64_t ordinal = next_claim_++;
            lock.unlock();
            ReadBatch batch;
            std::exception_ptr failure;
            try {
                batch = read(ordinal);
            } catch (...) {
                failure = std::current_exception();
            }
            lock.lock();
            if (failure) failure_ = failure;
            if (batch.rows) waiting_rows_ += batch.rows->size();
            ready_.emplace(ordinal, std::move(batch));
            changed_.notify_all();
        }
    }

    ReadBatch read(std::uint64_t ordinal) const {
        const Snapshot kept = store_.snapshot();
        ReadBatch batch;
        if (const auto row = kept.at(ordinal)) batch.bytes = row->bytes;
        batch.rows = rows_of_batch(kept, ordinal, room_);
        return batch;
    }

    const Store& store_;
    const JobRoom& room_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::uint64_t next_claim_;
    std::uint64_t next_out_;
    std::uint64_t end_;
    std::size_t waiting_rows_ = 0;
    std::map<std::uint64_t, ReadBatch> ready_;
    std::exception_ptr failure_;
    std::vector<std::thread> threads_;  // last
};

std::uint64_t index_entries(const Store& store) {
    std::uint64_t entries = 0;
    const Snapshot kept = store.snapshot();
    for (const Index index : all_indexes)
        if (const auto manifest = read_index_manifest(kept.raw(), index)) entries += manifest->entries();
    return entries;
}

std::uint64_t batch_bytes(const Store& store) {
    std::uint64_t bytes = 0;
    for (const LogRow& log : store.snapshot().logs()) bytes += log.bytes;
    return bytes;
}

class Repair {
  public:
    using Watch = std::function<bool(std::uint64_t, std::uint64_t)>;
    Repair(Store& store, const JobRoom& room, unsigned threads, const Watch& watch)
        : store_(store), room_(room), threads_(threads), watch_(watch) {}

    Result<Repaired> run() {
        total_ = batch_bytes(store_);
        XW_TRY(pending, store_.snapshot().index_rebuild());
        out_.resumed = pending && pending->next > 0;
        if (!pending) XW_TRY_VOID(look_first());
        const Write reset = ResetIndex{};
        if (!pending) XW_TRY_VOID(store_.commit({&reset, 1}));
        XW_TRY(rebuild, store_.snapshot().index_rebuild());
        if (rebuild) XW_TRY_VOID(build(*rebuild));
        out_.after = index_entries(store_);
        return out_;
    }

  private:
    bool tell() const { return !watch_ || watch_(done_, std::max(done_, total_)); }

    // What there is, to be compared with what there should be.
    Result<void> look_first() {
        auto audit = IndexAudit::read(store_, [this] { return tell(); });
        if (!audit && audit.error().code == Code::node_stopping) return tl::unexpected(audit.error());
        if (!audit) return {};
        out_.before = audit->entries();
        audit_ = std::move(*audit);
        return {};
    }

    Result<void> build(const IndexRebuild& rebuild) {
        ReadAhead batches(store_, room_, rebuild.next, rebuild.end, threads_);
        std::vector<Write> writes;
        std::size_t rows = 0;
        for (std::uint64_t ordinal = rebuild.next; ordinal < rebuild.end; ++ordinal) {
            ReadBatch batch = batches.take();
            writes.emplace_back(IndexBatch{ordinal, counted(ordinal, batch)});
            rows += std::get<IndexBatch>(writes.back()).index.size();
            if (rows < commit_rows && ordinal + 1 < rebuild.end) continue;
            XW_TRY_VOID(store_.commit(writes));
            writes.clear();
            rows = 0;
            if (!tell()) return refuse(Code::node_stopping);
        }
        return {};
    }

    std::vector<IndexRow> counted(std::uint64_t ordinal, ReadBatch& batch) {
        ++out_.batches;
        done_ += batch.bytes;
        if (!batch.rows) {
            ++out_.unreadable;
            if (out_.first_unreadable.size() < unreadable_listed_max)
                out_.first_unreadable.push_back({ordinal, batch.rows.error()});
            return {};
        }
        out_.records += batch.rows->size();
        if (audit_ && audit_->covers(ordinal)) {
            const auto difference = audit_->compare(ordinal, *batch.rows);
            out_.missing += difference.missing;
            out_.wrong += difference.wrong;
        }
        return std::move(*batch.rows);
    }

    Store& store_;
    const JobRoom& room_;
    const unsigned threads_;
    const Watch& watch_;
    Repaired out_;
    std::optional<IndexAudit> audit_;
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace

Result<Repaired> repair_index(Store& store, const JobRoom& room, unsigned threads,
                              const std::function<bool(std::uint64_t, std::uint64_t)>& watch) {
    return Repair(store, room, threads, watch).run();
}

}  // namespace xinwang
