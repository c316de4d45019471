// The batches that this node committed last, in memory: a batch sealed or taken in a moment ago is sent on
// without reading and checking it again. Pure. A cache: a batch not found here is read from the store.
//
// Invariant: its pieces are at most limits::recent_batches_bytes_max; the oldest leave first.
#pragma once

#include <deque>
#include <map>

#include "node/core/jobs.h"

namespace xinwang {

class RecentBatches {
  public:
    void add(const LogId& log, Seq seq, std::vector<SharedBytes> pieces);
    // pieces[0] is the header; nullptr when the batch is not here.
    const std::vector<SharedBytes>* find(const LogId& log, Seq seq) const;
    // The batches of `log` below `size` are wanted no more.
    void drop_below(const LogId& log, Seq size);
    std::size_t bytes() const { return bytes_; }

  private:
    using Place = std::pair<LogId, Seq>;
    struct Kept {
        std::vector<SharedBytes> pieces;
        std::size_t bytes = 0;
    };
    void erase(std::map<Place, Kept>::iterator it);

    std::map<Place, Kept> kept_;
    std::deque<Place> order_;  // of arrival; may name batches that were dropped
    std::size_t bytes_ = 0;
};

}  // namespace xinwang
