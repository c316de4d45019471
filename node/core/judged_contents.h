// Judged contents: what the city's readers found of a batch's entries while they had them open to admit it,
// kept for the judging that walks behind the commits (judging.h), so that a batch is opened and its entries are
// decoded once.
//
// Only of batches whose every entry says content of a record, which is nearly all. A memory of work, not of
// truth: what has left it is found again from the store, and so is what was judged by another Authority than
// the one in force when the batch's turn comes. Bounded in entries. Any thread.
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
    std::shared_ptr<const Authority> authority;  // that judged them
    std::vector<VerdictGroup> refused;           // for what they say by themselves
    std::vector<std::uint64_t> records;          // each entry's record, as the index hashes it
};

// At the city, of a batch from below: gathers what its entries say by themselves, one after the other.
class ContentsJudge {
  public:
    ContentsJudge(const BatchHeader& header, std::shared_ptr<const Authority> authority, const NodeId& self);
    void look(std::uint32_t position, View encoded);
    // `index`: of all its entries. None: not a batch for which this is kept.
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
    // *Rationale*: when it is full, the one behind the newest in the order of ids goes, which is any of them.
    // The oldest are those whose turn is next, and among the newest would stay for ever what was admitted and
    // never committed.
    std::mutex mutex_;
    std::map<BatchId, JudgedContents> held_;
    std::size_t entries_ = 0;
};

}  // namespace xinwang
