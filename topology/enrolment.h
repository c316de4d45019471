// Enrolment gives a certificate to a node that has nothing but an invitation (WIRE.md section 11). It runs
// over a CURVE connection whose server key the invitation pins.
//
//   child                                            parent
//     EnrolHello{token id, code}                ->
//                                               <-   EnrolChallenge{a fresh X25519 key, which is also the
//                                               nonce}
//     EnrolRequest{keys, name, three proofs}    ->   burns the token and keeps the certificate in one commit
//                                               <-   EnrolStatement, once for each directory statement
//                                               <-   EnrolReply{certificate, its chain, data address}
//     at any point                              <-   EnrolRefused{refusal}
//
// transcript = BLAKE2b-512("XW-enrolment-transcript" | parent node | hello body | challenge body | request's
// claims),
//   the claims being the request body without its proofs
//   sign proof   Ed25519(sign key, "XW-enrolment-sign\0" | transcript)
//   open proof   BLAKE2b-256(transcript) keyed with
//                BLAKE2b-256("XW-enrolment-open" | ephemeral | open key) keyed with the X25519 secret of the
//                two
//   token proof  BLAKE2b-256(transcript) keyed with the token's MAC key
//   The transport key's proof is the connection itself: CURVE has authenticated it.
// The token never travels. All functions are pure; randomness (the ephemeral key, the token) is an argument.
#pragma once

#include <variant>

#include "topology/invitation.h"
#include "topology/proof.h"
#include "topology/roster.h"

namespace xinwang {

struct EnrolHello {
    TokenId token;
    DivisionCode code;
};
struct EnrolChallenge {
    OpenPublicKey ephemeral;
};
struct EnrolRequest {
    SignPublicKey sign_key;
    OpenPublicKey open_key;
    std::uint32_t open_epoch = 1;
    TransportPublicKey transport_key;
    std::string name;  // used when the invitation has none
    Signature sign_proof;
    Proof open_proof;
    Proof token_proof;
};
struct EnrolReply {
    Bytes certificate;
    std::vector<Bytes> chain;  // the parent's certificate first, the city's last
    std::string data_address;
};
struct EnrolRefused {
    Refusal refusal;
};
struct EnrolStatement {
    Bytes statement;
};
using EnrolMessage =
    std::variant<EnrolHello, EnrolChallenge, EnrolRequest, EnrolReply, EnrolRefused, EnrolStatement>;

// One frame: u8 type | body. Types 33..38, apart from those of messages.h.
Bytes encode(const EnrolMessage& message);
// Refuses enrol_unknown_message, truncated, trailing_bytes, too_large, and bad codes, names and addresses.
Result<EnrolMessage> decode_enrol_message(View frame);

Transcript transcript_of(const NodeId& parent, const EnrolHello& hello, const EnrolChallenge& challenge,
                         const EnrolRequest& request);

// --- the child's side

// The keys that a child brings. The child must have made them durable before it asks.
struct ChildKeys {
    SigningKey sign;
    OpeningKey open;
    std::uint32_t open_epoch = 1;
    TransportPublicKey transport;
};

EnrolHello make_hello(const Invitation& invitation);
// Refuses weak_key when the challenge is no usable key, and bad_text for `name` (needed when the invitation has
// none).
Result<EnrolRequest> make_request(const Invitation& invitation, const ChildKeys& keys, const std::string& name,
                                  const EnrolChallenge& challenge);

// A valid reply: verified from the pinned root down to the child's own certificate.
struct Enrolled {
    Certificate certificate;
    std::vector<Bytes> statements;  // number 1 first
    std::vector<Bytes>
        certificates;  // the city's first, the child's own last: the order in which a roster takes them
    std::string data_address;
};
// Verifies a reply. `statements` came before the reply, number 1 first. Refuses what Roster::adopt() and
// add() refuse of any of them, directory_missing without a statement, reply_not_mine (another code, parent or
// keys than asked for), and reply_chain (not exactly the ancestors).
Result<Enrolled> check_reply(const Invitation& invitation, const ChildKeys& keys,
                             const std::vector<Bytes>& statements, const EnrolReply& reply);

// --- the parent's side

// The bytes of a reply for a child that the roster holds.
EnrolReply make_reply(const Roster& roster, const NodeId& child, const std::string& data_address);

enum class InvitationState : std::uint8_t { open = 1, used = 2, burnt = 3 };

// The parent's record of an invitation: never the token.
struct OpenInvitation {
    TokenId token;
    TokenMacKey mac_key;
    DivisionCode code;
    std::string name;
    std::int64_t made_ms = 0;
    std::int64_t expires_ms = 0;
    InvitationState state = InvitationState::open;
    std::uint8_t wrong_tries = 0;
    NodeId node;  // the node let in, when used
    bool operator==(const OpenInvitation&) const = default;
};
Bytes encode(const OpenInvitation& invitation);
Result<OpenInvitation> parse_open_invitation(View bytes);

// The parent's machine: its invitations, and a challenge for each connection that has greeted. One thread.
// Invariants: a token lets in at most one identity, that identity any number of times (its reply may have been
// lost); `enrol_wrong_tries_max` wrong token proofs burn it. At most `enrol_challenges_max` connections wait
// for an answer (the oldest gives way) and `invitations_max` invitations are kept (the oldest that is no longer
// open gives way).
class EnrolmentDesk {
  public:
    using Connection = std::uint64_t;

