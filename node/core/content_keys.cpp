#include "node/core/content_keys.h"

#include <utility>

namespace xinwang {

std::optional<ContentKey> ContentKeys::find(const BatchId& batch) {
    const std::lock_guard lock(mutex_);
    if (const auto young = young_.find(batch); young != young_.end()) return young->second;
    if (const auto old = old_.find(batch); old != old_.end()) return old->second;
    return std::nullopt;
}

void ContentKeys::keep(const BatchId& batch, const ContentKey& key) {
    const std::lock_guard lock(mutex_);
    if (young_.size() >= generation_max) old_ = std::exchange(young_, {});
    young_.insert_or_assign(batch, key);
}

}  // namespace xinwang
