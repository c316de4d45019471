#include "storage/index_filter.h"

#include <algorithm>
#include <set>

namespace xinwang {
namespace {

constexpr std::size_t line_words = 8;  // 64 bytes, 512 bits
constexpr std::uint64_t line_bits = 512;
constexpr std::uint64_t bits_per_entry = 10;
constexpr int probes = 6;
constexpr unsigned probe_bits = 9;  // 512 places

// Where the line of a hash begins. Monotonic in the hash; there are fewer than 2^32 lines.
std::size_t line_of(std::uint64_t hash, std::size_t words) {
    return static_cast<std::size_t>((words / line_words) * (hash >> 32) >> 32) * line_words;
}

// The line takes the hash's high bits; multiplying (by 2^64 over the golden ratio) brings the low ones up.
std::uint64_t places_of(std::uint64_t hash) {
    return hash * 0x9E3779B97F4A7C15u;
}

}  // namespace

IndexFilter::IndexFilter(std::uint64_t entries)
    : words_(static_cast<std::size_t>(entries * bits_per_entry / line_bits + 1) * line_words) {}

void IndexFilter::add(std::uint64_t hash) {
    std::atomic<std::uint64_t>* const line = &words_[line_of(hash, words_.size())];
    std::uint64_t places = places_of(hash);
    for (int i = 0; i < probes; ++i, places <<= probe_bits) {
        const std::uint64_t place = places >> (64 - probe_bits);
        std::atomic<std::uint64_t>& word = line[place / 64];
        word.store(word.load(std::memory_order_relaxed) | 1ull << place % 64, std::memory_order_relaxed);
    }
}

bool IndexFilter::may_hold(std::uint64_t hash) const {
    const std::atomic<std::uint64_t>* const line = &words_[line_of(hash, words_.size())];
    std::uint64_t places = places_of(hash);
    for (int i = 0; i < probes; ++i, places <<= probe_bits) {
        const std::uint64_t place = places >> (64 - probe_bits);
        if ((line[place / 64].load(std::memory_order_relaxed) >> place % 64 & 1) == 0) return false;
    }
    return true;
}

bool RunFilters::may_hold(std::uint64_t run, std::uint64_t hash) const {
    const auto filter = of(run);
    return filter == nullptr || filter->may_hold(hash);
}

std::shared_ptr<const IndexFilter> RunFilters::of(std::uint64_t run) const {
    const std::lock_guard lock(mutex_);
    const auto held = held_.find(run);
    return held == held_.end() || !held->second.ready ? nullptr : held->second.filter;
}

void RunFilters::make(std::uint64_t run, std::uint64_t entries) {
    auto filter = std::make_shared<IndexFilter>(entries);
    const std::lock_guard lock(mutex_);
    held_[run] = {std::move(filter), true};
}

void RunFilters::add(std::uint64_t run, std::span<const IndexEntry> entries) {
    std::shared_ptr<IndexFilter> filter;
    {
        const std::lock_guard lock(mutex_);
        const auto held = held_.find(run);
        if (held == held_.end()) return;
        filter = held->second.filter;
    }
    {
        const std::lock_guard adding(adding_);
        for (const IndexEntry& entry : entries) filter->add(entry.hash);
    }
    // Whoever sees the commit that follows asks under this lock, and so sees the bits on every processor.
    const std::lock_guard publishing(mutex_);
}

void RunFilters::keep_only(const IndexManifest& manifest) {
    std::set<std::uint64_t> runs;
    for (const IndexPart& part : parts_of(manifest)) runs.insert(part.run);
    for (const IndexMerge& merge : manifest.merges) runs.insert(merge.output);  // still empty, perhaps
    const std::lock_guard lock(mutex_);
    std::erase_if(held_, [&](const auto& held) { return !runs.contains(held.first); });
}

bool RunFilters::begin(std::uint64_t run, std::uint64_t entries) {
    auto filter = std::make_shared<IndexFilter>(entries);
    const std::lock_guard lock(mutex_);
    return held_.try_emplace(run, Held{std::move(filter), false}).second;
}

void RunFilters::ready(std::uint64_t run) {
    const std::lock_guard lock(mutex_);
    const auto held = held_.find(run);
    if (held != held_.end()) held->second.ready = true;
}

}  // namespace xinwang
