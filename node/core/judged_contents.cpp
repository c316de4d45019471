#include "node/core/judged_contents.h"

namespace xinwang {

ContentsJudge::ContentsJudge(const BatchHeader& header, std::shared_ptr<const Authority> authority,
                             const NodeId& self)
    : authority_(std::move(authority)) {
    batch_.log = header.log;
    batch_.policy = header.policy_id;
    of_use_ = authority_->at_city && header.log.toward.is_zero() && header.log.origin != self;
}

void ContentsJudge::look(std::uint32_t position, View encoded) {
    if (!of_use_) return;
    of_use_ = decode_entry_into(encoded, entry_).has_value() && says_content(entry_.kind);
    if (!of_use_) return;
    if (const auto refused = judge_entry(*authority_, batch_, entry_)) groups_.add(position, *refused);
}

std::optional<JudgedContents> ContentsJudge::take(const std::vector<IndexRow>& index) {
    if (!of_use_) return std::nullopt;
    JudgedContents contents{std::move(authority_), groups_.take(), {}};
    contents.records.reserve(index.size());
    for (const IndexRow& row : index) contents.records.push_back(row.record_hash);
    return contents;
}

void JudgedContentsCache::keep(const BatchId& batch, JudgedContents contents) {
    const std::lock_guard lock(mutex_);
    const auto [kept, is_new] = held_.try_emplace(batch, std::move(contents));
    if (!is_new) return;
    entries_ += kept->second.records.size();
    while (entries_ > entries_max && held_.size() > 1) {
        const auto behind = std::next(kept);
        const auto leaves = behind != held_.end() ? behind : held_.begin();
        entries_ -= leaves->second.records.size();
        held_.erase(leaves);
    }
}

std::optional<JudgedContents> JudgedContentsCache::take(const BatchId& batch) {
    const std::lock_guard lock(mutex_);
    const auto held = held_.find(batch);
    if (held == held_.end()) return std::nullopt;
    std::optional<JudgedContents> contents(std::move(held->second));
    entries_ -= contents->records.size();
    held_.erase(held);
    return contents;
}

}  // namespace xinwang
