// The last roots of a log: each with the size at which the log had it. A directory statement names one of
// them, from when the statement was drafted (WIRE.md, directory statements), and the log's frontier tells
// only the newest. Pure; limits::checkpoint_age_max roots of 32 bytes.
#pragma once

#include <deque>
#include <optional>

#include "protocol/base/limits.h"
#include "protocol/merkle.h"

namespace xinwang {

class RootTrail {
  public:
    // Requires that `tree` has grown by one since the last call.
    void grew(const Frontier& tree) {
        size_ = tree.size();
        roots_.push_back(tree.root());
        if (roots_.size() > limits::checkpoint_age_max) roots_.pop_front();
    }
    // Empty when `size` is further back than the trail goes, or has not been reached.
    std::optional<Hash256> at(std::uint64_t size) const {
        if (size > size_ || size + roots_.size() <= size_) return std::nullopt;
        return roots_[static_cast<std::size_t>(size + roots_.size() - size_ - 1)];
    }
    // Begins the trail anew, behind a past that cannot be read.
    void lost(std::uint64_t size) {
        size_ = size;
        roots_.clear();
    }
    std::uint64_t size() const { return size_; }

  private:
    std::uint64_t size_ = 0;
    std::deque<Hash256> roots_;
};

}  // namespace xinwang
