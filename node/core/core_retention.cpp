// Core, retention: what may go goes with a signed statement in its place. WIRE.md section 8.7.
#include <algorithm>

#include "node/core/core.h"
#include "node/core/expired.h"
#include "node/core/note_rows.h"

namespace xinwang {

std::map<LogId, Seq> Core::confirmed_logs() const {
    std::map<LogId, Seq> confirmed;
    for (const auto& [id, log] : logbook_.all())
        if (id.lane != Lane::trust && logbook_.way(id, roster_) == Way::up) confirmed[id] = confirmed_above(id);
    // At the city its own logs go down; what it took in itself nobody above confirms.
    if (is_city())
        for (const auto& [id, log] : logbook_.all())
            if (id.lane != Lane::trust && id.toward.is_zero()) confirmed[id] = log.size;
    return confirmed;
}

std::size_t Core::prune(Instant now, const std::vector<DueBatch>& due) {
    const std::map<LogId, Seq> confirmed = confirmed_logs();
    std::size_t gone = 0;
    for (const DueBatch& batch : due) {
        const auto it = confirmed.find(batch.name.log);
        if (it == confirmed.end() || batch.name.seq >= it->second || healing_.lists(batch.name)) continue;
        const ExpiryStatement statement{batch.name.log, batch.name.seq, batch.id, now.ms / 1000, batch.reasons};
        const std::string note = sign_expiry(statement, identity_.node, identity_.sign_key);
        writes_.emplace_back(PruneBatch{batch.ordinal, batch.pieces, to_bytes(view(note))});
        writes_.emplace_back(Put{Table::quarantine, expired_key(batch.name), to_bytes(view(note))});
        ++gone;
    }
    expired_ += gone;
    return gone;
}

// --- on its way

// To a peer that lacks the batch goes what is left of it. Upward with a receipt of the peer's own, or of
// somebody above it, because else whoever stands between could pass off as expired what it only suppresses.
void Core::send_what_is_left(const Session& session, LoadedBatch& batch) const {
    if (batch.left.empty() || batch.wanted || session.version < protocol_version_expired) return;
    if (session.parent) {
        const std::string* proof = proof_of_custody(session.peer, batch.log, batch.seq);
        if (proof == nullptr) return;
        batch.left.push_back(std::make_shared<const Bytes>(to_bytes(view(*proof))));
    }
    batch.pieces = std::move(batch.left);
    batch.expired = true;
}

const std::string* Core::proof_of_custody(const NodeId& peer, const LogId& id, Seq seq) const {
    const LogView& log = *logbook_.find(id);
    for (const auto* receipts : {&log.receipts, &log.proofs})
        for (const auto& [ancestor, receipt] : *receipts)
            if (receipt.size > seq && (ancestor == peer || roster_.is_below(peer, ancestor)))
                return &receipt.note;
    return nullptr;
}

Result<void> Core::check_expired(const Session& session, const Receiver::Complete& batch) {
    if (batch.log.lane == Lane::trust || !batch.log.toward.is_zero())
        return refuse(Code::bad_expiry, "log", batch.log.origin_line());
    XW_TRY(statement, verify_statement(text(*batch.pieces[1]), roster_));
    if (statement.log != batch.log || statement.seq != batch.seq)
        return refuse(Code::bad_expiry, "batch", std::to_string(statement.seq));
    // What the parent has removed it had taken custody of.
    if (session.parent || take_proof(batch)) return {};
    return refuse(Code::expiry_unproven, batch.log.origin_line(), std::to_string(batch.seq),
                  roster_.find(session.peer)->code.text());
}

// A receipt of this node itself, or of somebody above it.
bool Core::take_proof(const Receiver::Complete& batch) {
    if (batch.pieces.size() < Piece::expired_pieces_max) return false;
    const std::string note(text(*batch.pieces[2]));
    std::vector<NodeId> holders = roster_.ancestors(identity_.node);
    holders.push_back(identity_.node);
    for (const NodeId& holder : holders) {
        const auto keys = roster_.sign_keys(holder);
        const auto receipt =
            by_one_of(keys, [&](const SignPublicKey& key) { return verify_receipt(note, holder, key); });
        if (!receipt || receipt->head.log != batch.log || receipt->head.size <= batch.seq) continue;
        keep_proof(logbook_.at(batch.log), holder, {receipt->head.size, note});
        return true;
    }
    return false;
}

void Core::keep_proof(LogView& log, const NodeId& holder, const ReceiptView& receipt) {
    const auto counts = log.receipts.find(holder);
    if (counts != log.receipts.end() && counts->second.size >= receipt.size) return;
    ReceiptView& kept = log.proofs[holder];
    if (receipt.size <= kept.size) return;
    kept = receipt;
    writes_.emplace_back(Put{Table::meta, proof_row_key(log.id, holder), to_bytes(view(receipt.note))});
}

// A receipt that counts says as much.
void Core::drop_proof(LogView& log, const NodeId& holder, Seq size) {
    const auto proof = log.proofs.find(holder);
    if (proof == log.proofs.end() || proof->second.size > size) return;
    writes_.emplace_back(Erase{Table::meta, proof_row_key(log.id, holder)});
    log.proofs.erase(proof);
}

void Core::restore_proofs(const Snapshot& kept) {
    kept.scan(Table::meta, view(proof_row_prefix), [&](View key, View value) {
        Reader in(key.subspan(proof_row_prefix.size()), "proof");
        const auto log = LogId::read(in);
        const auto holder = in.block<NodeId>();
        const auto head = head_of_note(text(value));
        if (!log || !head)
            throw StoreCorrupt(Refusal(Code::store_corrupt, table_name(Table::meta), hex(key), "form"));
        logbook_.at(*log).proofs[holder] = {head->size, std::string(text(value))};
        return true;
    });
}

void Core::stage_expired(Instant now, LogView& log, Seq seq, const AdmittedBatch& batch) {
    AppendBatch write = next_of(log, seq, batch.id, batch.entries, batch.bytes, now);
    write.header = batch.pieces[0];
    write.gone = {batch.gone, *batch.pieces[1]};
    writes_.emplace_back(std::move(write));
    writes_.emplace_back(Put{Table::quarantine, expired_key({log.id, seq}), *batch.pieces[1]});
    ++expired_;
}

}  // namespace xinwang
