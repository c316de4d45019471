// The quarantine: a received batch that was refused, kept whole with its reason (node/DESIGN.md section 2).
// Pure.
//
// Rows in the table `quarantine`: the key LogId | u64 seq holds the reason, when, and the number of pieces;
// that key with a u16 piece number behind it holds each piece as received. The same batch refused again
// replaces its row, so a stubborn sender fills no disk, and one neighbour's batches fill a share at most
// (peer_limits.h): beyond it a batch is refused all the same, and not kept. The way out: the origin's log is
// offered again (Timing::retry_refused), and when a batch takes its place in the log the rows for that place
// go.
#pragma once

#include <map>

#include "node/core/jobs.h"
#include "protocol/base/time.h"
#include "protocol/messages.h"

namespace xinwang {

inline constexpr std::size_t quarantine_row_key_bytes = LogId::size + 8;

struct QuarantineRow {
    LogId log;
    Seq seq = 0;
    Instant at;
    std::uint16_t pieces = 0;
    Refusal refusal;
};

std::vector<Put> quarantine(const LogId& log, Seq seq, const Refusal& refusal, Instant now,
                            const std::vector<SharedBytes>& pieces);
// The rows to erase once (log, seq) is held.
std::vector<Erase> release(const LogId& log, Seq seq, std::uint16_t pieces);
Result<QuarantineRow> decode_quarantine_row(View key, View value);

// The batches in quarantine, and the neighbour whose share each takes.
class QuarantineBook {
  public:
    using Name = std::pair<LogId, Seq>;
    // False when the share of `side` has no room for it: nothing is noted then.
    bool add(const Name& name, std::uint16_t pieces, std::size_t bytes, const NodeId& side);
    // Restores at a start, whatever the share; a piece's bytes come after the row that it belongs to.
    void restore(const Name& name, std::uint16_t pieces, const NodeId& side);
    void restore_piece(const Name& name, std::size_t bytes);
    // Removes a batch and returns the number of its pieces; nothing when it is not there.
    std::optional<std::uint16_t> remove(const Name& name);
    std::size_t size() const { return rows_.size(); }
    std::size_t share(const NodeId& side) const;  // bytes

  private:
    struct Row {
        std::uint16_t pieces = 0;
        std::size_t bytes = 0;
        NodeId side;
    };
    struct Share {
        std::size_t rows = 0, bytes = 0;
    };
    void count(const Row& row);
    std::map<Name, Row> rows_;
    std::map<NodeId, Share> shares_;
};

}  // namespace xinwang
