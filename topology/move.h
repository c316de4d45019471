// Move: a common ancestor's signed statement that a node goes on below another parent (WIRE.md section 9.7).
//
//   body      = u8 version 1 | mover | i64 at_ms | u16 length, certificate | u64 former code |
//               u8 count, former lineage | u8 count, chain (each u16 length, certificate) | text16 address |
//               u8 count, rekeys (each u16 length, body of an entry of kind 17) |
//               u16 count × (log id | u64 size)
//   signature = Ed25519(mover's sign key, "XW-move\0" | BLAKE2b-512(body)), after the body
//
// The certificate is the node's next one, with its keys, the new code and the new parent, signed by the
// mover; the new parent signs it again. Facts that readers elsewhere may not know stand beside it: the node's
// former place, the new parent's own certificates, and the node's changes of key. The sizes are those of the
// logs, of the node and of all below it, that the mover holds: up to these the new parent takes the logs from
// above before it greets the node. Pure values.
#pragma once

#include <string>
#include <vector>

#include "topology/certificate.h"
#include "topology/renewal.h"

namespace xinwang {

// The step from the serial of the certificate that the mover, a county or the city, holds to the serial in
// the statement: certificates that the former parent grants before it hears of the move neither collide nor
// win, and a county's move made before the county hears of the city's move loses to the city's.
constexpr std::uint64_t move_serial_step(Tier mover) {
    return mover == Tier::city ? 256 : 16;
}

struct Move {
    NodeId mover;
    std::int64_t at_ms = 0;  // by the mover's clock; for people
    Bytes certificate;
    DivisionCode former_code;
    std::vector<NodeId> lineage;  // the former parent first, up to below the mover
    std::vector<Bytes> chain;     // the new parent's certificate first, up to below the mover
    std::string address;          // where the node reaches its new parent: "host:port"
    std::vector<Bytes> rekeys;    // oldest first
    std::vector<LogSize> logs;    // rising
    Signature signature;

    bool operator==(const Move&) const = default;
};

// Signs the statement; its certificate is signed already.
Bytes sign_move(const Move& fields, const SigningKey& mover);
// Refuses truncated, trailing_bytes, too_large, certificate_version, code refusals, address refusals,
// move_field, and what parse_certificate() refuses. The signature is not checked: that needs the mover.
Result<Move> parse_move(View bytes);
// The bytes that the move was parsed from.
Bytes encode(const Move& move);
// The node's next certificate, and those of the chain. Require a move that parse_move() has taken, or would
// take.
Certificate certificate_of(const Move& move);
std::vector<Certificate> chain_of(const Move& move);
// True when the mover's signature holds. `bytes` are those that `move` was parsed from.
bool verify_move(const Move& move, View bytes, const SignPublicKey& mover);

// The certificate and the request in an entry of kind 17.
struct RekeyBody {
    Certificate certificate;
    RenewalRequest request;
};
Result<RekeyBody> parse_rekey(View body);

}  // namespace xinwang
