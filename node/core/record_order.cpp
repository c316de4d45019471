#include "node/core/record_order.h"

#include <algorithm>
#include <tuple>

#include "node/core/branches.h"
#include "protocol/envelope.h"

namespace xinwang {

// At equal moments `records` stands before `rights`: corrections follow in the quicker lane.
std::strong_ordering RecordPlace::operator<=>(const RecordPlace& other) const {
    const auto key = [](const RecordPlace& p) {
        return std::make_tuple(p.moment, -static_cast<int>(p.log.lane), std::cref(p.log), p.seq, p.position);
    };
    return key(*this) <=> key(other);
}

void raise_moments(std::vector<RecordPlace*> places) {
    std::sort(places.begin(), places.end(), [](const RecordPlace* a, const RecordPlace* b) {
        return std::tie(a->log, a->seq, a->position) < std::tie(b->log, b->seq, b->position);
    });
    for (std::size_t i = 1; i < places.size(); ++i)
        if (places[i]->log == places[i - 1]->log)
            places[i]->moment = std::max(places[i]->moment, places[i - 1]->moment);
}

Result<std::vector<FoundEntry>> in_record_order(const Snapshot& kept, const std::vector<Locator>& found) {
    std::vector<FoundEntry> entries;
    if (found.empty()) return entries;
    entries.reserve(found.size());
    const Branches branches = read_branches(kept);
    for (const Locator& where : found) {
        XW_TRY(bytes, kept.piece_view(where.ordinal, 0));
        XW_TRY(batch, glance_header(bytes));
        if (on_branch(branches, batch.log, batch.seq)) continue;
        entries.push_back({{batch.created_ms, batch.log, batch.seq, where.position}, where});
    }
    std::vector<RecordPlace*> places;
    for (FoundEntry& entry : entries) places.push_back(&entry.place);
    raise_moments(std::move(places));
    std::sort(entries.begin(), entries.end(),
              [](const FoundEntry& a, const FoundEntry& b) { return a.place < b.place; });
    return entries;
}

}  // namespace xinwang
