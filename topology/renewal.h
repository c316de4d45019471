// Renewal keeps a node's certificate in term and its keys fresh without anybody's visit (WIRE.md section
// 9.3).
//
//   node                                             its parent
//     makes new keys durable, then Renew{request} ->   proofs, place, is it due?
//                                                 <-   RenewAnswer{granted} or {why not}
//                                                 <-   the certificate, as an entry of the parent's trust log
//
//   claims     = u8 version | node | u64 serial | sign key in force | sign key | open key | u32 open epoch |
//                next key | u32 next epoch | i64 next from_ms | transport key | u32 epoch of the issuer's
//                opening key | u16 count | count × (log id | u64 size)
//   transcript = BLAKE2b-512("XW-renewal" | issuer node | claims)
//   proofs     : Ed25519(sign key in force, "XW-renewal-sign\0" | transcript), the same by the sign key asked
//   for;
//                for the next opening key and the transport key BLAKE2b-256(transcript) keyed with
//                BLAKE2b-256("XW-renewal-key" | issuer's opening key | proven key), keyed with the X25519
//                secret of the two
//
// A new signing key comes with the sizes of the node's own logs: from these on the key may sign (signers.h).
// No clock decides whether records are kept: the node asks by its own clock and the parent grants by the
// parent's; when the two clocks disagree the answer is a polite no. Pure; randomness (the keys) is an
// argument.
#pragma once

#include <optional>
#include <vector>

#include "topology/certificate.h"
#include "topology/proof.h"

namespace xinwang {

// The terms in [keys] of node.toml.
struct RenewalTerms {
    Duration certificate{730 * 86'400'000ll};  // what a parent grants
    Duration epoch{90 * 86'400'000ll};         // of an opening key
    Duration ahead{14 * 86'400'000ll};         // the next one is published so long before it is used
    Duration ask_every{3'600'000};             // until granted
};

// The renewals that a node should ask for now. Nothing is due at a node whose clock stands years back; one
// whose clock stands years ahead asks in vain, or publishes a key that nobody seals to before its time, and
// asks anew when the clock is right.
struct RenewalNeed {
    bool term = false;                     // less than a third of the term is left
    std::optional<std::uint32_t> opening;  // this epoch's key is to be made and published
    std::int64_t from_ms = 0;              // from when it is used
    bool any() const { return term || opening; }
};
RenewalNeed renewal_need(const Certificate& held, const RenewalTerms& terms, Instant now);

// The key and epoch to seal for at this time.
std::pair<OpenPublicKey, std::uint32_t> opening_at(const Certificate& certificate, Instant now);

// The certificate that `held` should become: serial + 1, and the next opening key as the present one if its
// time has come.
Certificate renewed_fields(const Certificate& held, Instant now);

struct LogSize {
    LogId log;
    Seq size = 0;
    auto operator<=>(const LogSize&) const = default;
};

struct RenewalRequest {
    NodeId node;
    std::uint64_t serial = 0;
    SignPublicKey in_force;
    SignPublicKey sign_key;
    OpenPublicKey open_key;
    std::uint32_t open_epoch = 0;
    std::optional<NextOpening> next_open;
    TransportPublicKey transport_key;
    std::uint32_t issuer_epoch = 0;
    std::vector<LogSize> logs;  // with a new signing key only; rising
    Signature sign_proof;
    Signature new_sign_proof;
    Proof next_proof;       // zero when the held certificate has this next key, or there is none
    Proof transport_proof;  // zero when the key stays
    bool operator==(const RenewalRequest&) const = default;
};
Bytes encode(const RenewalRequest& request);
// Refuses truncated, trailing_bytes, too_large, certificate_version, renewal_field.
Result<RenewalRequest> parse_renewal(View bytes);
// Verifies the signatures of the key in force, which the caller knows to be this node's, and of the key asked
// for. Refuses proof_wrong.
Result<void> verify_renewal(const RenewalRequest& request, const NodeId& issuer);

// The keys that sign and prove; the X25519 keys are those that no certificate has had yet.
struct RenewalSecrets {
    SigningKey in_force;
    SigningKey sign;
    std::optional<OpeningKey> next_open;
    std::optional<OpeningKey> transport;
};
// Makes a request. `wanted` is the result of renewed_fields(), with the new keys in it. Refuses weak_key when
// the issuer's key is weak.
Result<RenewalRequest> make_renewal(const Certificate& wanted, const Certificate& issuer,
                                    const RenewalSecrets& secrets, std::vector<LogSize> logs);

// The certificate that the issuer should sign. Refuses renewal_serial, renewal_field, proof_wrong,
// renewal_not_due, issuer_ended (its own certificate is past its end: it renews its own first),
// opening_key_missing.
Result<Certificate> grant_renewal(const RenewalRequest& request, const Certificate& held,
                                  const Certificate& issuer, const OpeningKeys& issuer_keys,
                                  const RenewalTerms& terms, Instant now);

}  // namespace xinwang
