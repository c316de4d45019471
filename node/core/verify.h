// Verification of everything a node keeps (`xinwang verify`): every value against its hash, every batch
// against its origin's signature and its place in the chain, every log against its Merkle root and the heads
// and receipts kept of it; what can be opened is opened, and the index is checked both ways: each of its
// entries leads to a batch, and each entry of a batch is found by the index. Reads snapshots of a moment
// each, so that a living node goes on beside it; writes nothing; any thread.
#pragma once

#include <functional>

#include "node/core/jobs.h"
#include "topology/roster.h"

namespace xinwang {

struct Verification {
    struct Finding {
        Refusal refusal;
        std::optional<LogId> log;
        std::optional<Seq> seq;
    };
    static constexpr std::size_t findings_max = 100;

    std::uint64_t logs = 0, batches = 0, entries = 0, values = 0;
    std::uint64_t indexed = 0;      // records that the index was held against
    std::uint64_t expired = 0;      // of the batches: contents gone, by signed statement
    std::uint64_t total = 0;        // findings in all
    std::vector<Finding> findings;  // the first of them

    void add(const Refusal& refusal, std::optional<LogId> log = {}, std::optional<Seq> seq = {});
};

// Told the bytes read and expected, during the run; false ends the run.
using VerifyWatch = std::function<bool(std::uint64_t done, std::uint64_t total)>;

// Refuses node_stopping when the watch ended it.
Result<Verification> verify_node(const Store& store, const Roster& roster, const JobRoom& room,
                                 const VerifyWatch& watch = {});

}  // namespace xinwang
