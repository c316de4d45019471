#include "storage/index_fan.h"

namespace xinwang {

Result<void> IndexFan::add(const IndexPart& part) {
    RunCursor& walk = walks_.emplace_back(*reader_, index_, part.run, part.until);
    XW_TRY_VOID(walk.seek(part.from));
    if (!walk.end()) open_.push_back(&walk);
    return {};
}

const IndexEntry& IndexFan::least() {
    // A handful of walks: looking at each is quicker than keeping a heap of them.
    least_ = 0;
    for (std::size_t i = 1; i < open_.size(); ++i)
        if (open_[i]->entry() < open_[least_]->entry()) least_ = i;
    return open_[least_]->entry();
}

Result<void> IndexFan::next() {
    XW_TRY_VOID(open_[least_]->next());
    if (open_[least_]->end()) open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(least_));
    return {};
}

}  // namespace xinwang
