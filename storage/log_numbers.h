// The numbers under which the store keeps its logs: LogId → 0, 1, 2 … in the order in which the store first
// met the logs.
//
// The map is in memory, filled from the table `logs`. It only grows, after the commit that made a log: an
// older snapshot finds no row under the number, and so does not see the log. Any thread.
#pragma once

#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>

#include "protocol/base/ids.h"

namespace xinwang {

class LogNumbers {
  public:
    std::optional<std::uint32_t> find(const LogId& id) const {
        const std::shared_lock lock(mutex_);
        const auto it = numbers_.find(id);
        return it == numbers_.end() ? std::nullopt : std::optional(it->second);
    }
    void add(const LogId& id, std::uint32_t number) {
        const std::unique_lock lock(mutex_);
        numbers_.emplace(id, number);
    }
    std::uint32_t size() const {
        const std::shared_lock lock(mutex_);
        return static_cast<std::uint32_t>(numbers_.size());
    }

  private:
    mutable std::shared_mutex mutex_;
    std::unordered_map<LogId, std::uint32_t, LogIdHash> numbers_;
};

}  // namespace xinwang
