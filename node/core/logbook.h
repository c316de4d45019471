// The logbook: this node's holdings of every log, in memory, as of the last commit and this turn's writes.
//
// Pure. A log's size only grows; batches are appended in order with their Merkle tree (WIRE.md section 5). The
// book also knows each log's way through the tree of nodes, the origin's latest head, and every ancestor's
// latest receipt. Iteration order is that of LogId, so that equal inputs give equal outputs.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "protocol/checkpoint.h"
#include "protocol/merkle.h"
#include "storage/store.h"
#include "topology/roster.h"

namespace xinwang {

struct ReceiptView {
    Seq size = 0;
    std::string note;
};

struct SignedHead {
    Head head;
    std::string note;
};

// Heads that name more than is held, checked when the log gets there: the nearest, and the newest. *Rationale*:
// under a steady stream the newest alone would always be out of reach.
struct HeadsAhead {
    std::optional<SignedHead> nearest, newest;
    void add(SignedHead head);
    // The nearest leaves, and the newest takes its place.
    SignedHead take();
};

struct LogView {
    LogId id;
    Seq size = 0;
    BatchId last;
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
    Frontier tree;

    std::string head_note;  // the newest head whose root we have computed ourselves
    Seq head_size = 0;
    Seq claimed_size =
        0;  // the largest size that the origin has signed, held here or not: lag is counted from it
    HeadsAhead ahead;

    std::map<NodeId, ReceiptView> receipts;
    // Receipts of ancestors that once held so much, and are not known to now: proofs for expired batches
    // (WIRE.md section 8.7).
    std::map<NodeId, ReceiptView> proofs;
    std::size_t signer_rank = 0;  // which of its origin's keys signed the last batch (signers.h)
};

// A view of a log of which nothing is held; not in any book.
inline LogView nothing_of(const LogId& id) {
    LogView view;
    view.id = id;
    return view;
}

// The way that batches of a log go next, seen from one node. `both`: this node's own trust log, of which
// everyone above and below it is told.
enum class Way { up, both, down_to_all, down_to_one, here };

class Logbook {
  public:
    explicit Logbook(NodeId self) : self_(self) {}

    // Restores one log, its heads and receipts at start.
    LogView& restore(const LogRow& row);
    // nullptr when nothing is held and nothing known of it.
    const LogView* find(const LogId& id) const;
    LogView* find(const LogId& id);
    // The view of `id`, made empty when new.
    LogView& at(const LogId& id);
    const std::map<LogId, LogView>& all() const { return logs_; }
    // Lives (incarnations) of `origin` of which something is held, and whether `life` is one of them.
    struct Lives {
        std::size_t count = 0;
        bool known = false;
    };
    Lives lives(const NodeId& origin, const Incarnation& life) const;

    // Requires seq == size. Returns the new tree's serialised frontier for the store.
    Bytes append(LogView& log, const BatchId& batch, std::uint32_t entries, std::size_t bytes);

    // The way that the log goes from here. Logs of unknown origins go nowhere (here).
    Way way(const LogId& id, const Roster& roster) const;
    // True when ancestors take custody of the log: it goes up from here, or would if this were not the city.
    bool goes_up(const LogId& id, const Roster& roster) const;
    // True when `log` is to be sent to `peer`: up to the parent, or down to the child on its way.
    bool goes_to(const LogId& id, const NodeId& peer, bool peer_is_parent, const Roster& roster) const;

  private:
    NodeId self_;
    std::map<LogId, LogView> logs_;
};

}  // namespace xinwang
