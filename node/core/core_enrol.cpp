// Core, enrolment: invitations and the parent's side of the ceremony. WIRE.md, enrolment.
#include "node/core/core.h"
#include "node/core/directory_entries.h"

namespace xinwang {
namespace {

constexpr Duration invitation_validity{limits::invitation_hours * 3'600'000};

}  // namespace

Result<Invitation> Core::invite(Instant now, DivisionCode code, const std::string& name, const Token& token) {
    if (addresses_.enrol.empty()) return refuse(Code::takes_no_children, "node", certificate().code.text());
    // What it would pin ends with the change.
    if (identity_.listens_behind)
        return refuse(Code::transport_key_changing, "transport key",
                      std::to_string(children_not_told().size()));
    Invitation invitation;
    invitation.code = code;
    invitation.name = name;
    invitation.data_address = addresses_.data;
    invitation.enrol_address = addresses_.enrol;
    invitation.parent = identity_.node;
    invitation.parent_name = certificate().name;
    invitation.parent_transport_key = addresses_.transport_key;
    invitation.root_key = roster_.root();
    invitation.token = token;
    invitation.expires_ms = (now + invitation_validity).ms;
    XW_TRY(opened, desk_.open(now, invitation, roster_, identity_.node));
    keep(opened.kept);
    for (const TokenId& gone : opened.dropped)
        writes_.emplace_back(Erase{Table::invitations, to_bytes(gone.view())});
    return invitation;
}

bool Core::awaits_newcomers(Instant now) const {
    for (const auto& [id, invitation] : desk_.invitations())
        if (invitation.state != InvitationState::burnt && invitation.expires_ms > now.ms) return true;
    return false;
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
            auto certificate = issue_certificate(verdict.outcome->fields, identity_.sign_key);
            if (!certificate) return refused(certificate.error());
            const auto change = learn(now, EntryKind::enrol, *certificate);
            if (!change) return refused(change.error());
            if (change->changed) author({Lane::trust, {}}, policy_open, enrol_entry(*certificate));
        }
        // Spoken after the commit that burnt the token and kept the certificate.
        return answer(make_reply(roster_, child, addresses_.data));
    }
    refused(Refusal(Code::unknown_message, "enrolment", "", "EnrolHello, EnrolRequest"));
}

}  // namespace xinwang
