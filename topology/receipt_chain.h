// The chain that a stranger follows from the one id that he believes to the signing keys of an origin and of
// all its ancestors (WIRE.md section 15). Files of a receipt folder, by name:
//
//     chain/statement-<number>     the city's directory statements, number 1 first
//     chain/<code>.certificate     of the origin and of each ancestor
//     chain/<code>.rekey-<n>       how the node has changed its signing key, oldest first, from 1
//     chain/<code>.move            by whose word it stands where it stands, until its new parent has certified
//     it
//
// Statements are signed by the root's keys, and the stranger may believe any set of roots in the line: an
// older id and the newest lead to the same city. The city's certificate stands in the newest statement; every
// other certificate is signed by its issuer, for a code below the issuer's and for nobody else. A rekey is
// signed by both keys, so the holder of the newer key has had the older one too. No clock is asked. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "topology/directory_statement.h"

namespace xinwang {

using ReceiptFiles = std::map<std::string, Bytes, std::less<>>;

struct ChainLink {
    Bytes certificate;
    std::vector<Bytes> rekeys;  // oldest first
    std::optional<Bytes> move;
};
// `links`: the origin first, the city last.
void write_chain(ReceiptFiles& files, const std::vector<Bytes>& statements,
                 const std::vector<ChainLink>& links);

struct ProvenNode {
    Certificate certificate;
    std::vector<SignPublicKey> keys;  // all its keys so far, the present one last
};
struct ProvenChain {
    std::vector<RootId> roots;      // of each statement
    std::vector<ProvenNode> nodes;  // the origin first, the city last
    bool goes_by(const RootId& root) const;
};
// Refuses receipt_other_root, receipt_file_missing, receipt_file_strange, receipt_chain_broken, and the
// refusal of each file, the file's name in front of the field.
Result<ProvenChain> verify_chain(const ReceiptFiles& files, const RootId& root, DivisionCode origin);

// The refusal with the file's name in front of its field.
tl::unexpected<Refusal> in_file(std::string_view file, const Refusal& refusal);
Result<View> file_of(const ReceiptFiles& files, std::string_view name);

}  // namespace xinwang
