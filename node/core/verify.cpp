#include "node/core/verify.h"

#include <algorithm>

#include "node/core/expired.h"
#include "node/core/indexing.h"
#include "protocol/checkpoint.h"
#include "protocol/merkle.h"
#include "storage/verify.h"

namespace xinwang {
namespace {

// One log, batch by batch: signature, chain, contents, and the roots that heads and receipts signed on the way.
class LogCheck {
  public:
    // `read` is told the bytes of each batch; false ends the check.
    using Read = std::function<bool(std::uint64_t bytes)>;
    LogCheck(Verification& out, const Store& store, const Roster& roster, const JobRoom& room,
             const std::optional<IndexAudit>& index, const LogRow& row, const Read& read)
        : out_(out), store_(store), roster_(roster), room_(room), index_(index), row_(row), read_(read) {}

    // False when it was ended.
    bool run() {
        ++out_.logs;
        const Certificate* origin = roster_.find(row_.id.origin);
        if (origin == nullptr) {
            out_.add(Refusal(Code::node_unknown, "origin", row_.id.origin.hex()), row_.id);
            return true;
        }
        read_notes();
        const auto keys = roster_.sign_keys(origin->node);
        for (Seq seq = 0; seq < row_.size; ++seq) {
            const auto checked = check_batch(seq, keys);
            if (!checked) out_.add(checked.error(), row_.id, seq);
            check_notes(seq + 1);
            if (!read_(batch_bytes_)) return false;
        }
        if (tree_.serialise() != row_.frontier)
            out_.add(Refusal(Code::store_corrupt, "logs", row_.id.origin_line(), "frontier"), row_.id);
        return true;
    }

  private:
    Result<void> check_batch(Seq seq, std::span<const SignPublicKey> keys) {
        const Snapshot kept = store_.snapshot();
        batch_bytes_ = 0;
        auto batch = kept.batch(row_.id, seq);
        if (!batch && batch.error().code == Code::batch_expired) return check_expired(kept, seq, keys);
        XW_TRY(stored, std::move(batch));
        batch_bytes_ = stored.header.size();
        for (const Bytes& piece : stored.pieces) batch_bytes_ += piece.size();
        std::vector<View> pieces(stored.pieces.begin(), stored.pieces.end());
        XW_TRY(header, verify_batch(stored.header, pieces, keys));
        ++out_.batches;
        out_.entries += header.entries;
        XW_TRY_VOID(check_place(header, seq));
        const auto content = unwrap(header, room_.self, room_.open_keys);
        if (!content &&
            (content.error().code == Code::not_a_recipient || says_nothing(row_.id, content.error())))
            return check_index(stored.ordinal, {});
        if (!content) return tl::unexpected(content.error());
        std::vector<IndexRow> rows;
        const auto scanned =
            scan_batch(header, pieces, *content, [&](std::uint32_t position, View entry) -> Result<void> {
                XW_TRY(row, index_row(entry, position, store_));
                if (row) rows.push_back(*row);
                return {};
            });
        if (!scanned && !says_nothing(row_.id, scanned.error())) return scanned;
        if (!scanned) rows.clear();
        return check_index(stored.ordinal, rows);
    }

    // The index holds what these entries put into it, and nothing else of this batch.
    Result<void> check_index(std::uint64_t ordinal, const std::vector<IndexRow>& rows) {
        if (!index_ || !index_->covers(ordinal)) return {};
        out_.indexed += rows.size();
        const auto difference = index_->compare(ordinal, rows);
        if (difference.missing == 0 && difference.wrong == 0) return {};
        return refuse(Code::index_incomplete, row_.id.origin_line(), std::to_string(difference.missing),
                      std::to_string(difference.wrong));
    }

