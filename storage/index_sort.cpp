#include "storage/index_sort.h"

#include <algorithm>
#include <boost/sort/spreadsort/integer_sort.hpp>

namespace xinwang {
namespace {

// Entries of one hash come out in any order.
void sort_by_hash(std::vector<IndexEntry>& entries) {
    boost::sort::spreadsort::integer_sort(
        entries.begin(), entries.end(), [](const IndexEntry& e, unsigned bits) { return e.hash >> bits; },
        [](const IndexEntry& a, const IndexEntry& b) { return a.hash < b.hash; });
}

}  // namespace

void sort_index_entries(std::vector<IndexEntry>& entries) {
    sort_by_hash(entries);
    for (auto first = entries.begin(); first != entries.end();) {
        const auto end =
            std::find_if(first, entries.end(), [&](const IndexEntry& e) { return e.hash != first->hash; });
        if (end - first > 1) std::sort(first, end);
        first = end;
    }
    entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
}

}  // namespace xinwang
