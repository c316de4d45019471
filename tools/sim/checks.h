// The checkers: they test from outside the invariants of a simulated city that must hold whatever happens
// (node/DESIGN.md section 10).
//
// Checkers know the submitters' files, each disk after each commit, and every frame as it leaves a node; they
// trust no word of the core. Disks are read as they grow, so that a check costs only as much as is new. Names
// are from that section:
//
//   after a commit   S1 durable rows stay; S2 every batch is its origin's, byte for byte, and every record
//                    was handed in; S4 no gaps, one chain, moments rise; S7 receipts only rise;
//                    X1 the audience is the policy's
//   as a frame goes  S5, S6 nobody claims more than lies on its disk, and a receipt means two copies;
//                    S7 claims only rise; S11 pieces are the origin's bytes; X1 no canary;
//                    X4 heads and receipts verify
//   at rest          S1, S10 every ancestor holds every log, every reader opens every record once and agrees
//                    on its latest entry; X1 no canary on any disk; S11 every store verifies
//   at the province  P1 it is left with the city's newest state of every record; P2 a submitter is told of an
//                    entry only what was said of it (city_province.cpp)
#pragma once

#include <map>
#include <stdexcept>
#include <vector>

#include "tools/sim/world.h"

namespace xinwang::sim {

// A promise was broken. `what` begins with the invariant's name.
class SafetyBroken : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};
class LivenessBroken : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The first row in which two states of a disk differ; empty when they keep the same.
std::string changed_row(const MemoryDisk& before, const MemoryDisk& after);

class Checks {
  public:
    explicit Checks(std::vector<SimNode>& nodes) : nodes_(nodes) {}

    // Checks everything new on the node's disk: after each commit, and after each start before the node acts.
    void look_at_disk(std::size_t node);
    // Notes that the node was restored from a backup and now holds only this store's content.
    void set_back(std::size_t node, const Store& store);
    // Excuses the node after a set_back() without a marker: its people's book is no measure of it any more,
    // and it may use a number again whose batch nobody else holds.
    void excuse(std::size_t node) { unaccounted_.insert(nodes_[node].node); }
    // Forgets batches that nobody holds, as if they had never been; called later, when nothing is under way.
    void forget_unheld(std::size_t node);
    // Notes that two machines live as this node: its logs are no measure of anybody any more.
    void split(const NodeId& node);
    // True when the neighbour that would give the node's batches back holds all of them.
    bool can_come_back(std::size_t node) const;
    // Checks the receipts after a commit of these writes succeeded.
    void receipts_written(std::size_t node, const std::vector<Write>& writes);
    // Checks a frame that the node is about to send.
    void on_frame(std::size_t node, Side side, View frame);
    // The work still missing, in words; empty when every taken record has arrived everywhere and everyone
    // knows.
    std::string unfinished() const;
    void at_rest();
    // Notes that a node's line goes to another parent.
    void tree_changed() { children_.clear(); }
    // Expects one more move of this node in the city's directory.
    void expect_move(std::size_t node) { ++moves_[nodes_[node].node]; }
    // Takes the node out of the city from now on: its work is expected nowhere.
    void take_out(std::size_t node) { out_.insert(nodes_[node].node); }
    // Entries that submitters may rely on.
    std::uint64_t acked() const;

  private:
    struct Original {
        BatchId id;
        std::vector<Hash256> pieces;  // [0] is the header
        std::uint16_t policy = 0;
        std::set<NodeId> readers{};  // none for policy 0
    };
    struct Ledger {
        std::vector<Original> batches;
        std::vector<Hash256> roots{Frontier().root()};  // by size
        Frontier tree;
        std::int64_t moment = 0;
    };
    [[noreturn]] void broken(std::string_view invariant, std::size_t node, const std::string& what) const;
    void take_batch(std::size_t node, const Snapshot& kept, std::uint64_t ordinal);
    void take_own(std::size_t node, const Snapshot& kept, std::uint64_t ordinal, const BatchRow& row,
                  const std::vector<Bytes>& pieces);
    void check_verdicts(std::size_t node, const std::vector<Entry>& entries) const;
    void check_judged_at(std::size_t origin) const;
    std::set<NodeId> check_audience(std::size_t node, const BatchHeader& header) const;
    void take_submissions(std::size_t node);
    Seq held(std::size_t node, const LogId& log) const;
    void cut(const LogId& log, Seq size);
    Seq once_held(std::size_t node, const LogId& log) const;
    void claim(std::size_t node, std::string_view what, const LogId& log, Seq size);
    void on_receipt(std::size_t node, const ReceiptNote& receipt) const;
    void on_head(std::size_t node, const HeadNote& head) const;
    void on_piece(std::size_t node, Side side, const Piece& piece) const;

    void learn_tree() const;
    bool is_ancestor(std::size_t node, std::size_t of) const;
    std::vector<std::size_t> ancestors(std::size_t node) const;
    std::vector<std::size_t> descendants(std::size_t node) const;
    std::vector<std::vector<std::size_t>> lineages(std::size_t node) const;
    std::string misplaced() const;
    std::string unknown_to(std::size_t node) const;
    const LogId* undecided(std::size_t node) const;
    const LogId* left_behind(std::size_t node) const;
    std::vector<std::size_t> carriers(const LogId& log) const;
    std::vector<std::size_t> carriers_toward(std::size_t origin, const NodeId& toward) const;
    std::size_t index_of(const NodeId& node) const;
    void check_log_at(std::size_t node, const LogId& log, const Ledger& ledger) const;
    void check_records_at(std::size_t reader, std::size_t origin) const;
    void check_canary(std::size_t node) const;

    std::vector<SimNode>& nodes_;
    mutable std::map<NodeId, std::size_t> indexes_;  // learn_tree()
    mutable std::vector<std::vector<std::size_t>> children_;
    std::map<NodeId, std::size_t> moves_;
    std::set<NodeId> out_;
    std::set<NodeId> split_;
    std::set<NodeId> unaccounted_;  // excuse()
    std::map<LogId, Ledger> ledger_;
    std::vector<std::map<LogId, Seq>> held_;
    std::vector<std::map<LogId, Seq>> lost_;  // the most that disks held before they were set back
    std::vector<std::uint64_t> ordinals_;     // seen on each disk
    std::vector<std::map<std::pair<LogId, NodeId>, Seq>> receipts_;
    std::vector<std::map<LogId, Seq>> claimed_;
    std::vector<std::set<SubmissionId>> done_;
};

}  // namespace xinwang::sim
