// Core, clones and forks: a child of which two machines run, or whose log has split, is frozen, with evidence
// for everyone above and below; a frozen node numbers nothing; people decide (WIRE.md section 7.6).
#include <algorithm>
#include <utility>

#include "node/core/branches.h"
#include "node/core/core.h"

namespace xinwang {
namespace {

Bytes frozen_key() {
    return to_bytes(view("frozen"));
}

// In the table `peers`: who is frozen, and which incarnations are closed.
Bytes closed_key(const NodeId& node, const Incarnation& incarnation) {
    Writer key;
    key.block(node);
    key.block(incarnation);
    return key.take();
}

Bytes proof(View bytes) {
    return bytes.size() > freeze_proof_bytes_max ? Bytes() : to_bytes(bytes);
}

}  // namespace

void Core::restore_clones(const Snapshot& kept) {
    kept.scan(Table::peers, {}, [&](View key, View value) {
        if (key.size() == NodeId::size) {
            auto freeze = parse_freeze(value);
            if (!freeze) throw StoreCorrupt(freeze.error());
            frozen_[freeze->node] = std::move(*freeze);
        } else if (key.size() == NodeId::size + Incarnation::size) {
            Reader in(key, "closed incarnation");
            const auto node = in.block<NodeId>();
            closed_.emplace(node, in.block<Incarnation>());
        }
        return true;
    });
    branches_ = read_branches(kept);
    if (const auto row = kept.get(Table::meta, frozen_key()); row && *row) {
        const auto message = decode_message(**row);
        if (!message) throw StoreCorrupt(message.error());
        if (const auto* refused = std::get_if<Refused>(&*message)) frozen_here_ = refused->refusal;
    }
}

// --- at the parent

// Asked of both, after the Welcome: whoever greets is in session by then.
void Core::look_for_clone(const NodeId& peer, ConnectionId older, ConnectionId newer) {
    const Ping question{clones_.ask(peer, older, newer, identity_.boot_nonce)};
    for (const ConnectionId connection : {older, newer})
        sends_.push_back({Side::child, connection, encode(question)});
}

// True when the number is of such a question.
bool Core::on_sign_of_life(Instant now, ConnectionId connection, std::uint64_t nonce) {
    const CloneWatch::Answer answer = clones_.answered(connection, nonce);
    if (!answer.two) return answer.known;
    LogId log{*answer.two, {}, Lane::trust, {}};
    if (const Session* session = session_of(*answer.two)) log.incarnation = session->incarnation;
    freeze(now, {*answer.two, identity_.node, Freeze::What::two_machines, now, log, {}, {}, {}});
    sends_.push_back(
        {Side::child, connection, encode(Refused{{}, Refused::no_seq, frozen_refusal(*answer.two)})});
    return true;
}

// The log has come to a place where the child has signed two things. What it had sealed before it was frozen
// and let in again is a branch that is known.
Refusal Core::on_fork(Instant now, const LogId& log, View first, View second) {
    if (closed_.contains({log.origin, log.incarnation}))
        return Refusal(Code::branch_refused, "log", log.origin_line());
    const Certificate* origin = roster_.find(log.origin);
    if (origin == nullptr || origin->parent != identity_.node || frozen_.contains(log.origin))
        return Refusal(Code::forked, log.origin_line(), "another root", "the one that is held here");
    freeze(
        now,
        {log.origin, identity_.node, Freeze::What::two_histories, now, log, proof(first), proof(second), {}});
    return frozen_refusal(log.origin);
}

void Core::freeze(Instant now, const Freeze& freeze) {
    if (frozen_.contains(freeze.node)) return;
    keep(freeze);
    const Refusal refusal = frozen_refusal(freeze.node);
    find(now, refusal);
    tell_freeze(freeze);
    if (Session* session = session_of(freeze.node)) {
        say(*session, Refused{{}, Refused::no_seq, refusal});
        drop_session(session->number);
    }
}

void Core::keep(const Freeze& freeze) {
    frozen_[freeze.node] = freeze;
    writes_.emplace_back(Put{Table::peers, to_bytes(freeze.node.view()), encode(freeze)});
}

// To everyone above and below, in the trust log of the one who froze it.
void Core::tell_freeze(const Freeze& freeze) {
    Entry entry;
    entry.kind = EntryKind::evidence;
    entry.body = encode(freeze);
    author({Lane::trust, {}}, policy_open, entry);
}

Refusal Core::frozen_refusal(const NodeId& node) const {
    const Freeze& freeze = frozen_.at(node);
    const Certificate* by = roster_.find(freeze.by);
    const Code code = freeze.what == Freeze::What::two_machines ? Code::two_machines : Code::two_histories;
    return Refusal(code, roster_.find(node)->code.text(), by == nullptr ? "" : by->code.text());
}

// An ancestor of the node says so, in its own trust log.
void Core::learn_freeze(Instant now, const LogView& log, View body) {
    const auto freeze = parse_freeze(body);
    if (!freeze) return find(now, freeze.error(), log.id);
    const bool may = log.id.lane == Lane::trust && log.id.origin == freeze->by &&
                     roster_.find(freeze->node) != nullptr && roster_.is_below(freeze->node, freeze->by);
    if (!may)
        return find(
            now, Refusal(Code::not_your_log, "evidence", log.id.origin_line(), "an ancestor's own trust log"),
            log.id);
    if (freeze->by == identity_.node) return;  // its own, come back
    const auto held = frozen_.find(freeze->node);
    if (freeze->what != Freeze::What::thawed) {
        if (held == frozen_.end() || held->second.by != identity_.node) keep(*freeze);
        return;
    }
    close_incarnations(freeze->node);
    if (held == frozen_.end() || held->second.by != freeze->by) return;
    writes_.emplace_back(Erase{Table::peers, to_bytes(freeze->node.view())});
    frozen_.erase(held);
}

// Of what the node had sealed until now a branch may come yet: it is refused, and proves nothing new.
void Core::close_incarnations(const NodeId& node) {
    for (const auto& [id, log] : logbook_.all())
        if (id.origin == node && closed_.emplace(node, id.incarnation).second)
            writes_.emplace_back(Put{Table::peers, closed_key(node, id.incarnation), Bytes{1}});
}

Result<void> Core::thaw(Instant now, DivisionCode code, const std::string& reason) {
    const Certificate* node = roster_.by_code(code);
    const auto held = node == nullptr ? frozen_.end() : frozen_.find(node->node);
    if (held == frozen_.end()) return refuse(Code::not_frozen, "node", code.text());
    if (held->second.by != identity_.node)
        return refuse(Code::not_at_this_node, "thaw", certificate().code.text(),
                      roster_.find(held->second.by)->code.text());
    if (!reason.empty()) XW_TRY_VOID(check_name(reason, "reason"));
    Freeze thawed = held->second;
    thawed.what = Freeze::What::thawed;
    thawed.at = now;
    thawed.first.clear();
    thawed.second.clear();
    thawed.reason = reason;
    close_incarnations(node->node);
    writes_.emplace_back(Erase{Table::peers, to_bytes(node->node.view())});
    frozen_.erase(held);
    tell_freeze(thawed);
    return {};
}

// --- at the child

// From here on nothing is numbered in this incarnation, whoever of the two it is; and in no other until its
// parent lets it in again.
void Core::on_frozen(Instant now, const Refusal& refusal) {
    if (frozen_here_ || rebirth_) return;
    frozen_here_ = refusal;
    writes_.emplace_back(Put{Table::meta, frozen_key(), encode(Refused{{}, Refused::no_seq, refusal})});
    open_incarnation(now);
}

// Welcomed by its parent, or by whoever froze it.
void Core::thawed(const NodeId& by) {
    if (!frozen_here_) return;
    const Certificate* other = roster_.find(by);
    if (by != certificate().parent && (other == nullptr || other->code.text() != frozen_here_->value)) return;
    frozen_here_.reset();
    writes_.emplace_back(Erase{Table::meta, frozen_key()});
}

// --- a branch

// The parent's log goes on otherwise somewhere: where, the receipts for it know.
void Core::on_branch(const LogId& log) {
    if (!is_own_past(log) || branches_.contains(log)) return;
    CompareJob job{log, {}};
    for (const auto& [ancestor, receipt] : logbook_.at(log).receipts)
        if (const auto head = head_of_note(receipt.note)) job.heads.push_back(*head);
    jobs_.emplace_back(std::move(job));
}

// What lies beyond the last receipt for this history may be held by nobody else: it stays, and is named.
// Receipts for the other one are withdrawn, so that nothing counts as confirmed on their word.
void Core::on_compared(Instant now, const Compared& compared) {
    const auto agrees = [&](const ReceiptView& receipt) {
        const auto head = head_of_note(receipt.note);
        return head && std::find(compared.ours.begin(), compared.ours.end(), *head) != compared.ours.end();
    };
    LogView& log = logbook_.at(compared.log);
    Seq from = 0;
    for (auto it = log.receipts.begin(); it != log.receipts.end();) {
        if (agrees(it->second)) {
            from = std::max(from, (it++)->second.size);
        } else {
            withdraw_receipt(log, it->first);
            it = log.receipts.begin();
        }
    }
    if (!branches_.emplace(log.id, from).second) return;
    writes_.emplace_back(branch_row(log.id, from));
    if (awaited_) awaited_->erase(log.id);
    find(now, Refusal(Code::branch_kept, log.id.origin_line(), std::to_string(log.size - from)));
    settle(now);
}

// The peer holds as much of this node's past as it does itself, and something else.
void Core::notice_branches(const Session& session) {
    if (!session.parent) return;
    for (const auto& [id, theirs] : session.stated) {
        const LogView* ours = logbook_.find(id);
        if (ours != nullptr && ours->size == theirs.size && ours->last != theirs.last) on_branch(id);
    }
}

// As long as ours and not ours: a branch of our past, a memory that was set back, or a fork below.
void Core::on_other_tree(Instant now, const ReceiptNote& note, const Hash256& root) {
    if (is_own_past(note.log)) return on_branch(note.log);
    if (note.log.origin == identity_.node) return on_own_head(now, note.log, note.note);
    find(now,
         Refusal(Code::forked, note.log.origin_line(), root.hex(), logbook_.at(note.log).tree.root().hex()));
}

}  // namespace xinwang
