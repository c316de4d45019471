// Core, enrolment: invitations and the parent's side of the ceremony. WIRE.md, enrolment.
#include <algorithm>

#include "node/core/core.h"
#include "node/core/directory_entries.h"

namespace xinwang {
namespace {

constexpr Duration invitation_validity{limits::invitation_hours * 3'600'000};

}  // namespace

// What an operator is told before another is asked.
Result<void> Core::may_certify(Instant now, DivisionCode code) const {
    if (addresses_.data.empty()) return refuse(Code::takes_no_children, "node", certificate().code.text());
    if (auto closed = closed_to_newcomers(now)) return tl::unexpected(*closed);
    // What a newcomer would be told to reach ends with the change.
    if (identity_.listens_behind)
        return refuse(Code::transport_key_changing, "transport key",
                      std::to_string(children_not_told().size()));
    if (code.parent() != certificate().code)
        return refuse(Code::not_issuers_code, "code", code.text(), certificate().code.text());
    if (const Certificate* held = roster_.by_code(code))
        return refuse(Code::code_taken, "code", code.text(), held->node.hex());
    return {};
}

Result<Invitation> Core::invite(Instant now, DivisionCode code, const std::string& name, const Token& token) {
    XW_TRY_VOID(may_certify(now, code));
    if (needs_two(code)) return refuse(Code::approval_needed, code.text());
    return open_invitation(now, code, name, token);
}

Result<void> Core::propose(Instant now, const Order& order) {
    XW_TRY_VOID(may_certify(now, order.code));
    if (!order.name.empty()) XW_TRY_VOID(check_name(order.name, order.code.text()));
    if (order.parent != identity_.node)
        return refuse(Code::wrong_parent, "parent", order.parent.hex(), identity_.node.hex());
    XW_TRY_VOID(check_word(order, OrderRole::proposes, order.proposed, *roster_.statement()));
    for (auto it = orders_.begin(); it != orders_.end();) {
        if (it->second.approved || it->second.code != order.code) {
            ++it;
            continue;
        }
        writes_.emplace_back(Erase{Table::orders, to_bytes(it->first.view())});
        it = orders_.erase(it);
    }
    Order kept = order;
    kept.approved.reset();
    keep(kept, {});
    return {};
}

Result<Invitation> Core::approve(Instant now, const OrderId& id, const OrderWord& word, const Token& token) {
    if (auto closed = closed_to_newcomers(now)) return tl::unexpected(*closed);
    XW_TRY(order, approved_order({id, word}, {}));
    XW_TRY_VOID(may_certify(now, order.code));
    XW_TRY(invitation, open_invitation(now, order.code, order.name, token));
    keep(order, token_id_of(token));
    return std::move(invitation);
}

// The order as it stands with the second word. Requires a directory statement.
Result<Order> Core::approved_order(const Approval& approval, const RequestId& request) const {
    const auto it = orders_.find(approval.order);
    if (it != orders_.end() && !it->second.approved && request.is_zero() && !it->second.request.is_zero())
        return refuse(Code::order_by_file, "order", it->second.code.text());
    if (it == orders_.end() || it->second.approved || it->second.request != request)
        return refuse(Code::order_missing, "order", approval.order.hex());
    Order order = it->second;
    order.approved = approval.word;
    XW_TRY_VOID(check_order(order, *roster_.statement()));
    return order;
}

Result<CertificationReply> Core::certify(Instant now, const CertificationRequest& request,
                                         const std::optional<Approval>& approval) {
    if (auto closed = closed_to_newcomers(now)) return tl::unexpected(*closed);
    const Certificate* held = roster_.find(node_id_of(request.sign_key));
    const bool again = held != nullptr && held->code == request.code && held->open_key == request.open_key &&
                       held->transport_key == request.transport_key && held->parent == identity_.node;
    if (!again) {
        XW_TRY_VOID(may_certify(now, request.code));
        if (needs_two(request.code) && !approval) return refuse(Code::approval_needed, request.code.text());
        std::optional<Order> order;
        if (needs_two(request.code)) {
            XW_TRY(approved, approved_order(*approval, id_of(request)));
            if (approved.code != request.code) return refuse(Code::order_missing, "order", request.code.text());
            order = std::move(approved);
        }
        XW_TRY_VOID(enrol(now, fields_for(request, identity_.node, now)));
        if (order) keep(*order, {});
    }
    return CertificationReply{make_reply(roster_, node_id_of(request.sign_key), addresses_.data),
                              roster_.statements()};
}

// Signs, takes into the roster and says so in the trust log.
Result<void> Core::enrol(Instant now, const Certificate& fields) {
    XW_TRY_VOID(check_fields(fields));
    XW_TRY_VOID(roster_.check_place(fields));
    XW_TRY(certificate, issue_certificate(fields, identity_.sign_key));
    XW_TRY(change, learn(now, EntryKind::enrol, certificate));
    if (change.changed) author({Lane::trust, {}}, policy_open, enrol_entry(certificate));
    return {};
}

void Core::keep(const Order& order, const TokenId& token) {
    Writer out;
    out.raw(encode(order));
    out.block(token);
    writes_.emplace_back(Put{Table::orders, to_bytes(order.id.view()), out.take()});
    orders_.insert_or_assign(order.id, order);
    if (orders_.size() <= limits::invitations_max) return;
    const auto oldest = std::min_element(orders_.begin(), orders_.end(), [](const auto& a, const auto& b) {
        return a.second.made_ms < b.second.made_ms;
    });
    writes_.emplace_back(Erase{Table::orders, to_bytes(oldest->first.view())});
    orders_.erase(oldest);
}

Result<Invitation> Core::open_invitation(Instant now, DivisionCode code, const std::string& name,
                                         const Token& token) {
    if (addresses_.enrol.empty()) return refuse(Code::takes_no_children, "node", certificate().code.text());
    Invitation invitation;
    invitation.code = code;
    invitation.name = name;
    invitation.data_address = addresses_.data;
    invitation.enrol_address = addresses_.enrol;
    invitation.parent = identity_.node;
    invitation.parent_name = certificate().name;
    invitation.parent_transport_key = addresses_.transport_key;
    invitation.root = roster_.root();
    invitation.token = token;
    invitation.expires_ms = (now + invitation_validity).ms;
    XW_TRY(opened, desk_.open(now, invitation, roster_, identity_.node));
    keep(opened.kept);
    for (const TokenId& gone : opened.dropped)
        writes_.emplace_back(Erase{Table::invitations, to_bytes(gone.view())});
    return invitation;
}

EnrolmentDoor Core::enrolment_door(Instant now) const {
    EnrolmentDoor door;
    for (const auto& [id, invitation] : desk_.invitations()) {
        if (invitation.expires_ms <= now.ms) continue;
        door.open = door.open || invitation.state == InvitationState::open;
        door.used = door.used || invitation.state == InvitationState::used;
    }
    return door;
}

std::vector<TransportPublicKey> Core::enrolled_lately(Instant now) const {
    std::vector<TransportPublicKey> keys;
    for (const auto& [id, invitation] : desk_.invitations()) {
        if (invitation.state != InvitationState::used || invitation.expires_ms <= now.ms) continue;
        if (const Certificate* node = roster_.find(invitation.node)) keys.push_back(node->transport_key);
    }
    return keys;
}

void Core::keep(const OpenInvitation& invitation) {
    writes_.emplace_back(Put{Table::invitations, to_bytes(invitation.token.view()), encode(invitation)});
}

void Core::receive_enrolment(Instant now, const Arrival& arrival) {
    const auto answer = [&](const EnrolMessage& message) {
        sends_.push_back({Side::enrol, arrival.connection, encode(message)});
    };
    const auto refused = [&](const Refusal& refusal) {
        find(now, refusal);
        answer(EnrolRefused{refusal});
    };
    const auto message = decode_enrol_message(arrival.body);
    if (!message) return refused(message.error());
    if (const auto closed = closed_to_newcomers(now)) return refused(*closed);
    if (const auto* hello = std::get_if<EnrolHello>(&*message)) {
        auto challenge = desk_.greet(now, arrival.connection, *hello, arrival.fresh_key.value());
        if (!challenge) return refused(challenge.error());
        return answer(*challenge);
    }
    if (const auto* request = std::get_if<EnrolRequest>(&*message)) {
        auto verdict = desk_.answer(now, arrival.connection, *request, arrival.key, roster_, identity_.node);
        if (verdict.changed) keep(*verdict.changed);
        if (!verdict.outcome) return refused(verdict.outcome.error());
        const NodeId child = verdict.outcome->fields.node;
        if (!verdict.outcome->again) {
            const auto done = enrol(now, verdict.outcome->fields);
            if (!done) return refused(done.error());
        }
        // Spoken after the commit that burnt the token and kept the certificate.
        for (const Bytes& statement : roster_.statements()) answer(EnrolStatement{statement});
        return answer(make_reply(roster_, child, addresses_.data));
    }
    refused(Refusal(Code::unknown_message, "enrolment", "", "EnrolHello, EnrolRequest"));
}

}  // namespace xinwang
