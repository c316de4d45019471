// Enrolment without a network (WIRE.md, requests): the child writes a request, the parent answers with a reply,
// and both travel as small text files.
//
//   request = u8 version | u64 code | sign key | open key | u32 open epoch | transport key | text16 name |
//             Ed25519(sign key, "XW-request\0" | BLAKE2b-512(all before))
//   reply   = u8 version | bytes16 certificate | u8 count, count × bytes16 chain | u16 count, count × bytes16
//             statements | text16 data address
//
// The signature binds all keys to the one that signs. A reply, like an invitation, is as trustworthy as the
// person who hands it over, because it names the root that the child believes. Pure values.
#pragma once

#include "topology/enrolment.h"
#include "topology/order.h"

namespace xinwang {

struct CertificationRequest {
    DivisionCode code;
    SignPublicKey sign_key;
    OpenPublicKey open_key;
    std::uint32_t open_epoch = 1;
    TransportPublicKey transport_key;
    std::string name;
    Signature signature;
    bool operator==(const CertificationRequest&) const = default;
};

// Refuses bad_name.
Result<CertificationRequest> request_certificate(const ChildKeys& keys, DivisionCode code,
                                                 const std::string& name);
RequestId id_of(const CertificationRequest& request);
// "xinwang-request1:" base64url, and a line end.
std::string request_text(const CertificationRequest& request);
// Refuses not_a_request, code refusals, bad_name, weak_key, and proof_wrong when the signature is not the
// key's.
Result<CertificationRequest> parse_request_text(std::string_view text);
// The certificate that a parent would sign.
Certificate fields_for(const CertificationRequest& request, const NodeId& parent, Instant now);

struct CertificationReply {
    EnrolReply reply;
    std::vector<Bytes> statements;
};
// "xinwang-reply1:" base64url, and a line end.
std::string reply_text(const CertificationReply& reply);
bool is_reply_text(std::string_view text);
// Refuses not_a_reply and bad_address.
Result<CertificationReply> parse_reply_text(std::string_view text);

struct Joined {
    Enrolled enrolled;
    RootId root;
    TransportPublicKey parent_key;
};
// Checks a reply at the child, as enrolment.h's check_reply() does and with its refusals. Also refuses
// root_wrong: `root`, hexadecimal or its first 24 digits or more, is not the reply's. Empty `root`: the
// reply's root is believed.
Result<Joined> check_reply(const CertificationRequest& asked, const ChildKeys& keys,
                           const CertificationReply& reply, std::string_view root);

}  // namespace xinwang
