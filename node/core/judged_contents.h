// Judged contents: the city's findings on a batch's entries, made while these were open for admitting the
// batch, and kept for the judging that walks behind the commits (judging.h), so that a batch is opened and
// its entries are decoded once.
//
// Kept only for batches whose every entry says content of a record, which is nearly all. A memory of work,
// not of truth: findings that have left it are made again from the store, and so are those made by another
// Authority than the one in force when the batch's turn comes. Bounded in entries. Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "node/core/authority.h"
#include "protocol/envelope.h"
#include "protocol/verdict.h"
#include "storage/store.h"

namespace xinwang {

struct JudgedContents {
    std::shared_ptr<const Authority> authority;  // the one that judged them
    std::vector<VerdictGroup> refused;           // entries refused by themselves
    std::vector<std::uint64_t> records;          // each entry's record, as the index hashes it
};

// Judges, at the city, the entries of a batch from below, each by itself, one after the other.
class ContentsJudge {
  public:
    ContentsJudge(const BatchHeader& header, std::shared_ptr<const Authority> authority, const NodeId& self);
    void look(std::uint32_t position, View encoded);
    // `index`: the rows of all its entries. None: not a batch for which findings are kept.
    std::optional<JudgedContents> take(const std::vector<IndexRow>& index);

  private:
    std::shared_ptr<const Authority> authority_;
    BatchClaim batch_;
    bool of_use_ = false;
    Entry entry_;  // one for all: its memory serves each
    VerdictGroups groups_;
};

class JudgedContentsCache {
  public:
    static constexpr std::size_t entries_max = 1'000'000;  // 8 MB

    void keep(const BatchId& batch, JudgedContents contents);
    std::optional<JudgedContents> take(const BatchId& batch);

  private:
    // *Rationale*: a full cache drops the batch behind the newest in the order of ids, which is any of them.
    // Dropping the oldest would lose those whose turn is next; dropping the newest would keep for ever those
    // that were admitted and never committed.
    std::mutex mutex_;
    std::map<BatchId, JudgedContents> held_;
    std::size_t entries_ = 0;
};

}  // namespace xinwang
