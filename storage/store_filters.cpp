// The store's filters of the record index (index_filter.h): which of them a snapshot may ask, and how they come
// back after a start.
#include <algorithm>

#include "storage/index_cursor.h"
#include "storage/store.h"

namespace xinwang {
namespace {

// 260,000 entries, a few milliseconds: a snapshot that keeps no pages for long.
constexpr std::size_t step_entries = 64 * index_block_entries;

// Adds what `run` holds from `at` on, a step of it, and moves `at` up; index_end at its end. False when the run
// is gone or damaged.
bool add_step(const KvReader& reader, std::uint64_t run, IndexEntry& at, RunFilters& filters) {
    const auto manifest = read_index_manifest(reader, Index::record);
    if (!manifest) return false;
    const auto parts = parts_of(*manifest);
    const auto part = std::ranges::find(parts, run, &IndexPart::run);
    if (part == parts.end()) return false;
    at = std::max(at, part->from);
    std::vector<IndexEntry> entries;
    RunCursor cursor(reader, Index::record, run, part->until);
    if (at < part->until && !cursor.seek(at)) return false;
    while (!cursor.end() && cursor.entry() < part->until && entries.size() < step_entries) {
        entries.push_back(cursor.entry());
        if (!cursor.next()) return false;
    }
    filters.add(run, entries);
    at = cursor.end() || !(cursor.entry() < part->until) ? index_end : cursor.entry();
    return true;
}

}  // namespace

std::shared_ptr<RunFilters> Store::record_filters() const {
    const std::lock_guard lock(filters_mutex_);
    return record_filters_;
}

void Store::set_record_filters(std::shared_ptr<RunFilters> filters) {
    const std::lock_guard lock(filters_mutex_);
    record_filters_ = std::move(filters);
}

Snapshot Store::snapshot() const {
    auto filters = record_filters();
    auto reader = kv_->read();
    // An index that began anew numbers its runs from 0 again. Filters that were there before the reader and
    // after are those of its runs.
    if (record_filters() != filters) filters = nullptr;
    return Snapshot(std::move(reader), *numbers_, index_secret_, hasher_, std::move(filters));
}

void Store::warm_up(const std::stop_token& stop) {
    kv_->warm_up(stop);
    load_filters(stop);
}

void Store::load_filters(const std::stop_token& stop) {
    const auto filters = record_filters();
    if (!filters) return;
    const auto manifest = read_index_manifest(*kv_->read(), Index::record);
    if (!manifest) return;
    std::vector<IndexRun> runs = manifest->runs;
    for (const IndexMerge& merge : manifest->merges) {
        runs.insert(runs.end(), merge.inputs.begin(), merge.inputs.end());
        if (merge.produced > 0) runs.push_back({merge.output, merge.total()});
    }
    std::erase_if(runs, [&](const IndexRun& run) { return !filters->begin(run.number, run.entries); });
    for (const IndexRun& run : runs) {
        bool sound = true;
        for (IndexEntry at = index_begin; sound && at != index_end;) {
            if (stop.stop_requested()) return;
            sound = add_step(*kv_->read(), run.number, at, *filters);
        }
        if (sound) filters->ready(run.number);
    }
}

}  // namespace xinwang
