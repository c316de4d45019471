#include "node/core/record_order.h"

#include <algorithm>
#include <tuple>

namespace xinwang {

// At equal moments `records` stands before `rights`: corrections follow in the quicker lane.
std::strong_ordering RecordPlace::operator<=>(const RecordPlace& other) const {
    const auto key = [](const RecordPlace& p) {
        return std::make_tuple(p.tenure, p.moment, -static_cast<int>(p.log.lane), std::cref(p.log), p.seq,
                               p.position);
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

}  // namespace xinwang
