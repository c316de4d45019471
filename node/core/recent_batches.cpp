#include "node/core/recent_batches.h"

#include <numeric>

namespace xinwang {

void RecentBatches::add(const LogId& log, Seq seq, std::vector<SharedBytes> pieces) {
    const std::size_t bytes =
        std::accumulate(pieces.begin(), pieces.end(), std::size_t{0},
                        [](std::size_t sum, const SharedBytes& piece) { return sum + piece->size(); });
    const Place place{log, seq};
    if (!kept_.emplace(place, Kept{std::move(pieces), bytes}).second) return;
    order_.push_back(place);
    bytes_ += bytes;
    while (bytes_ > limits::recent_batches_bytes_max || (!order_.empty() && !kept_.contains(order_.front()))) {
        if (const auto oldest = kept_.find(order_.front()); oldest != kept_.end()) erase(oldest);
        order_.pop_front();
    }
}

const std::vector<SharedBytes>* RecentBatches::find(const LogId& log, Seq seq) const {
    const auto it = kept_.find({log, seq});
    return it == kept_.end() ? nullptr : &it->second.pieces;
}

void RecentBatches::drop_below(const LogId& log, Seq size) {
    for (auto it = kept_.lower_bound({log, 0});
         it != kept_.end() && it->first.first == log && it->first.second < size;)
        erase(it++);
}

void RecentBatches::erase(std::map<Place, Kept>::iterator it) {
    bytes_ -= it->second.bytes;
    kept_.erase(it);
}

}  // namespace xinwang
