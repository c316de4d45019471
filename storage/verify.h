// The walk over everything a store holds: every value read and its hash checked, and the store's own tables
// compared with each other (positions ↔ batches ↔ logs). Signatures and trees are for the node above, which
// knows the keys.
//
// Works in steps of one short snapshot each, so that it can run beside a living node, at the pace its caller
// chooses. Reads only. Damaged values are listed, up to findings_max, and counted beyond.
#pragma once

#include <vector>

#include "storage/store.h"

namespace xinwang {

struct VerifyReport {
    static constexpr std::size_t findings_max = 100;
    std::uint64_t values = 0;
    std::uint64_t bytes = 0;
    std::uint64_t batches = 0;
    std::uint64_t damaged = 0;
    std::vector<Refusal> findings;
    bool clean() const { return damaged == 0; }
};

class StoreWalk {
  public:
    // The place of a walk: the next key of this table is not less than `from`. A stored place outlives the
    // process.
    struct Place {
        std::uint8_t table = 1;
        Bytes from;
        bool operator==(const Place&) const = default;
    };

    StoreWalk() = default;
    // Goes on from `place`. The comparison of a batch's pieces with its row begins with the next whole batch.
    explicit StoreWalk(Place place) : table_(place.table), from_(std::move(place.from)) {}
    // The beginning of the batch that the walk is in, or the next key.
    Place place() const;
    // The findings since the last call.
    std::vector<Refusal> take_findings() { return std::exchange(report_.findings, {}); }
    // Reads about `bytes` more through `kept`. True when the end is reached. Later steps may use later
    // snapshots.
    bool step(const Snapshot& kept, std::uint64_t bytes);
    const VerifyReport& report() const { return report_; }

  private:
    void read_parts(const Snapshot& kept);
    bool walk_table(const Snapshot& kept, Table table, std::uint64_t end);
    void check_row(const Snapshot& kept, Table table, View key, View payload);
    void check_block(const Snapshot& kept, View key, View value);
    void check_place(const Snapshot& kept, View key, const IndexEntry& entry);
    void check_log(const Snapshot& kept, View key, View payload);
    void check_position(const Snapshot& kept, View key, View payload);
    void check_batch(const Snapshot& kept, View key, View payload);
    void expect(bool holds, Table table, View key, std::string_view what);
    void find(const Refusal& refusal);

    VerifyReport report_;
    std::size_t table_ = 1;
    Bytes from_;  // the next key to read is not less than this
    // The batch whose pieces are being read, and its pieces and bytes so far.
    std::uint64_t batch_ordinal_ = ~0ull;
    std::uint64_t batch_pieces_ = 0;
    std::uint64_t batch_bytes_ = 0;
    bool batch_pruned_ = false;
    // The parts, by index and run, that the snapshot of this step knows.
    std::map<std::pair<std::uint8_t, std::uint64_t>, IndexPart> parts_;
    // The number of entries in each batch that index entries led to, by ordinal; 0: not read yet. Index
    // entries lie in the order of their hashes, and reading a row for each would take longer than the rest of
    // the walk.
    std::vector<std::uint32_t> indexed_;
};

// Walks the whole store, in steps of 16 MiB.
VerifyReport verify_store(const Store& store);

}  // namespace xinwang
