#include "storage/index_sort.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace xinwang {
namespace {

constexpr std::size_t bucket_entries = 8;   // on average
constexpr std::size_t worth_dealing = 256;  // entries

// Into buckets by the leading bits of the distance from the least hash; returns where each bucket ends.
std::vector<std::uint32_t> deal(std::vector<IndexEntry>& entries, std::uint64_t least, std::uint64_t range) {
    const std::size_t buckets = std::bit_ceil(entries.size() / bucket_entries);
    const int shift =
        std::max(0, static_cast<int>(std::bit_width(range)) - static_cast<int>(std::bit_width(buckets - 1)));
    const auto bucket_of = [=](const IndexEntry& entry) { return (entry.hash - least) >> shift; };
    std::vector<std::uint32_t> ends(buckets);
    for (const IndexEntry& entry : entries) ++ends[bucket_of(entry)];
    std::uint32_t begin = 0;
    for (std::uint32_t& end : ends) begin += std::exchange(end, begin);
    std::vector<IndexEntry> dealt(entries.size());
    for (const IndexEntry& entry : entries) dealt[ends[bucket_of(entry)]++] = entry;
    entries.swap(dealt);
    return ends;
}

}  // namespace

void sort_index_entries(std::vector<IndexEntry>& entries) {
    const auto by_hash = [](const IndexEntry& a, const IndexEntry& b) { return a.hash < b.hash; };
    if (entries.size() < worth_dealing) {
        std::sort(entries.begin(), entries.end());
    } else {
        const auto [least, most] = std::minmax_element(entries.begin(), entries.end(), by_hash);
        const auto ends = deal(entries, least->hash, most->hash - least->hash);
        auto begin = entries.begin();
        for (const std::uint32_t end : ends) {
            std::sort(begin, entries.begin() + end);
            begin = entries.begin() + end;
        }
    }
    entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
}

}  // namespace xinwang
