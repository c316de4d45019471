// The roster, moves: a node goes on below another parent, and what it did before counts on. WIRE.md
// section 9.7.
#include <algorithm>
#include <tuple>
#include <utility>

#include "protocol/base/limits.h"
#include "topology/roster.h"

namespace xinwang {

Result<Roster::Change> Roster::move(View bytes) {
    XW_TRY(m, parse_move(bytes));
    Certificate c = certificate_of(m);
    if (find(m.mover) == nullptr) return refuse(Code::node_unknown, "move", m.mover.hex());
    XW_TRY_VOID(check_mover(m, bytes, c));
    const auto& known = moves(c.node);
    if (std::find(known.begin(), known.end(), m) != known.end()) return Change{c.node, false};
    const auto chain = chain_of(m);
    XW_TRY_VOID(check_tiers(m, chain, c));
    XW_TRY_VOID(check_chain(m, chain, c));
    XW_TRY_VOID(check_keys(m, c));
    XW_TRY(takes_place_now, takes_place(m, c));
    Change change{c.node, true};
    const bool revoked = revocation(c.node) != nullptr;
    if (takes_place_now) {
        const Certificate& parent = find(c.parent) != nullptr ? *find(c.parent) : chain.front();
        if (c.code.parent() != parent.code && !had_code(parent.node, *c.code.parent()))
            return refuse(Code::not_issuers_code, "code", c.code.text(), parent.code.text());
    }
    if (takes_place_now && !revoked) {
        if (const auto it = by_code_.find(c.code.number()); it != by_code_.end() && it->second != c.node)
            return refuse(Code::code_taken, "code", c.code.text(), it->second.hex());
        if (const auto it = by_transport_key_.find(c.transport_key);
            it != by_transport_key_.end() && it->second != c.node)
            return refuse(Code::transport_key_taken, "transport key", c.code.text(), it->second.hex());
    }
    for (auto link = chain.rbegin(); link != chain.rend(); ++link) {
        if (find(link->node) != nullptr) continue;
        XW_TRY_VOID(check_place(*link, SignKey::changes));
        change.met.push_back(link->node);
        put(*link);
    }
    change.placed = takes_place_now;
    if (takes_place_now && revoked) {
        // It has its place in the past, whichever was read first, and neither code nor key.
        certificates_.insert_or_assign(c.node, std::move(c));
    } else if (takes_place_now) {
        const Certificate* held = find(c.node);
        if (held != nullptr && held->code != c.code) change.left = held->code;
        put(std::move(c));
    }
    put_back(std::move(m));
    return change;
}

// Signed by the mover, both the statement and the certificate in it.
Result<void> Roster::check_mover(const Move& m, View bytes, const Certificate& c) const {
    const auto keys = sign_keys(m.mover);
    const bool spoken = std::any_of(keys.begin(), keys.end(),
                                    [&](const SignPublicKey& key) { return verify_move(m, bytes, key); });
    const bool certified = std::any_of(keys.begin(), keys.end(), [&](const SignPublicKey& key) {
        return verify_certificate(c, m.certificate, key).has_value();
    });
    if (!spoken || !certified) return refuse(Code::certificate_signature, "move", find(m.mover)->code.text());
    return {};
}

// What the mover says of others must lead upwards, a tier at a time: who follows it must come to an end.
Result<void> Roster::check_tiers(const Move& m, const std::vector<Certificate>& chain,
                                 const Certificate& c) const {
    const auto bad = [](std::string_view field, Tier tier, Tier expected) -> Result<void> {
        return refuse(Code::move_field, field, tier_name(tier), tier_name(expected));
    };
    if (m.former_code.tier() != c.tier) return bad("former code", m.former_code.tier(), c.tier);
    Tier tier = c.tier;
    for (std::size_t i = 0; i < chain.size(); ++i) {
        const auto above = tier_above(tier);
        if (!above) return bad("chain", chain[i].tier, tier);
        tier = *above;
        const Certificate* link = find(chain[i].node);
        if (chain[i].tier != tier || (link != nullptr && link->tier != tier))
            return bad("chain", chain[i].tier, tier);
        const Certificate* former = find(m.lineage[i]);
        if (former != nullptr && former->tier != tier) return bad("lineage", former->tier, tier);
    }
    const Certificate& mover = *find(m.mover);
    if (tier_above(tier) != mover.tier)
        return refuse(Code::mover_not_above, m.former_code.text(), c.code.text(), mover.code.text());
    return {};
}

// From the new parent up to below the mover, each vouched for by the next; who is here already is not asked
// about.
Result<void> Roster::check_chain(const Move& m, const std::vector<Certificate>& chain,
                                 const Certificate& c) const {
    const Certificate* above = find(m.mover);
    std::vector<SignPublicKey> keys = sign_keys(m.mover);
    for (std::size_t i = chain.size(); i-- > 0;) {
        const Certificate& link = chain[i];
        // Or was, when the mover said so: an order from further up may have come before.
        const NodeId& parent_of_it = find(link.node) != nullptr ? find(link.node)->parent : link.parent;
        if (parent_of_it != above->node && !was_child(link.node, above->node))
            return refuse(Code::mover_not_above, c.code.text(), link.code.text(), find(m.mover)->code.text());
        if (find(link.node) == nullptr) {
            const bool vouched = std::any_of(keys.begin(), keys.end(), [&](const SignPublicKey& key) {
                return verify_certificate(link, m.chain[i], key).has_value();
            });
            if (!vouched) return refuse(Code::certificate_signature, "chain", link.code.text());
        }
        above = &link;
        keys = find(link.node) != nullptr ? sign_keys(link.node) : std::vector{link.sign_key};
    }
    if (c.parent != chain.front().node)
        return refuse(Code::move_field, "parent", c.parent.hex(), chain.front().node.hex());
    return {};
}

// The key is the node's: the one held, one that it has had, or one that its own words lead to from its first.
Result<void> Roster::check_keys(const Move& m, const Certificate& c) const {
    std::vector<SignPublicKey> keys;
    if (find(c.node) != nullptr) keys = sign_keys(c.node);
    bool first = find(c.node) == nullptr;
    if (first && m.rekeys.empty()) {
        if (c.node == node_id_of(c.sign_key)) return {};
        return refuse(Code::node_id_wrong, "node", c.code.text(), c.node.hex());
    }
    for (const Bytes& body : m.rekeys) {
        XW_TRY(rekey, parse_rekey(body));
        XW_TRY_VOID(verify_renewal(rekey.request, rekey.certificate.parent));
        if (rekey.request.node != c.node || rekey.certificate.node != c.node)
            return refuse(Code::move_field, "rekey", rekey.request.node.hex(), c.node.hex());
        if (std::exchange(first, false)) {
            if (node_id_of(rekey.request.in_force) != c.node)
                return refuse(Code::node_id_wrong, "node", c.code.text(), c.node.hex());
            keys.push_back(rekey.request.in_force);
        }
        if (std::find(keys.begin(), keys.end(), rekey.request.in_force) != keys.end())
            keys.push_back(rekey.request.sign_key);
    }
    if (std::find(keys.begin(), keys.end(), c.sign_key) != keys.end()) return {};
    return refuse(Code::certificate_conflict, "sign key", c.code.text(), keys.back().hex());
}

// The move's key, other than the one held; unless the statement shows that the held one came before.
bool Roster::is_older_key(const Move& m, const Certificate& c, const Certificate& held) const {
    if (c.sign_key == held.sign_key) return false;
    return std::none_of(m.rekeys.begin(), m.rekeys.end(), [&](const Bytes& body) {
        const auto rekey = parse_rekey(body);
        return rekey && rekey->request.in_force == held.sign_key;
    });
}

// False for a move that another one known here outranks. Refuses one whose turn has not come yet.
Result<bool> Roster::takes_place(const Move& m, const Certificate& c) const {
    const Certificate* held = find(c.node);
    if (m.lineage.front() == c.parent)
        return refuse(Code::move_field, "parent", c.parent.hex(), "another parent");
    if (held == nullptr) return true;
    if (held->tier != c.tier) return refuse(Code::move_field, "tier", tier_name(c.tier), tier_name(held->tier));
    if (!was_below(c.node, m.mover))
        return refuse(Code::mover_not_above, held->code.text(), c.code.text(), find(m.mover)->code.text());
    const auto& known = moves(c.node);
    if (!known.empty() && outranks(known.back(), m)) return false;
    if (held->parent == c.parent && held->serial >= c.serial) return false;
    // Certified further on, by a parent of whom no move is known here yet.
    const bool known_parent = held->parent == m.lineage.front() || was_child(c.node, held->parent);
    if (held->serial >= c.serial && !known_parent)
        return refuse(Code::certificate_conflict, "parent", c.code.text(), held->parent.hex());
    const bool granted_since = held->serial + move_serial_step(find(m.mover)->tier) > c.serial;
    if (granted_since && (is_older_key(m, c, *held) || held->transport_key != c.transport_key))
        return refuse(Code::move_before_grant, c.code.text(), held->code.text(), find(m.mover)->code.text());
    if (c.serial > held->serial && c.serial - held->serial > limits::ratchet_step_max)
        return refuse(Code::ratchet_jumped, "serial", c.code.text(), std::to_string(limits::ratchet_step_max));
    return true;
}

// The same for everybody who knows both, in whatever order they came.
bool Roster::outranks(const Move& a, const Move& b) const {
    const auto rank = [this](const Move& m) {
        const int height = -static_cast<int>(find(m.mover)->tier);
        return std::tuple(certificate_of(m).serial, height, m.signature);
    };
    return rank(b) < rank(a);
}

const std::vector<Move>& Roster::moves(const NodeId& node) const {
    static const std::vector<Move> none;
    const auto it = moves_.find(node);
    return it == moves_.end() ? none : it->second;
}

void Roster::put_back(Move move) {
    const NodeId node = certificate_of(move).node;
    for (const Bytes& body : move.rekeys)
        if (const auto rekey = parse_rekey(body); rekey && !signers_.knows(node, rekey->request.sign_key))
            signers_.add(rekey->request);
    auto& moves = moves_[node];
    const auto later =
        std::find_if(moves.begin(), moves.end(), [&](const Move& other) { return outranks(other, move); });
    moves.insert(later, std::move(move));
}

bool Roster::had_code(const NodeId& node, DivisionCode code) const {
    const auto& of_it = moves(node);
    return std::any_of(of_it.begin(), of_it.end(),
                       [&](const Move& m) { return m.former_code == code || certificate_of(m).code == code; });
}

bool Roster::was_child(const NodeId& node, const NodeId& parent) const {
    const auto& of_it = moves(node);
    return std::any_of(of_it.begin(), of_it.end(), [&](const Move& m) {
        return m.lineage.front() == parent || certificate_of(m).parent == parent;
    });
}

std::vector<std::vector<NodeId>> Roster::lineages(const NodeId& node) const {
    std::vector<std::vector<NodeId>> all;
    const auto below = [&](const NodeId& parent, const std::vector<NodeId>& above) {
        std::vector<NodeId> lineage{parent};
        lineage.insert(lineage.end(), above.begin(), above.end());
        if (std::find(all.begin(), all.end(), lineage) == all.end()) all.push_back(std::move(lineage));
    };
    const Certificate* c = find(node);
    if (c == nullptr) return all;
    if (c->parent.is_zero()) return {{}};
    for (const auto& above : lineages(c->parent)) below(c->parent, above);
    for (const Move& m : moves(node)) {
        // From where it went, and where to: it may have been there only until another move outranked this one.
        std::vector<NodeId> chain;
        for (const Certificate& link : chain_of(m)) chain.push_back(link.node);
        for (const auto& way : {m.lineage, chain}) {
            std::vector<NodeId> above(way.begin() + 1, way.end());
            above.push_back(m.mover);
            for (const NodeId& ancestor : ancestors(m.mover)) above.push_back(ancestor);
            below(way.front(), above);
            // A lineage is the mover's word: one that leads back to where it began is followed no further.
            const Certificate* next = find(way.front());
            if (next == nullptr || next->tier >= c->tier) continue;
            for (const auto& of_it : lineages(next->node)) below(next->node, of_it);
        }
    }
    return all;
}

bool Roster::was_below(const NodeId& node, const NodeId& ancestor) const {
    if (is_below(node, ancestor)) return true;
    if (moves_.empty()) return false;
    const auto all = lineages(node);
    return std::any_of(all.begin(), all.end(), [&](const std::vector<NodeId>& lineage) {
        return std::find(lineage.begin(), lineage.end(), ancestor) != lineage.end();
    });
}

std::vector<std::vector<NodeId>> Roster::former_audiences(const NodeId& origin, std::uint16_t policy) const {
    constexpr unsigned tiers = 0x000F;
    std::vector<std::vector<NodeId>> all;
    const Certificate* c = find(origin);
    if (moves_.empty() || c == nullptr || (policy & ~tiers) != 0) return all;
    for (const auto& lineage : lineages(origin)) {
        std::vector<NodeId> readers{origin};
        unsigned tier = static_cast<unsigned>(c->tier);
        for (const NodeId& ancestor : lineage)
            if (tier >>= 1; (policy & tier) != 0) readers.push_back(ancestor);
        std::sort(readers.begin(), readers.end());
        all.push_back(std::move(readers));
    }
    return all;
}

}  // namespace xinwang
