// Checks as things happen: disks after each commit, frames as they leave.
#include "tools/sim/checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "node/core/judged.h"
#include "protocol/base/check.h"
#include "protocol/base/hash.h"

namespace xinwang::sim {
namespace {

Hash256 hash_of(View bytes) {
    return hash<Hash256>("sim-piece", {bytes});
}

bool has_canary(View bytes) {
    return text(bytes).find(canary) != std::string_view::npos;
}

}  // namespace

void Checks::broken(std::string_view invariant, std::size_t node, const std::string& what) const {
    throw SafetyBroken(fmt::format("{} at {}: {}", invariant, nodes_[node].name, what));
}

// --- disks

void Checks::look_at_disk(std::size_t node) {
    if (held_.size() < nodes_.size()) {
        held_.resize(nodes_.size());
        lost_.resize(nodes_.size());
        ordinals_.resize(nodes_.size());
        receipts_.resize(nodes_.size());
        claimed_.resize(nodes_.size());
        done_.resize(nodes_.size());
    }
    if (nodes_[node].is_twin) return;
    const Snapshot kept = nodes_[node].store->snapshot();
    const std::uint64_t ordinals = kept.next_ordinal();
    if (ordinals < ordinals_[node])
        broken("S1", node, fmt::format("{} batches that were durable are gone", ordinals_[node] - ordinals));
    // Files first: what a file must become is settled before its entries appear.
    take_submissions(node);
    while (ordinals_[node] < ordinals) take_batch(node, kept, ordinals_[node]++);
    for (const auto& [id, s] : nodes_[node].core->submissions()) {
        if (s.open() || unaccounted_.contains(nodes_[node].node) || !done_[node].insert(id).second) continue;
        if (const auto wrong = nodes_[node].people->done(s); !wrong.empty())
            broken("S1", node, s.name + ": " + wrong);
    }
}

void Checks::set_back(std::size_t node, const Store& store) {
    const Snapshot kept = store.snapshot();
    ordinals_[node] = kept.next_ordinal();
    for (const auto& [log, size] : held_[node]) lost_[node][log] = std::max(lost_[node][log], size);
    held_[node].clear();
    for (const LogRow& log : kept.logs()) held_[node][log.id] = log.size;
    receipts_[node].clear();
    claimed_[node].clear();
}

void Checks::split(const NodeId& node) {
    split_.insert(node);
    unaccounted_.insert(node);
    std::erase_if(ledger_, [&](const auto& entry) { return entry.first.origin == node; });
}

void Checks::cut(const LogId& log, Seq size) {
    Ledger& ledger = ledger_.at(log);
    if (size >= ledger.batches.size()) return;
    ledger.batches.resize(size);
    ledger.roots.resize(size + 1);
    ledger.tree = Frontier();
    for (const Original& batch : ledger.batches) ledger.tree.append(batch.id);
}

void Checks::forget_unheld(std::size_t node) {
    for (const auto& [log, ledger] : ledger_) {
        if (log.origin != nodes_[node].node) continue;
        Seq known = 0;
        for (std::size_t i = 0; i < nodes_.size(); ++i) known = std::max(known, held(i, log));
        cut(log, known);
    }
}

bool Checks::can_come_back(std::size_t node) const {
    for (const auto& [log, size] : held_[node]) {
        const std::size_t origin = index_of(log.origin);
        // From the child that it came up through; what is its own, or came down, from the parent.
        std::size_t from = *nodes_[node].parent;
        for (std::optional<std::size_t> at = origin; at && *at != node; at = nodes_[*at].parent)
            if (nodes_[*at].parent == node) from = *at;
        if (held(from, log) < size) return false;
    }
    return true;
}

void Checks::take_submissions(std::size_t node) {
    std::vector<const Submission*> fresh;
    for (const auto& [id, s] : nodes_[node].core->submissions())
        if (!nodes_[node].people->has_taken(id)) fresh.push_back(&s);
    std::sort(fresh.begin(), fresh.end(),
              [](const Submission* a, const Submission* b) { return a->received < b->received; });
    for (const Submission* s : fresh) nodes_[node].people->taken(s->id);
}

void Checks::take_batch(std::size_t node, const Snapshot& kept, std::uint64_t ordinal) {
    const auto row = kept.at(ordinal);
    if (!row) broken("S4", node, row.error().line(Language::english));
    std::vector<Bytes> pieces;
    for (std::uint16_t i = 0; i <= row->pieces; ++i) {
        auto piece = kept.piece(ordinal, i);
        if (!piece) broken("S11", node, piece.error().line(Language::english));
        pieces.push_back(std::move(*piece));
    }
    Seq& size = held_[node][row->log];
    if (row->seq != size)
        broken("S4", node, fmt::format("batch {} after {} of {}", row->seq, size, row->log.origin_line()));
    if (split_.contains(row->log.origin)) {
        ++size;
        return;
    }
    const auto ledger = ledger_.find(row->log);
    bool known_already = ledger != ledger_.end() && row->seq < ledger->second.batches.size();
    if (known_already && row->log.origin == nodes_[node].node && unaccounted_.contains(row->log.origin) &&
        ledger->second.batches[row->seq].id != row->id) {
        for (std::size_t i = 0; i < nodes_.size(); ++i)
            if (i != node && held(i, row->log) > row->seq)
                broken("S8", node, "a number was used twice: " + row->log.origin_line());
        cut(row->log, row->seq);
        known_already = false;
    }
    // An own batch that is known already comes back to a node that was restored.
    if (row->log.origin == nodes_[node].node && !known_already) {
        take_own(node, kept, ordinal, *row, pieces);
    } else {
        if (!known_already)
            broken("S2", node, "a batch that its origin does not hold: " + row->log.origin_line());
        const Original& original = ledger->second.batches[row->seq];
        bool same = original.id == row->id && original.pieces.size() == pieces.size();
        for (std::size_t i = 0; same && i < pieces.size(); ++i) same = original.pieces[i] == hash_of(pieces[i]);
        if (!same) broken("S2", node, "other bytes than the origin's: " + row->log.origin_line());
    }
    ++size;
}

void Checks::take_own(std::size_t node, const Snapshot& kept, std::uint64_t ordinal, const BatchRow& row,
                      const std::vector<Bytes>& pieces) {
    const std::vector<View> chunks(pieces.begin() + 1, pieces.end());
    const auto header = verify_batch(pieces.front(), chunks, nodes_[node].certificate.sign_key);
    if (!header) broken("X4", node, header.error().line(Language::english));
    Ledger& ledger = ledger_[row.log];
    const BatchId last = ledger.batches.empty() ? BatchId{} : ledger.batches.back().id;
    if (header->id != row.id || header->seq != ledger.batches.size() || header->previous != last)
        broken("S8", node, fmt::format("batch {} does not continue {}", header->seq, row.log.origin_line()));
    if (header->created_ms < ledger.moment)
        broken("S4", node, fmt::format("a moment of {} after {}", header->created_ms, ledger.moment));
    ledger.moment = header->created_ms;
    Original original{header->id, {}, header->policy_id, check_audience(node, *header)};
    for (const Bytes& piece : pieces) original.pieces.push_back(hash_of(piece));
    ledger.batches.push_back(std::move(original));
    ledger.tree.append(header->id);
    ledger.roots.push_back(ledger.tree.root());
    if (row.log.lane == Lane::trust) return;
    const auto entries = read_batch(kept, ordinal, *nodes_[node].room);
    if (!entries) broken("S2", node, entries.error().line(Language::english));
    if (!row.log.toward.is_zero()) return check_verdicts(node, *entries);
    if (unaccounted_.contains(nodes_[node].node)) return;
    for (const Entry& entry : *entries)
        if (!nodes_[node].people->appeared(entry))
            broken("S1/S2", node,
                   fmt::format("a {} of {} that nobody handed in, or twice", entry_kind_name(entry.kind),
                               entry.record.hex()));
}

// Nobody in this city speaks for another's record: what the city refuses it refuses wrongly.
void Checks::check_verdicts(std::size_t node, const std::vector<Entry>& entries) const {
    for (const Entry& entry : entries) {
        if (entry.kind != EntryKind::verdict) continue;
        const auto verdict = parse_verdict(entry.body);
        if (!verdict) broken("R1", node, verdict.error().line(Language::english));
        const bool theirs = unaccounted_.contains(verdict->log.origin) || split_.contains(verdict->log.origin);
        if (!verdict->refused.empty() && !theirs)
            broken("R1", node,
                   fmt::format("an entry of {} is refused: {}", verdict->log.origin_line(),
                               verdict->refused.front().why.line(Language::english)));
    }
}

// The origin and those of the policy's tiers that are above it, or were: it may not have heard of a move yet.
std::set<NodeId> Checks::check_audience(std::size_t node, const BatchHeader& header) const {
    std::set<NodeId> named;
    if (header.policy_id == policy_open) return named;
    for (const Stanza& stanza : header.stanzas) named.insert(stanza.recipient);
    if (header.policy_id == policy_toward && named == std::set<NodeId>{nodes_[node].node, header.log.toward})
        return named;
    for (const auto& lineage : lineages(node)) {
        std::set<NodeId> wanted{nodes_[node].node};
        for (const std::size_t i : lineage)
            if ((header.policy_id & static_cast<unsigned>(nodes_[i].certificate.tier)) != 0)
                wanted.insert(nodes_[i].node);
        if (named == wanted) return named;
    }
    broken("X1", node, fmt::format("sealed for {} nodes, and not for those above it", named.size()));
}

void Checks::receipts_written(std::size_t node, const std::vector<Write>& writes) {
    if (nodes_[node].is_twin) return;
    for (const Write& write : writes) {
        // Taken back, because its signer has lost what it signed for.
        if (const Erase* erase = std::get_if<Erase>(&write); erase && erase->table == Table::receipts) {
            Reader key(erase->key, "receipt key");
            if (const auto log = LogId::read(key)) receipts_[node].erase({*log, key.block<NodeId>()});
            continue;
        }
        const Put* put = std::get_if<Put>(&write);
        if (put == nullptr || put->table != Table::receipts) continue;
        Reader key(put->key, "receipt key");
        const auto log = LogId::read(key);
        const auto ancestor = key.block<NodeId>();
        const auto head = head_of_note(text(put->value));
        if (!log || !head) broken("S7", node, "a receipt that does not parse");
        Seq& size = receipts_[node][{*log, ancestor}];
        if (head->size < size)
            broken("S7", node, fmt::format("a receipt fell from {} to {}", size, head->size));
        size = head->size;
    }
}

// --- frames

Seq Checks::held(std::size_t node, const LogId& log) const {
    const auto it = held_[node].find(log);
    return it == held_[node].end() ? 0 : it->second;
}

void Checks::claim(std::size_t node, std::string_view what, const LogId& log, Seq size) {
    if (size > held(node, log))
        broken("S6", node,
               fmt::format("{} of {} batches with {} on the disk: {}", what, size, held(node, log),
                           log.origin_line()));
    Seq& said = claimed_[node][log];
    if (size < said) broken("S7", node, fmt::format("{} fell from {} to {}", what, said, size));
    said = size;
}

void Checks::on_frame(std::size_t node, Side side, View frame) {
    if (nodes_[node].is_twin) return;
    if (has_canary(frame)) broken("X1", node, "a subject's name in a frame");
    const auto message = decode_message(frame);
    if (!message)
        broken("S11", node, "a frame that does not parse: " + message.error().line(Language::english));
    struct Visitor {
        Checks& checks;
        std::size_t node;
        Side side;
        void operator()(const Have& m) const {
            for (const Holding& h : m.holdings) checks.claim(node, "Have", h.log, h.size);
        }
        void operator()(const Held& m) const { checks.claim(node, "Held", m.log, m.size); }
        void operator()(const ReceiptNote& m) const { checks.on_receipt(node, m); }
        void operator()(const HeadNote& m) const { checks.on_head(node, m); }
        void operator()(const Piece& m) const { checks.on_piece(node, side, m); }
        void operator()(const Hello&) const {}
        void operator()(const Welcome&) const {}
        void operator()(const HaveEnd&) const {}
        void operator()(const Credit&) const {}
        void operator()(const Refused&) const {}
        void operator()(const Ping&) const {}
        void operator()(const Pong&) const {}
        void operator()(const Want&) const {}
        void operator()(const Renew&) const {}
        void operator()(const RenewAnswer&) const {}
    };
    std::visit(Visitor{*this, node, side}, *message);
}

// A receipt outlives its signer's disk: what was there when it was made was true, and comes back to it.
Seq Checks::once_held(std::size_t node, const LogId& log) const {
    const auto lost = lost_[node].find(log);
    return std::max(held(node, log), lost == lost_[node].end() ? 0 : lost->second);
}

void Checks::on_receipt(std::size_t node, const ReceiptNote& m) const {
    if (split_.contains(m.log.origin)) return;
    const std::size_t ancestor = index_of(m.ancestor);
    const auto receipt = verify_receipt(m.note, m.ancestor, nodes_[ancestor].certificate.sign_key);
    if (!receipt || receipt->head.log != m.log) broken("X4", node, "a receipt that does not verify");
    const Seq size = receipt->head.size;
    if (size > once_held(ancestor, m.log))
        broken("S5", node,
               fmt::format("{} has signed for {} batches and holds {}: {}", nodes_[ancestor].name, size,
                           held(ancestor, m.log), m.log.origin_line()));
    if (ledger_.at(m.log).roots.at(size) != receipt->head.root)
        broken("S10", node, "a receipt for another tree");
    std::size_t copies = 0;
    for (std::size_t i = 0; i < nodes_.size(); ++i) copies += once_held(i, m.log) >= size ? 1 : 0;
    if (copies < 2) broken("S5", node, "a receipt, and one copy only");
}

void Checks::on_head(std::size_t node, const HeadNote& m) const {
    if (split_.contains(m.log.origin)) return;
    const std::size_t origin = index_of(m.log.origin);
    const auto head = verify_head(m.note, m.log.origin, nodes_[origin].certificate.sign_key);
    if (!head || head->log != m.log) broken("X4", node, "a head that does not verify");
    if (head->size > held(node, m.log))
        broken("S6", node, fmt::format("a head of {} with {} on the disk", head->size, held(node, m.log)));
    if (ledger_.at(m.log).roots.at(head->size) != head->root) broken("S10", node, "a head of another tree");
}

void Checks::on_piece(std::size_t node, Side side, const Piece& m) const {
    if (split_.contains(m.log.origin)) return;
    // Somebody's above may be handed on to a child that has moved here.
    bool on_a_disk = m.seq < held(node, m.log);
    for (std::size_t i = 0; i < nodes_.size() && side == Side::child; ++i)
        on_a_disk = on_a_disk || m.seq < held(i, m.log);
    if (!on_a_disk) broken("S6", node, "a piece of a batch that is not on the disk");
    const Original& original = ledger_.at(m.log).batches.at(m.seq);
    if (m.count != original.pieces.size() || m.index >= m.count || original.pieces[m.index] != hash_of(m.bytes))
        broken("S11", node, fmt::format("piece {} of batch {} is not the origin's", m.index, m.seq));
}

}  // namespace xinwang::sim
