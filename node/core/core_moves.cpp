// Core, moves: a node goes on below another parent, with its logs. The new parent takes what is held already
// from above, and greets the node when it has it. WIRE.md section 9.7.
#include <algorithm>

#include "node/core/core.h"
#include "protocol/base/check.h"

namespace xinwang {
namespace {

// When nothing of what it waits for has come from above for so long, a new parent greets a moved node all the
// same: it will bring the rest itself. The mover may have held what never reached anybody above both.
constexpr Duration takeover_wait{60'000};

// The same last digits below another prefix.
DivisionCode below(DivisionCode parent, DivisionCode child) {
    const std::uint64_t span = parent.end() - parent.number();
    const auto code = DivisionCode::from_number(parent.number() + child.number() % span);
    XW_CHECK(code);
    return *code;
}

}  // namespace

// Up to below this node, nearest first.
std::vector<NodeId> Core::lineage_below(const NodeId& node) const {
    std::vector<NodeId> lineage;
    for (const NodeId& ancestor : roster_.ancestors(node)) {
        if (ancestor == identity_.node) break;
        lineage.push_back(ancestor);
    }
    return lineage;
}

Result<Move> Core::drafted(Instant now, const MoveOrder& order) const {
    const Certificate* node = roster_.by_code(order.node);
    const Certificate* parent = roster_.by_code(order.parent);
    if (node == nullptr || parent == nullptr)
        return refuse(Code::node_unknown, "code", (node == nullptr ? order.node : order.parent).text());
    if (node->parent == parent->node)
        return refuse(Code::moves_nowhere, node->code.text(), "", parent->code.text());
    if (!roster_.is_below(node->parent, identity_.node) || !roster_.is_below(parent->node, identity_.node))
        return refuse(Code::mover_not_above, node->code.text(), parent->code.text(), certificate().code.text());
    if (order.code.parent() != parent->code)
        return refuse(Code::not_issuers_code, "code", order.code.text(), parent->code.text());
    if (const Certificate* other = roster_.by_code(order.code))
        return refuse(Code::code_taken, "code", order.code.text(), other->node.hex());
    Certificate next = *node;
    next.code = order.code;
    next.parent = parent->node;
    next.serial += move_serial_step(certificate().tier);
    if (!order.name.empty()) next.name = order.name;
    Move m;
    m.mover = identity_.node;
    m.at_ms = now.ms;
    XW_TRY(certificate, issue_certificate(next, identity_.sign_key));
    m.certificate = certificate;
    m.former_code = node->code;
    m.lineage = lineage_below(node->node);
    m.chain.push_back(encode(*parent));
    for (const NodeId& above : lineage_below(parent->node)) m.chain.push_back(encode(*roster_.find(above)));
    m.address = order.address;
    m.rekeys = order.rekeys;
    for (const auto& [id, log] : logbook_.all())
        if (log.size > 0 && id.toward.is_zero() &&
            (id.origin == node->node || roster_.is_below(id.origin, node->node)))
            m.logs.push_back({id, log.size});
    return m;
}

Result<Certificate> Core::move(Instant now, const MoveOrder& order) {
    XW_TRY(m, drafted(now, order));
    XW_TRY(change, say_move(now, m));
    return *roster_.find(change.node);
}

// Repeats a move whose statement names older keys, because a former parent granted newer ones before it heard
// of the move. Until the move is repeated with the newer keys, nodes that know of the grant refuse it.
void Core::move_again(Instant now, const Entry& entry) {
    if (entry.kind != EntryKind::rekey && entry.kind != EntryKind::enrol) return;
    const auto granted = entry.kind == EntryKind::rekey ? parse_rekey(entry.body).map(&RekeyBody::certificate)
                                                        : parse_certificate(entry.body);
    if (!granted || roster_.moves(granted->node).empty()) return;
    const auto& all = roster_.moves(granted->node);
    Move m = all.back();
    const Certificate said = certificate_of(m);
    Certificate next = *roster_.find(granted->node);
    // It may have been said again already: the grants of the meantime begin at the first.
    const auto first = std::find_if(all.begin(), all.end(), [&](const Move& other) {
        return other.mover == m.mover && other.lineage == m.lineage && other.chain == m.chain;
    });
    const bool meanwhile =
        m.mover == identity_.node && granted->parent != said.parent &&
        roster_.was_child(granted->node, granted->parent) && granted->serial < said.serial &&
        granted->serial + move_serial_step(certificate().tier) > certificate_of(*first).serial;
    if (!meanwhile) return;
    // Unless the new parent has granted others since.
    const bool sign = granted->sign_key != said.sign_key && next.sign_key == said.sign_key;
    const bool transport =
        granted->transport_key != said.transport_key && next.transport_key == said.transport_key;
    if (!sign && !transport) return;
    if (sign) next.sign_key = granted->sign_key;
    if (sign) m.rekeys.push_back(entry.body);
    if (transport) next.transport_key = granted->transport_key;
    next.serial += move_serial_step(certificate().tier);
    m.at_ms = now.ms;
    const auto done = issue_certificate(next, identity_.sign_key).and_then([&](Bytes certificate) {
        m.certificate = std::move(certificate);
        return say_move(now, m);
    });
    if (!done) find(now, done.error());
}

Result<Roster::Change> Core::say_move(Instant now, const Move& m) {
    Entry entry;
    entry.kind = EntryKind::move;
    entry.body = sign_move(m, identity_.sign_key);
    XW_TRY_VOID(parse_move(entry.body));
    XW_TRY_VOID(encodable(entry));
    XW_TRY(change, learn(now, EntryKind::move, entry.body));
    if (!is_city()) author({Lane::trust, {}}, policy_open, entry);
    return change;
}

// This node has moved the child, and so has another one that had not heard of it.
void Core::tell_overruled(Instant now, const std::vector<Move>& moves) {
    const Move& ours = moves[moves.size() - 2];
    const Certificate said = certificate_of(ours);
    if (ours.mover != identity_.node || moves.back().lineage.front() == said.parent) return;
    find(now, Refusal(Code::move_overruled, said.code.text(), certificate_of(moves.back()).code.text(),
                      roster_.find(moves.back().mover)->code.text()));
}

// Acts on a move that the roster has taken in. Parent and node on the new path greet each other again. On the
// old path sessions stay as they are, so that the entry still reaches everyone below.
void Core::on_moved(Instant now, const NodeId& node, View statement, bool placed) {
    // A county's word goes up and down its own log; all others hear it from the city. Its former county may be
    // among them, or the one that the new parent itself is moved to.
    if (is_city()) {
        Entry entry;
        entry.kind = EntryKind::move;
        entry.body = to_bytes(statement);
        author({Lane::trust, {}}, policy_open, entry);
    }
    const auto& moves = roster_.moves(node);
    const Move& newest = moves.back();
    const Certificate& moved = *roster_.find(node);
    if (placed && moves.size() > 1 && newest.mover != identity_.node) tell_overruled(now, moves);
    renewal_.certify_anew = true;
    if (roster_.is_below(node, identity_.node)) await_takeover(now);
    if (node == identity_.node && placed) {
        moved_ = MovedTo{newest.address, roster_.find(moved.parent)->transport_key};
        writes_.emplace_back(moved_to_row(*moved_));
        if (!uplink_.is_zero() && !roster_.is_below(identity_.node, uplink_)) uplink_ = {};
        drop_session(parent_session_);
        next_hello_ = now + timing_.hello_every;  // the transport has yet to turn to the new parent
    }
    if (const auto hop = roster_.next_hop(identity_.node, node); hop && *hop != node)
        if (const Session* session = session_of(*hop)) {
            say(*session, Refused{{}, Refused::no_seq, Refusal(Code::no_session)});
            drop_session(session->number);
        }
}

void Core::await_takeover(Instant now) {
    gate_until_ = now + takeover_wait;
}

// What the child had already handed to those above before it came here is taken from them: until then it is
// not greeted. A batch that has expired there comes from no parent of an earlier version.
std::optional<Refusal> Core::takes_over(Instant now, const NodeId& child) const {
    const auto& moves = roster_.moves(child);
    if (moves.empty() || roster_.find(child)->parent != identity_.node) return std::nullopt;
    if (now >= gate_until_) return std::nullopt;
    const Session* above = parent_session();
    Seq held = 0, wanted = 0;
    for (const LogSize& l : moves.back().logs) {
        const LogView* log = logbook_.find(l.log);
        const Seq size = log == nullptr ? 0 : std::min(log->size, l.size);
        if (above != nullptr && above->refused.contains(l.log)) continue;
        held += size;
        wanted += l.size;
    }
    if (held == wanted) return std::nullopt;
    return Refusal(Code::takes_over, roster_.find(child)->code.text(), std::to_string(held),
                   std::to_string(wanted));
}

// The code that a child must have by this node's own: after a move of this node it is another.
DivisionCode Core::code_below(const Certificate& child) const {
    if (child.code.parent() == certificate().code) return child.code;
    return below(certificate().code, child.code);
}

std::optional<MovedTo> Core::take_moved() {
    return std::exchange(moved_, std::nullopt);
}

}  // namespace xinwang
