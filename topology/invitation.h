// The invitation: one line that a parent's operator hands to a child's, by any way people trust (WIRE.md,
// invitations). The line pins the parent to reach (its transport key) and the root to believe (the id of its
// keys), and carries the secret that lets exactly one node in.
//
//   "xinwang1:" base64url( u8 version | fields | first 4 bytes of BLAKE2b-256("XW-invitation" | version |
//   fields) )
//
// One wrong, missing or doubled character is refused by name; spaces and line ends around and inside it, as
// mail programs leave them, are passed over. The child does not judge expiry: its clock may be wrong, the
// parent's decides. The line is a secret until it is used: never log it. Pure.
#pragma once

#include "protocol/base/ids.h"
#include "topology/directory_statement.h"

namespace xinwang {

using Token = Block<16, struct TokenTag>;           // random, secret
using TokenId = Block<8, struct TokenIdTag>;        // names a token without giving it away
using TokenMacKey = Block<32, struct TokenMacTag>;  // what the parent keeps in place of the token

TokenId token_id_of(const Token& token);
TokenMacKey token_mac_key_of(const Token& token);

struct Invitation {
    DivisionCode code;
    std::string name;          // the child's; may be empty: then the child says it
    std::string data_address;  // "host:port" of the parent's two listeners
    std::string enrol_address;
    NodeId parent;
    std::string parent_name;
    TransportPublicKey parent_transport_key;
    RootId root;  // the root to believe
    Token token;
    std::int64_t expires_ms = 0;
    bool operator==(const Invitation&) const = default;

    Tier tier() const { return code.tier(); }
};

// Refuses bad_address and bad_name for fields that a child could not read back.
Result<std::string> write_invitation(const Invitation& invitation);
// Refuses not_an_invitation, invitation_damaged, invitation_version, and bad fields.
Result<Invitation> parse_invitation(std::string_view line);

inline constexpr std::string_view invitation_prefix = "xinwang1:";
// A more exact refusal in place of parse_invitation()'s invitation_damaged when one slip explains the damage:
// invitation_character, invitation_swapped, invitation_extra or invitation_missing with the place in the
// line, counted from 1 without blanks. For a person who waits: takes up to a tenth of a second.
Refusal name_the_slip(std::string_view line, const Refusal& damaged);

// "host:port" with a host of letters, digits, '.', '-', or an IPv6 address in brackets, and a port of 1..65535.
Result<void> check_address(std::string_view address, std::string_view field);

}  // namespace xinwang
