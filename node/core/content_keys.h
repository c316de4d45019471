// Content keys of batches that were opened lately, by batch id, so that reading many records of one batch
// unwraps its key once: an X25519 costs as much as the rest of a look-up.
//
// A key opens nothing but its own batch, which this node may open anyway; keys are wiped when they leave.
// Bounded: two generations, and when the young one is full the old one goes. Any thread.
#pragma once

#include <mutex>
#include <optional>
#include <unordered_map>

#include "protocol/envelope.h"

namespace xinwang {

class ContentKeys {
  public:
    static constexpr std::size_t generation_max = 8'192;  // about a megabyte for both

    std::optional<ContentKey> find(const BatchId& batch);
    void keep(const BatchId& batch, const ContentKey& key);

  private:
    using Generation = std::unordered_map<BatchId, ContentKey, BlockHash>;

    std::mutex mutex_;
    Generation young_, old_;
};

}  // namespace xinwang
