// The parent's side of enrolment.
#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/base/limits.h"
#include "topology/enrolment.h"
#include "topology/enrolment_proofs.h"

namespace xinwang {
namespace {

// Takes the same time whatever differs: a proof must not be found byte by byte.
bool same(const Proof& a, const Proof& b) {
    unsigned difference = 0;
    for (std::size_t i = 0; i < Proof::size; ++i) difference |= static_cast<unsigned>(a.bytes[i] ^ b.bytes[i]);
    return difference == 0;
}

Certificate fields_for(const OpenInvitation& invitation, const EnrolRequest& request, const NodeId& parent,
                       Instant now) {
    Certificate c;
    c.node = node_id_of(request.sign_key);
    c.code = invitation.code;
    c.tier = invitation.code.tier();
    c.name = invitation.name.empty() ? request.name : invitation.name;
    c.sign_key = request.sign_key;
    c.open_key = request.open_key;
    c.open_epoch = request.open_epoch;
    c.transport_key = request.transport_key;
    c.parent = parent;
    c.serial = 1;
    c.issued_ms = now.ms;
    c.expires_ms = now.ms + limits::certificate_days * day_ms;
    return c;
}

// Everything but the token: who has that is invited, and must still hold the keys that it names.
Result<void> check_keys(const EnrolRequest& request, const OpeningKey& ephemeral, const Transcript& transcript,
                        const TransportPublicKey& transport_key) {
    if (!verify(request.sign_key, sign_proof_text(transcript), request.sign_proof))
        return refuse(Code::proof_wrong, "sign key");
    XW_TRY(opened,
           open_proof(ephemeral, request.open_key, ephemeral.public_key(), request.open_key, transcript));
    if (!same(opened, request.open_proof)) return refuse(Code::proof_wrong, "open key");
    if (request.transport_key != transport_key) return refuse(Code::proof_wrong, "transport key");
    return {};
}

bool same_keys(const Certificate& c, const Certificate& fields) {
    return c.sign_key == fields.sign_key && c.open_key == fields.open_key &&
           c.transport_key == fields.transport_key;
}

// Asked by someone who has the token and holds the keys. A used token opens only for the node that it let in,
// with the same keys: its reply may have been lost.
Result<EnrolmentDesk::Verdict::Issue> decide(const OpenInvitation& invitation, const Certificate& fields,
                                             const Roster& roster) {
    if (invitation.state == InvitationState::used) {
        const Certificate* held = roster.find(invitation.node);
        if (held == nullptr || !same_keys(*held, fields))
            return refuse(Code::token_used, invitation.code.text(), invitation.node.hex());
        return EnrolmentDesk::Verdict::Issue{*held, true};
    }
    XW_TRY_VOID(check_fields(fields));
    XW_TRY_VOID(roster.check_place(fields));
    return EnrolmentDesk::Verdict::Issue{fields, false};
}

}  // namespace

void EnrolmentDesk::restore(OpenInvitation invitation) {
    const TokenId id = invitation.token;
    invitations_.insert_or_assign(id, std::move(invitation));
}

// Ids to erase so that one more fits: an open one for the same code, and the oldest that is open no more.
// Empty-handed when all are open.
std::vector<TokenId> EnrolmentDesk::make_room(DivisionCode code) {
    std::vector<TokenId> dropped;
    const OpenInvitation* oldest = nullptr;
    for (const auto& [id, kept] : invitations_) {
        if (kept.state == InvitationState::open && kept.code == code) dropped.push_back(id);
        if (kept.state != InvitationState::open && (oldest == nullptr || kept.made_ms < oldest->made_ms))
            oldest = &kept;
    }
    if (invitations_.size() - dropped.size() >= limits::invitations_max && oldest != nullptr)
        dropped.push_back(oldest->token);
    for (const TokenId& id : dropped) invitations_.erase(id);
    return dropped;
}

std::vector<TokenId> EnrolmentDesk::withdraw(DivisionCode code) {
    std::vector<TokenId> withdrawn;
    for (const auto& [id, kept] : invitations_)
        if (kept.state == InvitationState::open && kept.code == code) withdrawn.push_back(id);
    for (const TokenId& id : withdrawn) invitations_.erase(id);
    return withdrawn;
}

Result<EnrolmentDesk::Opened> EnrolmentDesk::open(Instant now, const Invitation& invitation,
                                                  const Roster& roster, const NodeId& self) {
    const Certificate* issuer = roster.find(self);
    XW_CHECK(issuer != nullptr);
    if (invitation.code.parent() != issuer->code)
        return refuse(Code::not_issuers_code, "code", invitation.code.text(), issuer->code.text());
    if (const Certificate* held = roster.by_code(invitation.code))
        return refuse(Code::code_taken, "code", invitation.code.text(), held->node.hex());
    if (!invitation.name.empty()) XW_TRY_VOID(check_name(invitation.name, invitation.code.text()));
    std::vector<TokenId> dropped = make_room(invitation.code);
    if (invitations_.size() >= limits::invitations_max)
        return refuse(Code::invitations_full, "invitations", std::to_string(invitations_.size()),
                      std::to_string(limits::invitations_max));
    OpenInvitation kept;
    kept.token = token_id_of(invitation.token);
    kept.mac_key = token_mac_key_of(invitation.token);
    kept.code = invitation.code;
    kept.name = invitation.name;
    kept.made_ms = now.ms;
    kept.expires_ms = invitation.expires_ms;
    invitations_.insert_or_assign(kept.token, kept);
    return Opened{std::move(kept), std::move(dropped)};
}

Result<OpenInvitation*> EnrolmentDesk::usable_invitation(Instant now, const TokenId& token) {
    const auto it = invitations_.find(token);
    if (it == invitations_.end()) return refuse(Code::token_unknown, "token");
    OpenInvitation& invitation = it->second;
    if (invitation.state == InvitationState::burnt)
        return refuse(Code::token_burnt, invitation.code.text(), {}, std::to_string(invitation.wrong_tries));
    if (invitation.state == InvitationState::open && invitation.expires_ms <= now.ms)
        return refuse(Code::token_expired, invitation.code.text());
    return &invitation;
}

Result<EnrolChallenge> EnrolmentDesk::greet(Instant now, Connection connection, const EnrolHello& hello,
                                            OpeningKey ephemeral) {
    XW_TRY(invitation, usable_invitation(now, hello.token));
    if (hello.code != invitation->code)
        return refuse(Code::token_other_code, "code", hello.code.text(), invitation->code.text());
    if (waiting_.size() >= limits::enrol_challenges_max && !waiting_.contains(connection))
        waiting_.erase(std::min_element(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) {
            return a.second.order < b.second.order;
        }));
    const EnrolChallenge challenge{ephemeral.public_key()};
    waiting_.insert_or_assign(connection, Waiting{hello, std::move(ephemeral), next_order_++});
    return challenge;
}

