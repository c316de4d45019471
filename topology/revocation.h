// Revocation: an ancestor's signed statement that a node belongs to the network no more, and up to which
// sizes its logs still count (WIRE.md section 9.5).
//
//   body      = u8 version 1 | node | revoker | i64 at_ms | text16 reason | u16 count |
//               count × (log id | u64 size | batch id of size - 1, or zero)
//   signature = Ed25519(revoker's sign key, "XW-revocation\0" | BLAKE2b-512(body)), after the body
//
// The cut-off is the size that the revoker holds: batches below it stay, for ever and everywhere; nobody
// takes later batches, or logs that are not named. Pure values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/base/ids.h"
#include "protocol/keys.h"

namespace xinwang {

struct CutOff {
    LogId log;
    Seq size = 0;
    BatchId last;
    bool operator==(const CutOff&) const = default;
};

struct Revocation {
    NodeId node;
    NodeId revoker;
    std::int64_t at_ms = 0;    // by the revoker's clock; for people
    std::string reason;        // 1..limits::name_bytes_max bytes, for people
    std::vector<CutOff> logs;  // rising
    Signature signature;

    // The number of batches of `log` that count.
    Seq size_of(const LogId& log) const;
    bool operator==(const Revocation&) const = default;
};

Bytes sign_revocation(const Revocation& fields, const SigningKey& revoker);
// Refuses truncated, trailing_bytes, too_large, certificate_version, bad_name, revocation_field. The signature
// is not checked: that needs the revoker.
Result<Revocation> parse_revocation(View bytes);
// True when the revoker's signature holds. `bytes` are those that `revocation` was parsed from.
bool verify_revocation(const Revocation& revocation, View bytes, const SignPublicKey& revoker);

}  // namespace xinwang
