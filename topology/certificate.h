// The certificate: a parent's signed statement that names the node at a division (WIRE.md, certificates).
//
//   body      = u8 version | u8 suite | node | u64 code | u8 tier | sign key | open key | u32 open epoch |
//               next | transport key | parent | u64 serial | i64 issued_ms | i64 expires_ms | text16 name
//   next      = open key | u32 epoch | i64 from_ms; in version 2. Version 1 is a certificate without.
//   signature = Ed25519(issuer, "XW-certificate\0" | BLAKE2b-512(body)), 64 bytes, after the body
//
// The city's is signed by the root key and has the zero parent. There is one encoding of every certificate:
// parsing accepts nothing that encode() would not write, so the value yields the same bytes again. Signatures
// are checked over the received bytes all the same. Pure values. Times are milliseconds since 1970 UTC.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/time.h"
#include "protocol/keys.h"
#include "topology/division_code.h"

namespace xinwang {

// The opening key after the present one, published ahead: a sealing node uses it from `from_ms` on, by the
// sealer's clock. The node holds both, so that a wrong clock harms nothing.
struct NextOpening {
    OpenPublicKey key;
    std::uint32_t epoch = 0;  // above the present one
    std::int64_t from_ms = 0;
    bool operator==(const NextOpening&) const = default;
};

struct Certificate {
    NodeId node;
    DivisionCode code;
    Tier tier = Tier::village;
    std::string name;  // for people; UTF-8 without controls
    SignPublicKey sign_key;
    OpenPublicKey open_key;
    std::uint32_t open_epoch = 0;
    std::optional<NextOpening> next_open;
    TransportPublicKey transport_key;
    NodeId parent;             // zero: the city
    std::uint64_t serial = 1;  // of this node's certificates, from 1; a higher one replaces a lower
    std::int64_t issued_ms = 0;
    std::int64_t expires_ms = 0;
    Signature signature;
    bool operator==(const Certificate&) const = default;
};

// Checks the certificate's own fields, not the signature. Refuses certificate_field, weak_key, bad_text, code
// refusals.
Result<void> check_fields(const Certificate& fields);
// Signs `fields` (its signature is not looked at). Refuses what check_fields() refuses.
Result<Bytes> issue_certificate(const Certificate& fields, const SigningKey& issuer);
// Refuses truncated, trailing_bytes, too_large, certificate_version, and what check_fields() refuses. The
// signature is not checked: that needs the issuer.
Result<Certificate> parse_certificate(View bytes);
// `bytes` are those that `certificate` was parsed from. Refuses certificate_signature.
Result<void> verify_certificate(const Certificate& certificate, View bytes, const SignPublicKey& issuer);
// The bytes that the certificate was parsed from.
Bytes encode(const Certificate& certificate);

// Expiry is graded and never a wall: records are kept, signed and carried whatever the calendar says, because
// a clock may be wrong and a village may be cut off for a month. Expiry is shown, and reminds.
struct Expiry {
    std::int64_t days_left = 0;  // whole days, rounded down; negative once it is over
    bool expired = false;
};
Expiry expiry(const Certificate& certificate, Instant now);

}  // namespace xinwang
