#include "topology/roster.h"

#include <algorithm>
#include <set>

#include "protocol/base/check.h"
#include "protocol/base/limits.h"
#include "protocol/envelope.h"

namespace xinwang {
namespace {

template <class Map, class Key>
const NodeId* look_up(const Map& map, const Key& key) {
    const auto it = map.find(key);
    return it == map.end() ? nullptr : &it->second;
}

}  // namespace

Roster Roster::create(const RootId& root) {
    Roster roster;
    roster.root_ = root;
    return roster;
}

Roster Roster::create(const SignPublicKey& only_root_key) {
    Roster roster = create(root_id_of({1, {only_root_key}}));
    roster.only_root_key_ = only_root_key;
    return roster;
}

Result<Roster::Change> Roster::add(View bytes) {
    XW_TRY(c, parse_certificate(bytes));
    return take(c, bytes, SignKey::stays);
}

Result<Roster::Change> Roster::add_from_chain(View bytes) {
    XW_TRY(c, parse_certificate(bytes));
    return take(c, bytes, SignKey::changes);
}

Result<Roster::Change> Roster::take(const Certificate& c, View bytes, SignKey sign_key) {
    const Certificate* held = find(c.node);
    if (held != nullptr && *held == c) return Change{c.node, false};
    // What stood before the statement held now, signed by whoever spoke for the city then.
    if (c.tier == Tier::city && held != nullptr && statement_ && c.serial < held->serial)
        return Change{c.node, false};
    XW_TRY_VOID(verify_issuer(c, bytes));
    // Of the past; but another parent's may be ahead of the move that outranks the one known here.
    if (held != nullptr && c.serial < held->serial &&
        (c.parent == held->parent || moves(c.node).empty() || was_child(c.node, c.parent)))
        return Change{c.node, false};
    // Two signed times: no clock of ours is asked.
    if (const Certificate* issuer = find(c.parent); issuer != nullptr && c.issued_ms >= issuer->expires_ms)
        return refuse(Code::issuer_ended, issuer->code.text());
    XW_TRY_VOID(check_place(c, sign_key));
    Change change{c.node, true};
    if (held != nullptr && held->code != c.code) change.left = held->code;
    put(c);
    return change;
}

RootSet Roster::roots() const {
    if (statement_) return statement_->roots;
    return only_root_key_ ? RootSet{1, {*only_root_key_}} : RootSet{};
}

Result<Roster::Change> Roster::adopt(View bytes) {
    XW_TRY(next, parse_statement(bytes));
    XW_TRY(c, parse_certificate(next.city));
    const StatementId id = id_of(next);
    const std::uint64_t newest = statement_ids_.size();
    const std::string number = std::to_string(next.number);
    if (next.number <= newest) {
        const StatementId& held = statement_ids_[next.number - 1];
        if (held == id) return Change{c.node, false};
        if (next.number == newest)
            return refuse(Code::directory_mixed, "number " + number, id.hex(), held.hex());
        return refuse(Code::directory_rolled_back, "number", number, std::to_string(newest));
    }
    if (statement_) {
        XW_TRY_VOID(check_follows(*statement_, next));
    } else {
        if (next.number != 1) return refuse(Code::directory_skips, "number", number, "0");
        if (root_id_of(next.roots) != root_)
            return refuse(Code::root_wrong, "root", root_id_of(next.roots).hex(), root_.hex());
        XW_TRY_VOID(check_signatures(next, next.roots));
    }
    const Certificate* held = find(c.node);
    // The city may have renewed itself since the draft was made.
    const bool newer = held == nullptr || held->serial < c.serial;
    if (newer || (held->serial == c.serial && *held != c)) XW_TRY_VOID(check_place_of(c, SignKey::changes));
    if (newer) put(std::move(c));
    const NodeId city = this->city()->node;
    statement_ = std::move(next);
    statement_ids_.push_back(id);
    statements_.push_back(to_bytes(bytes));
    return Change{city, true};
}

void Roster::put(Certificate c) {
    if (const Certificate* held = find(c.node)) {
        if (held->transport_key != c.transport_key) keep_earlier(c.node, held->transport_key);
        if (held->code != c.code) by_code_.erase(held->code.number());
    }
    by_code_[c.code.number()] = c.node;
    by_transport_key_[c.transport_key] = c.node;
    const NodeId node = c.node;
    certificates_.insert_or_assign(node, std::move(c));
}

void Roster::put_back(Certificate c) {
    put(std::move(c));
}

void Roster::put_back(Revocation revocation) {
    if (const Certificate* gone = find(revocation.node)) {
        if (const auto it = by_code_.find(gone->code.number());
            it != by_code_.end() && it->second == gone->node)
            by_code_.erase(it);
        by_transport_key_.erase(gone->transport_key);
        forget_earlier(gone->node);
    }
    const NodeId node = revocation.node;
    revoked_.emplace(node, std::move(revocation));
}

Result<Roster::Change> Roster::rekey(View body) {
    Reader in(body, "rekey");
    const View bytes = in.bytes16();
    const View request_bytes = in.bytes16();
    XW_TRY_VOID(in.finish());
    XW_TRY(c, parse_certificate(bytes));
    XW_TRY(request, parse_renewal(request_bytes));
    const Certificate* held = find(c.node);
    if (held == nullptr) return refuse(Code::node_unknown, "rekey", c.node.hex());
    // Known already by way of a move, but not yet the one in force?
    const bool is_next = held->serial < c.serial && held->sign_key == request.in_force;
    if (signers_.knows(c.node, request.sign_key) && !is_next) return Change{c.node, false};
    if (request.node != c.node || request.serial != c.serial || request.sign_key != c.sign_key)
        return refuse(Code::renewal_field, "rekey", request.sign_key.hex(), c.sign_key.hex());
    if (c.serial <= held->serial) {
        // A change of the past, of a node that was met under its present key.
        XW_TRY_VOID(verify_issuer(c, bytes));
        XW_TRY_VOID(verify_renewal(request, c.parent));
        signers_.add(request);
        return Change{c.node, true};
    }
    if (request.in_force != held->sign_key)
        return refuse(Code::renewal_field, "sign key in force", request.in_force.hex(), held->sign_key.hex());
    XW_TRY_VOID(verify_renewal(request, c.parent));
    XW_TRY(change, take(c, bytes, SignKey::changes));
    signers_.add(request);
    return change;
}

Result<Roster::Change> Roster::revoke(View bytes) {
    XW_TRY(r, parse_revocation(bytes));
    const Certificate* revoker = find(r.revoker);
    if (find(r.node) == nullptr || revoker == nullptr)
        return refuse(Code::node_unknown, "revocation", (revoker == nullptr ? r.revoker : r.node).hex());
    if (revocation(r.node) != nullptr) return Change{r.node, false};
    // A former parent may have said so before it heard of a move: the order of two logs must not decide.
    if (!was_below(r.node, r.revoker))
        return refuse(Code::revoker_not_above, find(r.node)->code.text(), "", revoker->code.text());
    for (const SignPublicKey& key : sign_keys(r.revoker)) {
        if (!verify_revocation(r, bytes, key)) continue;
        put_back(r);
        return Change{r.node, true};
    }
    return refuse(Code::certificate_signature, "revocation", revoker->code.text());
}

const Revocation* Roster::revocation(const NodeId& node) const {
    const auto it = revoked_.find(node);
    return it == revoked_.end() ? nullptr : &it->second;
}

std::vector<SignPublicKey> Roster::sign_keys(const NodeId& node) const {
    return signers_.keys(node, find(node)->sign_key);
}

// Any key that the issuer has had: what it certified before it changed its key holds on.
Result<void> Roster::verify_issuer(const Certificate& c, View bytes) const {
    std::vector<SignPublicKey> keys;
    if (c.tier == Tier::city && (!root_.is_zero() || find(c.parent) == nullptr)) {
        if (!statement_ && only_root_key_) keys.push_back(*only_root_key_);
        const Certificate* held = city();
        if (held == nullptr && keys.empty()) return refuse(Code::directory_missing, "city", c.code.text());
        // Its own certificates, but for a change of its signing key; whatever else it signs is refused by name.
        if (held != nullptr && (held->node != c.node || held->sign_key == c.sign_key))
            keys.push_back(held->sign_key);
    } else if (find(c.parent) == nullptr) {
        return refuse(Code::issuer_unknown, "parent", c.code.text(), c.parent.hex());
    } else {
        keys = sign_keys(c.parent);
    }
    for (const SignPublicKey& key : keys)
        if (verify_certificate(c, bytes, key)) return {};
    return refuse(Code::certificate_signature, "signature", c.code.text());
}

Result<void> Roster::check_place(const Certificate& c) const {
    return check_place(c, SignKey::stays);
}

Result<void> Roster::check_place(const Certificate& c, SignKey sign_key) const {
    const Certificate* issuer = find(c.parent);
    if (issuer == nullptr && c.tier != Tier::city)
        return refuse(Code::issuer_unknown, "parent", c.code.text(), c.parent.hex());
    // What a township had certified before it moved bears its former code.
    if (issuer != nullptr && c.code.parent() != issuer->code && !had_code(issuer->node, *c.code.parent()))
        return refuse(Code::not_issuers_code, "code", c.code.text(), issuer->code.text());
    return check_place_of(c, sign_key);
}

Result<void> Roster::check_place_of(const Certificate& c, SignKey sign_key) const {
    if (const Certificate* top = city(); c.tier == Tier::city && top != nullptr && top->node != c.node)
        return refuse(Code::second_city, "code", c.code.text(), top->code.text() + " " + top->node.hex());
    if (const Revocation* gone = revocation(c.node))
        return refuse(Code::node_revoked, c.code.text(), gone->reason, find(gone->revoker)->code.text());
    if (const Certificate* held = find(c.node)) {
        XW_TRY_VOID(check_successor(*held, c, sign_key));
    } else if (sign_key == SignKey::stays && c.node != node_id_of(c.sign_key)) {
        return refuse(Code::node_id_wrong, "node", c.code.text(), c.node.hex());
    }
    if (const NodeId* other = look_up(by_code_, c.code.number()); other != nullptr && *other != c.node)
        return refuse(Code::code_taken, "code", c.code.text(), other->hex());
    if (const NodeId* other = look_up(by_transport_key_, c.transport_key); other != nullptr && *other != c.node)
        return refuse(Code::transport_key_taken, "transport key", c.code.text(), find(*other)->code.text());
    return {};
}

// A node stays below its parent and keeps its signing key: moving and rekeying are entries of their own.
Result<void> Roster::check_successor(const Certificate& held, const Certificate& c, SignKey sign_key) const {
    const auto conflict = [&](std::string_view field, const std::string& must) -> Result<void> {
        return refuse(Code::certificate_conflict, field, c.code.text(), must);
    };
    const bool may_recode = held.tier == Tier::village && c.tier == Tier::village;
    if (c.code != held.code && !may_recode) return conflict("code", held.code.text());
    if (c.parent != held.parent && was_child(held.node, c.parent))
        return refuse(Code::node_moved, held.code.text(), c.parent.hex(), held.parent.hex());
    if (c.parent != held.parent) return conflict("parent", held.parent.hex());
    if (sign_key == SignKey::stays && c.sign_key != held.sign_key)
        return conflict("sign key", held.sign_key.hex());
    if (c.serial == held.serial) return conflict("serial", "> " + std::to_string(held.serial));
    if (c.open_epoch < held.open_epoch) return conflict("open epoch", ">= " + std::to_string(held.open_epoch));
    const auto step = std::to_string(limits::ratchet_step_max);
    if (c.serial > held.serial && c.serial - held.serial > limits::ratchet_step_max)
        return refuse(Code::ratchet_jumped, "serial", c.code.text(), step);
    if (c.open_epoch - held.open_epoch > limits::ratchet_step_max)
        return refuse(Code::ratchet_jumped, "open epoch", c.code.text(), step);
    return {};
}

const Certificate* Roster::find(const NodeId& node) const {
    const auto it = certificates_.find(node);
    return it == certificates_.end() ? nullptr : &it->second;
}

const Certificate* Roster::by_code(DivisionCode code) const {
    const NodeId* node = look_up(by_code_, code.number());
    return node ? find(*node) : nullptr;
}

const Certificate* Roster::by_transport_key(const TransportPublicKey& key) const {
    const NodeId* node = look_up(by_transport_key_, key);
    return node ? find(*node) : nullptr;
}

const TransportPublicKey* Roster::earlier_transport_key(const NodeId& node) const {
    const auto it = earlier_transport_.find(node);
    return it == earlier_transport_.end() ? nullptr : &it->second;
}

void Roster::keep_earlier(const NodeId& node, const TransportPublicKey& key) {
    forget_earlier(node);
    earlier_transport_[node] = key;
    by_transport_key_[key] = node;
}

void Roster::forget_earlier(const NodeId& node) {
    const auto it = earlier_transport_.find(node);
    if (it == earlier_transport_.end()) return;
    by_transport_key_.erase(it->second);
    earlier_transport_.erase(it);
}

const Revocation* Roster::revoked_by_transport_key(const TransportPublicKey& key) const {
    for (const auto& [node, revocation] : revoked_)
        if (find(node)->transport_key == key) return &revocation;
    return nullptr;
}

const Certificate* Roster::city() const {
    // Every other code is within the city's, so that one stands first.
    return by_code_.empty() ? nullptr : find(by_code_.begin()->second);
}

std::vector<const Certificate*> Roster::all() const {
    std::vector<const Certificate*> all;
    all.reserve(by_code_.size());
    for (const auto& [code, node] : by_code_) all.push_back(find(node));
    return all;
}

std::vector<NodeId> Roster::children(const NodeId& node) const {
    std::vector<NodeId> children;
    const Certificate* self = find(node);
    if (self == nullptr) return children;
    // A parent is here before its children: the first code after a subtree begins the next child's. But for
    // those below a node that has moved: until it has certified them anew they bear its former code.
    const auto look_within = [&](DivisionCode code) {
        auto it = by_code_.upper_bound(code.number());
        while (it != by_code_.end() && it->first < code.end()) {
            const Certificate& c = *find(it->second);
            if (c.parent != node) {
                ++it;
                continue;
            }
            children.push_back(it->second);
            it = by_code_.lower_bound(c.code.end());
        }
    };
    std::set<DivisionCode> codes{self->code};
    for (const Move& move : moves(node)) {
        codes.insert(move.former_code);
        codes.insert(certificate_of(move).code);
    }
    for (const DivisionCode code : codes) look_within(code);
    return children;
}

std::vector<NodeId> Roster::ancestors(const NodeId& node) const {
    std::vector<NodeId> ancestors;
    for (const Certificate* c = find(node); c != nullptr && !c->parent.is_zero(); c = find(c->parent))
        ancestors.push_back(c->parent);
    return ancestors;
}

bool Roster::is_below(const NodeId& node, const NodeId& ancestor) const {
    return next_hop(ancestor, node).has_value();
}

std::optional<NodeId> Roster::next_hop(const NodeId& from, const NodeId& target) const {
    for (const Certificate* c = find(target); c != nullptr && !c->parent.is_zero(); c = find(c->parent))
        if (c->parent == from) return c->node;
    return std::nullopt;
}

Result<std::vector<NodeId>> Roster::audience(const NodeId& origin, std::uint16_t policy,
                                             const NodeId& toward) const {
    std::vector<NodeId> readers;
    if (policy == 0) return readers;
    if (find(origin) == nullptr) return refuse(Code::node_unknown, "origin", origin.hex());
    readers.push_back(origin);
    if (policy == policy_toward) {
        if (find(toward) == nullptr) return refuse(Code::policy_without_toward, "toward", toward.hex());
        if (toward != origin) readers.push_back(toward);
    } else {
        if ((policy & ~policy_tiers) != 0)
            return refuse(Code::policy_unknown, "policy", std::to_string(policy), "0..15, 32768");
        for (const NodeId& ancestor : ancestors(origin))
            if ((policy & static_cast<unsigned>(find(ancestor)->tier)) != 0) readers.push_back(ancestor);
    }
    std::sort(readers.begin(), readers.end());
    return readers;
}

}  // namespace xinwang
