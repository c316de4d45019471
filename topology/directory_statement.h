// The directory statement (名录声明): the word of the city's root, under a threshold of its offline keys, about
// the city itself: the root's holders from now on, the city's certificate, the operators who may approve
// invitations (WIRE.md, directory statements; the rules are those of TUF's root role).
//
//   body      = u8 version | u8 suite | u64 number | previous 32 | u64 code | roots | bytes16 city certificate
//   |
//               operators | i64 issued_ms | i64 expires_ms | u16 grace_days | checkpoint
//   roots     = u8 threshold | u8 count | count × key 32, rising
//   operators = u8 count | count × (key 32 | text16 name), keys rising
//   checkpoint = incarnation 16 | u64 size | root 32, of the city's trust log when the statement was drafted
//   statement = body | u8 count | count × (key 32 | signature 64), keys rising
//   signature = Ed25519(key, "XW-directory\0" | BLAKE2b-512(body))
//
// Numbers count from 1 without a gap; `previous` is the id of the statement before, zero for the first.
// A statement is signed by the threshold of the roots before it (of its own, for the first), and by the
// threshold of its own when they differ. The first is believed because the id of its roots is pinned. A draft
// is a statement with too few signatures. There is one encoding of every statement. Pure values: no clock.
#pragma once

#include <vector>

#include "topology/certificate.h"

namespace xinwang {

using RootId = Block<32, struct RootIdTag>;            // BLAKE2b-256("XW-root-set" | roots)
using StatementId = Block<32, struct StatementIdTag>;  // BLAKE2b-256("XW-statement-id" | body)

// A set of root keys, of which `threshold` together speak for the city.
struct RootSet {
    std::uint8_t threshold = 0;
    std::vector<SignPublicKey> keys;  // rising
    bool operator==(const RootSet&) const = default;
    bool has(const SignPublicKey& key) const;
};
RootId root_id_of(const RootSet& roots);

// A person who may propose and approve invitations of counties.
struct Operator {
    std::string name;
    SignPublicKey key;
    bool operator==(const Operator&) const = default;
};

// The state of a trust log of the city.
struct TrustCheckpoint {
    Incarnation incarnation;
    std::uint64_t size = 0;
    Hash256 root;
    bool operator==(const TrustCheckpoint&) const = default;
};

struct DirectoryStatement {
    std::uint64_t number = 1;
    StatementId previous;
    DivisionCode code;
    RootSet roots;
    Bytes city;  // its certificate, signed by itself
    std::vector<Operator> operators;
    std::int64_t issued_ms = 0;
    std::int64_t expires_ms = 0;
    std::uint16_t grace_days = 0;
    TrustCheckpoint checkpoint;

    struct Signed {
        SignPublicKey key;
        Signature signature;
        bool operator==(const Signed&) const = default;
    };
    std::vector<Signed> signatures;
    bool operator==(const DirectoryStatement&) const = default;
};

// Checks the statement's own fields, not its signatures. Refuses directory_field, code refusals, bad_name,
// what parse_certificate() refuses, certificate_signature unless the city's certificate is signed by its own
// key.
Result<void> check_fields(const DirectoryStatement& statement);
// Checks operators alone, in any order. Refuses operator_twice, bad_name and too many of them.
Result<void> check_persons(const std::vector<Operator>& operators);
// Sorts keys and operators in rising order, as the encoding wants them.
void sort_parts(DirectoryStatement& statement);

// Refuses truncated, trailing_bytes, too_large, directory_version, and what check_fields() refuses. Signatures
// are not checked.
Result<DirectoryStatement> parse_statement(View bytes);
// The bytes that the statement was parsed from.
Bytes encode(const DirectoryStatement& statement);
StatementId id_of(const DirectoryStatement& statement);

// The first statement of a new city, signed by all of its root keys, for limits::statement_days. Refuses what
// check_fields() refuses.
Result<DirectoryStatement> first_statement(View city_certificate, const std::vector<SigningKey>& root_keys,
                                           std::uint8_t threshold, std::vector<Operator> operators,
                                           Instant now);
// Adds the key's signature; a second one changes nothing.
void sign(DirectoryStatement& draft, const SigningKey& key);
// Refuses directory_signatures: a signature that is not valid, or fewer of `by` than its threshold.
Result<void> check_signatures(const DirectoryStatement& statement, const RootSet& by);
// Asks whether `next` may stand behind `held` in the chain and is signed by both sets of roots. Refuses
// directory_skips, directory_mixed and what check_signatures() refuses.
Result<void> check_follows(const DirectoryStatement& held, const DirectoryStatement& next);
// The number of keys of `by` that have signed validly.
std::size_t signed_by(const DirectoryStatement& statement, const RootSet& by);
// Adds the signatures of another copy of the same draft. Refuses directory_mixed when the drafts differ.
Result<void> merge(DirectoryStatement& into, const DirectoryStatement& other);

// Days until `expires_ms`, and whether the days of grace are over.
struct DirectoryTerm {
    std::int64_t days_left = 0;  // whole days, rounded down; negative once it is over
    bool expired = false;
    bool lapsed = false;  // past the grace
};
DirectoryTerm term(const DirectoryStatement& statement, Instant now);

// An operator's public line, to be put into a draft: "xinwang-operator1:" base64url(key | text16 name | check
// 4).
std::string operator_text(const Operator& person);
// Refuses not_an_operator and bad_name.
Result<Operator> parse_operator_text(std::string_view text);

// The statement as text for a file that travels: "xinwang-directory1:" base64url, and a line end.
std::string statement_text(const DirectoryStatement& statement);
// Refuses not_a_draft, and what parse_statement() refuses.
Result<DirectoryStatement> parse_statement_text(std::string_view text);

}  // namespace xinwang
