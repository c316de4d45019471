// Core, directory: certificates, changes of keys and revocations, as trust logs bring them or this node makes
// them. WIRE.md section 9.
#include "node/core/core.h"
#include "node/core/division_rows.h"
#include "node/core/roster_rows.h"
#include "protocol/base/check.h"
#include "protocol/base/hash.h"

namespace xinwang {
namespace {

constexpr std::size_t unplaced_max = 1000;

// Refused now, and perhaps not when what it builds on has come: the logs of two origins come in any order.
bool may_come_right(Code code) {
    return code == Code::issuer_unknown || code == Code::issuer_ended || code == Code::node_unknown ||
           code == Code::certificate_signature || code == Code::certificate_conflict ||
           code == Code::renewal_field || code == Code::code_taken || code == Code::node_id_wrong ||
           code == Code::not_issuers_code || code == Code::revoker_not_above || code == Code::node_moved ||
           code == Code::move_before_grant || code == Code::mover_not_above || code == Code::ratchet_jumped;
}

// Refusals that need no operator: the entry concerns a node outside this node's view (a revocation elsewhere in
// the city), or arrives again in another log.
bool is_told_elsewhere(Code code) {
    return code == Code::node_unknown || code == Code::issuer_unknown || code == Code::code_taken;
}

}  // namespace

// Takes in what an entry says about a node: in force at once, durable with this turn's commit.
Result<Roster::Change> Core::learn(Instant now, EntryKind kind, View body) {
    auto change = kind == EntryKind::rekey    ? roster_.rekey(body)
                  : kind == EntryKind::revoke ? roster_.revoke(body)
                  : kind == EntryKind::move   ? roster_.move(body)
                                              : roster_.add(body);
    if (!change || !change->changed) return change;
    const NodeId node = change->node;
    if (kind == EntryKind::rekey)
        writes_.emplace_back(Put{Table::certificates, rekey_row_key(body), to_bytes(body)});
    if (kind == EntryKind::move)
        writes_.emplace_back(Put{Table::certificates, move_row_key(body), to_bytes(body)});
    for (const NodeId& met : change->met)
        writes_.emplace_back(Put{Table::certificates, to_bytes(met.view()), encode(*roster_.find(met))});
    if (kind == EntryKind::revoke)
        writes_.emplace_back(Put{Table::certificates, revocation_row_key(node), to_bytes(body)});
    else
        writes_.emplace_back(Put{Table::certificates, to_bytes(node.view()), encode(*roster_.find(node))});
    if (change->left) writes_.emplace_back(former_holder_row(*change->left, node));
    if (const TransportPublicKey* earlier = roster_.earlier_transport_key(node))
        writes_.emplace_back(
            Put{Table::certificates, earlier_transport_row_key(node), to_bytes(earlier->view())});
    roster_changed_ = admission_changed_ = true;
    if (node == identity_.node && kind != EntryKind::revoke) adopt_own_keys();
    if (kind == EntryKind::revoke) end_session_of(now, node);
    if (kind == EntryKind::move) on_moved(now, node, body, change->placed);
    place_waiting(now);
    return change;
}

void Core::learn_entry(Instant now, const Entry& entry) {
    const auto change = learn(now, entry.kind, entry.body);
    if (change) return move_again(now, entry);
    // Two may have been moved to one code: only a new order brings that right.
    const bool code_clash = entry.kind == EntryKind::move && change.error().code == Code::code_taken;
    if (!is_told_elsewhere(change.error().code) || code_clash) find(now, change.error());
    if (!may_come_right(change.error().code) || unplaced_.size() >= unplaced_max) return;
    Bytes key = unplaced_row_key(entry);
    if (!unplaced_.emplace(key, Unplaced{entry, change.error()}).second) return;
    writes_.emplace_back(Put{Table::certificates, std::move(key), encode_unplaced(entry)});
}

void Core::place_waiting(Instant now) {
    for (bool placed = !unplaced_.empty(); placed;) {
        placed = false;
        for (auto it = unplaced_.begin(); it != unplaced_.end(); ++it) {
            const auto [key, waiting] = *it;
            unplaced_.erase(it);
            placed = learn(now, waiting.entry.kind, waiting.entry.body).has_value();
            if (placed) {
                writes_.emplace_back(Erase{Table::certificates, key});
                if (waiting.found) is_settled(*waiting.found);
                move_again(now, waiting.entry);
                break;
            }
            it = unplaced_.emplace(key, waiting).first;
        }
    }
}

// --- revocation

Result<void> Core::revoke(Instant now, DivisionCode code, const std::string& reason) {
    const Certificate* gone = roster_.by_code(code);
    if (gone == nullptr) return refuse(Code::node_unknown, "code", code.text());
    Revocation r;
    r.node = gone->node;
    r.revoker = identity_.node;
    r.at_ms = now.ms;
    r.reason = reason;
    XW_TRY_VOID(check_name(reason, "reason"));
    for (const auto& [id, log] : logbook_.all())
        if (id.origin == gone->node && log.size > 0) r.logs.push_back({id, log.size, log.last});
    Entry entry;
    entry.kind = EntryKind::revoke;
    entry.body = sign_revocation(r, identity_.sign_key);
    XW_TRY(change, learn(now, EntryKind::revoke, entry.body));
    if (change.changed) author({Lane::trust, {}}, policy_open, entry);
    return {};
}

void Core::end_session_of(Instant now, const NodeId& node) {
    Session* session = session_of(node);
    if (session == nullptr || session->parent) return;
    say(*session, Refused{{}, Refused::no_seq, revoked_refusal(node)});
    drop_session(session->number);
    find(now, revoked_refusal(node));
}

Refusal Core::revoked_refusal(const NodeId& node) const {
    const Revocation* r = roster_.revocation(node);
    XW_CHECK(r != nullptr);
    return Refusal(Code::node_revoked, roster_.find(node)->code.text(), r->reason,
                   roster_.find(r->revoker)->code.text());
}

// Up to where a log counts: all of it, unless its origin was revoked, or the rest is a branch of our own that
// the parent has refused.
Seq Core::counted(const LogId& log, Seq size) const {
    if (const auto branch = branches_.find(log); branch != branches_.end())
        size = std::min(size, branch->second);
    const Revocation* r = roster_.revocation(log.origin);
    return r == nullptr ? size : std::min(size, r->size_of(log));
}

}  // namespace xinwang
