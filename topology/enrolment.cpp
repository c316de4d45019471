// The child's side, and what both sides compute.
#include "topology/enrolment.h"

#include "protocol/base/check.h"
#include "protocol/base/hash.h"
#include "topology/enrolment_proofs.h"

namespace xinwang {

Bytes sign_proof_text(const Transcript& transcript) {
    Writer out;
    out.raw(view(std::string_view("XW-enrolment-sign\0", 18)));
    out.block(transcript);
    return out.take();
}

Result<Proof> open_proof(const OpeningKey& own, const OpenPublicKey& other, const OpenPublicKey& ephemeral,
                         const OpenPublicKey& open_key, const Transcript& transcript) {
    XW_TRY(secret, own.agree(other));
    SharedSecret key;
    blake2b(key.bytes, {view("XW-enrolment-open"), ephemeral.view(), open_key.view()}, secret.view());
    Proof proof;
    blake2b(proof.bytes, {transcript.view()}, key.view());
    return proof;
}

Proof token_proof(const TokenMacKey& key, const Transcript& transcript) {
    Proof proof;
    blake2b(proof.bytes, {transcript.view()}, key.view());
    return proof;
}

EnrolHello make_hello(const Invitation& invitation) {
    return {token_id_of(invitation.token), invitation.code};
}

Result<EnrolRequest> make_request(const Invitation& invitation, const ChildKeys& keys, const std::string& name,
                                  const EnrolChallenge& challenge) {
    EnrolRequest request;
    request.sign_key = keys.sign.public_key();
    request.open_key = keys.open.public_key();
    request.open_epoch = keys.open_epoch;
    request.transport_key = keys.transport;
    request.name = invitation.name.empty() ? name : invitation.name;
    XW_TRY_VOID(check_name(request.name, invitation.code.text()));
    const Transcript transcript = transcript_of(invitation.parent, make_hello(invitation), challenge, request);
    XW_TRY(opened,
           open_proof(keys.open, challenge.ephemeral, challenge.ephemeral, request.open_key, transcript));
    request.sign_proof = keys.sign.sign(sign_proof_text(transcript));
    request.open_proof = opened;
    request.token_proof = token_proof(token_mac_key_of(invitation.token), transcript);
    return request;
}

namespace {

Result<void> check_mine(const Invitation& invitation, const ChildKeys& keys, const Certificate& c) {
    const auto differs = [](std::string_view field, const std::string& got,
                            const std::string& asked) -> Result<void> {
        return refuse(Code::reply_not_mine, field, got, asked);
    };
    if (c.code != invitation.code) return differs("code", c.code.text(), invitation.code.text());
    if (c.parent != invitation.parent) return differs("parent", c.parent.hex(), invitation.parent.hex());
    if (!invitation.name.empty() && c.name != invitation.name) return differs("name", c.name, invitation.name);
    if (c.sign_key != keys.sign.public_key())
        return differs("sign key", c.sign_key.hex(), keys.sign.public_key().hex());
    if (c.open_key != keys.open.public_key())
        return differs("open key", c.open_key.hex(), keys.open.public_key().hex());
    if (c.open_epoch != keys.open_epoch)
        return differs("open epoch", std::to_string(c.open_epoch), std::to_string(keys.open_epoch));
    if (c.transport_key != keys.transport)
        return differs("transport key", c.transport_key.hex(), keys.transport.hex());
    return {};
}

}  // namespace

Result<Enrolled> check_reply(const Invitation& invitation, const ChildKeys& keys,
                             const std::vector<Bytes>& statements, const EnrolReply& reply) {
    XW_TRY(own, parse_certificate(reply.certificate));
    XW_TRY_VOID(check_mine(invitation, keys, own));
    Enrolled enrolled{own, statements, {reply.chain.rbegin(), reply.chain.rend()}, reply.data_address};
    enrolled.certificates.push_back(reply.certificate);
    Roster roster = Roster::create(invitation.root);
    if (statements.empty()) return refuse(Code::directory_missing, "statement", invitation.parent_name);
    for (const Bytes& statement : statements) XW_TRY_VOID(roster.adopt(statement));
    for (const Bytes& certificate : enrolled.certificates) {
        const bool mine = &certificate == &enrolled.certificates.back();
        XW_TRY_VOID((mine ? roster.add(certificate) : roster.add_from_chain(certificate)).map([](auto) {}));
    }
    // Each was taken, so each has its issuer here: no more certificates than ancestors means exactly the
    // ancestors.
    const std::size_t ancestors = roster.ancestors(own.node).size();
    if (reply.chain.size() != ancestors)
        return refuse(Code::reply_chain, "certificates", std::to_string(reply.chain.size()),
                      std::to_string(ancestors));
    const Certificate* parent = roster.find(own.parent);
    if (parent->transport_key != invitation.parent_transport_key)
        return refuse(Code::reply_chain, "transport key", parent->transport_key.hex(),
                      invitation.parent_transport_key.hex());
    return enrolled;
}

EnrolReply make_reply(const Roster& roster, const NodeId& child, const std::string& data_address) {
    const Certificate* own = roster.find(child);
    XW_CHECK(own != nullptr);
    EnrolReply reply{encode(*own), {}, data_address};
    for (const NodeId& ancestor : roster.ancestors(child))
        reply.chain.push_back(encode(*roster.find(ancestor)));
    return reply;
}

}  // namespace xinwang