EnrolmentDesk::Verdict EnrolmentDesk::answer(Instant now, Connection connection, const EnrolRequest& request,
                                             const TransportPublicKey& transport_key, const Roster& roster,
                                             const NodeId& self) {
    const auto it = waiting_.find(connection);
    if (it == waiting_.end()) return {refuse(Code::no_challenge), {}};
    const Waiting waiting = std::move(it->second);
    waiting_.erase(it);
    const auto found = usable_invitation(now, waiting.hello.token);
    if (!found) return {tl::unexpected(found.error()), {}};
    OpenInvitation& invitation = **found;
    const EnrolChallenge challenge{waiting.ephemeral.public_key()};
    const Transcript transcript = transcript_of(self, waiting.hello, challenge, request);
    if (!same(token_proof(invitation.mac_key, transcript), request.token_proof)) return wrong_token(invitation);
    const auto keys = check_keys(request, waiting.ephemeral, transcript, transport_key);
    if (!keys) return {tl::unexpected(keys.error()), {}};
    auto outcome = decide(invitation, fields_for(invitation, request, self, now), roster);
    if (!outcome || outcome->again) return {std::move(outcome), {}};
    invitation.state = InvitationState::used;
    invitation.node = outcome->fields.node;
    return {std::move(outcome), invitation};
}

EnrolmentDesk::Verdict EnrolmentDesk::wrong_token(OpenInvitation& invitation) {
    // A used token has nothing left to guess for.
    if (invitation.state == InvitationState::used)
        return {refuse(Code::token_used, invitation.code.text(), invitation.node.hex()), {}};
    invitation.wrong_tries += 1;
    if (invitation.wrong_tries >= limits::enrol_wrong_tries_max) invitation.state = InvitationState::burnt;
    const int left = limits::enrol_wrong_tries_max - invitation.wrong_tries;
    return {refuse(Code::token_proof_wrong, invitation.code.text(), std::to_string(left)), invitation};
}

}  // namespace xinwang