    // The decision of answer(). The caller writes `changed` in the same commit as the certificate, then
    // speaks.
    struct Verdict {
        // The certificate to sign and add, or, with `again`, the one that the roster holds already.
        struct Issue {
            Certificate fields;
            bool again = false;
        };
        Result<Issue> outcome;
        std::optional<OpenInvitation> changed;
    };
    struct Opened {
        OpenInvitation kept;           // to write in this commit, under its token id
        std::vector<TokenId> dropped;  // to erase in this commit
    };

    void restore(OpenInvitation invitation);
    // Opens an invitation. An older open one for the same code gives way: only the latest line works. Refuses
    // code_taken, not_issuers_code, invitations_full and bad_name. Requires that `self`, the issuer, is in
    // the roster.
    Result<Opened> open(Instant now, const Invitation& invitation, const Roster& roster, const NodeId& self);
    // Takes out the open invitations for a code that a list took away: to erase in this commit.
    std::vector<TokenId> withdraw(DivisionCode code);
    // Refuses token_unknown, token_burnt, token_expired, token_other_code. (A used token is let through: its
    // node may have lost the reply.) `ephemeral` is fresh for each call. Replaces this connection's earlier
    // challenge.
    Result<EnrolChallenge> greet(Instant now, Connection connection, const EnrolHello& hello,
                                 OpeningKey ephemeral);
    // `transport_key` is the one that CURVE authenticated for this connection. Refuses no_challenge, token_*,
    // proof_wrong, weak_key, bad_name, and what Roster::check_place() refuses. The challenge is spent whatever
    // the outcome.
    Verdict answer(Instant now, Connection connection, const EnrolRequest& request,
                   const TransportPublicKey& transport_key, const Roster& roster, const NodeId& self);
    void forget(Connection connection) { waiting_.erase(connection); }

    const std::map<TokenId, OpenInvitation>& invitations() const { return invitations_; }

  private:
    struct Waiting {
        EnrolHello hello;
        OpeningKey ephemeral;
        std::uint64_t order = 0;
    };
    Result<OpenInvitation*> usable_invitation(Instant now, const TokenId& token);
    std::vector<TokenId> make_room(DivisionCode code);
    static Verdict wrong_token(OpenInvitation& invitation);

    std::map<TokenId, OpenInvitation> invitations_;
    std::map<Connection, Waiting> waiting_;
    std::uint64_t next_order_ = 0;
};

}  // namespace xinwang
