#include "node/core/verify.h"

#include "protocol/checkpoint.h"
#include "protocol/merkle.h"
#include "storage/verify.h"

namespace xinwang {
namespace {

std::string_view note_body(std::string_view note) {
    return note.substr(0, note.find("\n\n") + 1);
}

// One log, batch by batch: signature, chain, contents, and the roots that heads and receipts signed on the way.
class LogCheck {
  public:
    LogCheck(Verification& out, const Store& store, const Roster& roster, const JobRoom& room,
             const LogRow& row)
        : out_(out), store_(store), roster_(roster), room_(room), row_(row) {}

    void run() {
        ++out_.logs;
        const Certificate* origin = roster_.find(row_.id.origin);
        if (origin == nullptr)
            return out_.add(Refusal(Code::node_unknown, "origin", row_.id.origin.hex()), row_.id);
        read_notes();
        for (Seq seq = 0; seq < row_.size; ++seq) {
            const auto checked = check_batch(seq, origin->sign_key);
            if (!checked) out_.add(checked.error(), row_.id, seq);
            check_notes(seq + 1);
        }
        if (tree_.serialise() != row_.frontier)
            out_.add(Refusal(Code::store_corrupt, "logs", row_.id.origin_line(), "frontier"), row_.id);
    }

  private:
    Result<void> check_batch(Seq seq, const SignPublicKey& key) {
        const Snapshot kept = store_.snapshot();
        XW_TRY(stored, kept.batch(row_.id, seq));
        std::vector<View> pieces(stored.pieces.begin(), stored.pieces.end());
        XW_TRY(header, verify_batch(stored.header, pieces, key));
        ++out_.batches;
        out_.entries += header.entries;
        tree_.append(header.id);
        const BatchId previous = std::exchange(last_, header.id);
        if (header.log != row_.id || header.seq != seq)
            return refuse(Code::not_your_log, "batch", header.log.origin_line(), row_.id.origin_line());
        if (header.previous != previous)
            return refuse(Code::chain_broken, "previous", header.previous.hex(), previous.hex());
        const auto content = unwrap(header, room_.self, &room_.open_key);
        if (!content && content.error().code == Code::not_a_recipient) return {};
        if (!content) return tl::unexpected(content.error());
        XW_TRY(opened, open_batch(header, pieces, *content));
        for (const View entry : opened.entries) XW_TRY_VOID(glance(entry));
        return {};
    }

    void read_notes() {
        Writer key;
        row_.id.write(key);
        const Snapshot kept = store_.snapshot();
        const auto visit = [&](View, View value) {
            const auto head = parse_checkpoint(note_body(text(value)));
            if (head)
                notes_.push_back(*head);
            else
                out_.add(head.error(), row_.id);
            return true;
        };
        kept.scan(Table::heads, key.bytes(), visit);
        kept.scan(Table::receipts, key.bytes(), visit);
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
    const LogRow& row_;
    Frontier tree_;
    BatchId last_;
    std::vector<Head> notes_;
};

}  // namespace

void Verification::add(const Refusal& refusal, std::optional<LogId> log, std::optional<Seq> seq) {
    ++total;
    if (findings.size() < findings_max) findings.push_back({refusal, log, seq});
}

Verification verify_node(const Store& store, const Roster& roster, const JobRoom& room) {
    Verification out;
    const VerifyReport walked = verify_store(store);
    out.values = walked.values;
    for (const Refusal& refusal : walked.findings) out.add(refusal);
    const std::vector<LogRow> logs = store.snapshot().logs();
    for (const LogRow& row : logs) LogCheck(out, store, roster, room, row).run();
    return out;
}

}  // namespace xinwang