    Result<void> check_place(const BatchHeader& header, Seq seq) {
        tree_.append(header.id);
        const BatchId previous = std::exchange(last_, header.id);
        if (header.log != row_.id || header.seq != seq)
            return refuse(Code::not_your_log, "batch", header.log.origin_line(), row_.id.origin_line());
        if (header.previous != previous)
            return refuse(Code::chain_broken, "previous", header.previous.hex(), previous.hex());
        return {};
    }

    // Its header is there, signed by the origin; in the place of its contents a statement of who removed them.
    Result<void> check_expired(const Snapshot& kept, Seq seq, std::span<const SignPublicKey> keys) {
        XW_TRY(position, kept.position(row_.id, seq));
        XW_TRY(bytes, kept.header(position->ordinal));
        XW_TRY(header, verify_header(bytes, keys));
        ++out_.batches;
        ++out_.expired;
        out_.entries += header.entries;
        XW_TRY_VOID(check_place(header, seq));
        XW_TRY(stub, kept.stub(position->ordinal));
        XW_TRY(statement, verify_statement(text(*stub), roster_));
        if (statement.log != row_.id || statement.seq != seq || statement.batch != header.id)
            return refuse(Code::bad_expiry, "batch", statement.batch.hex());
        return {};
    }

    void read_notes() {
        Writer key;
        row_.id.write(key);
        const Snapshot kept = store_.snapshot();
        const auto visit = [&](View, View value) {
            const auto head = head_of_note(text(value));
            if (head)
                notes_.push_back(*head);
            else
                out_.add(head.error(), row_.id);
            return true;
        };
        for (const Table table : {Table::heads, Table::receipts}) {
            try {
                kept.scan(table, key.bytes(), visit);
            } catch (const StoreCorrupt&) {
                // Found by the walk over all values before; what stands before it was read.
            }
        }
    }

    void check_notes(Seq size) {
        for (const Head& head : notes_)
            if (head.size == size && head.root != tree_.root())
                out_.add(Refusal(Code::forked, row_.id.origin_line(), head.root.hex(), tree_.root().hex()),
                         row_.id, size);
    }

    Verification& out_;
    const Store& store_;
    const Roster& roster_;
    const JobRoom& room_;
    const std::optional<IndexAudit>& index_;
    const LogRow& row_;
    const Read& read_;
    std::uint64_t batch_bytes_ = 0;
    Frontier tree_;
    BatchId last_;
    std::vector<Head> notes_;
};

}  // namespace

void Verification::add(const Refusal& refusal, std::optional<LogId> log, std::optional<Seq> seq) {
    ++total;
    if (findings.size() < findings_max) findings.push_back({refusal, log, seq});
}

Result<Verification> verify_node(const Store& store, const Roster& roster, const JobRoom& room,
                                 const VerifyWatch& watch) {
    constexpr std::uint64_t step_bytes = 4u << 20;
    const std::vector<LogRow> logs = store.snapshot().logs();
    std::uint64_t total = store.used_bytes(), done = 0;
    for (const LogRow& row : logs) total += row.bytes;
    const auto tell = [&] { return !watch || watch(done, std::max(done, total)); };

    Verification out;
    StoreWalk walk;
    for (bool end = false; !end; done = walk.report().bytes) {
        end = walk.step(store.snapshot(), step_bytes);
        if (!tell()) return refuse(Code::node_stopping);
    }
    out.values = walk.report().values;
    for (const Refusal& refusal : walk.report().findings) out.add(refusal);
    out.total = walk.report().damaged;
    // An index that cannot be read was found by the walk.
    std::optional<IndexAudit> index;
    if (auto audit = IndexAudit::read(store, tell))
        index = std::move(*audit);
    else if (audit.error().code == Code::node_stopping)
        return tl::unexpected(audit.error());
    const LogCheck::Read read = [&](std::uint64_t bytes) {
        done += bytes;
        return tell();
    };
    for (const LogRow& row : logs)
        if (!LogCheck(out, store, roster, room, index, row, read).run()) return refuse(Code::node_stopping);
    return out;
}

}  // namespace xinwang
