// The roster: the directory (名录) folded into who is where. Every node folds the same certificates, from its
// own parent's chain at first and then from the city's trust log, and answers from it whom to admit, whose
// signature to expect, where a log goes, and whom a batch is sealed for.
//
// add() takes a certificate only if its issuer is here (the root key for the city, else the node named as
// parent), the signature is the issuer's, and the code is exactly one tier below the issuer's and under it. One
// node for each code, one code for each node, one node for each transport key. A higher serial of the same node
// replaces, and a village's may name another code of the same parent: nothing hangs below it that names its
// code; the same again, or a lower one, changes nothing: the fold gives one result for any order in which
// issuers come first.
//
// Pure value; all iteration is in a fixed order. Pointers to certificates live until that node's certificate is
// replaced or the roster goes. Expiry refuses nothing here (certificate.h). About 0.6 KB a node.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "topology/certificate.h"

namespace xinwang {

class Roster {
  public:
    // A roster without a root key knows nobody and takes nobody.
    Roster() = default;
    static Roster create(const SignPublicKey& root);
    const SignPublicKey& root() const { return root_; }

    struct Change {
        NodeId node;
        bool changed = false;
        std::optional<DivisionCode> left;  // the code that it had until now, when it has another
    };
    // Refuses what parse_certificate() refuses; issuer_unknown, certificate_signature, not_issuers_code,
    // node_id_wrong, second_city, code_taken, transport_key_taken, certificate_conflict. A refusal changes
    // nothing.
    Result<Change> add(View certificate);
    // Everything of add() but the parsing and the signature: may these fields take their place? What an issuer
    // asks before it signs. Refuses as add() does.
    Result<void> check_place(const Certificate& fields) const;

    // nullptr or empty when there is no such node.
    const Certificate* find(const NodeId& node) const;
    const Certificate* by_code(DivisionCode code) const;
    const Certificate* by_transport_key(const TransportPublicKey& key) const;
    const Certificate* city() const;
    std::size_t size() const { return certificates_.size(); }
    // In code order: a parent stands before what is below it.
    std::vector<const Certificate*> all() const;
    // Nearest below only, in code order.
    std::vector<NodeId> children(const NodeId& node) const;
    // Nearest first, the city last.
    std::vector<NodeId> ancestors(const NodeId& node) const;
    // Strictly below; false when either is unknown.
    bool is_below(const NodeId& node, const NodeId& ancestor) const;
    // The child of `from` on the way down to `target`; empty when `target` is not below `from`.
    std::optional<NodeId> next_hop(const NodeId& from, const NodeId& target) const;
    // The readers that `policy` names for a batch of `origin`, by rising node id, the origin always among them
    // (WIRE.md section 4); none for policy 0, which is open. A tier of the policy at or below the origin's own
    // names nobody. Refuses node_unknown, policy_unknown (a bit without meaning), policy_without_toward (a
    // `toward` that is zero or not in the roster).
    Result<std::vector<NodeId>> audience(const NodeId& origin, std::uint16_t policy,
                                         const NodeId& toward) const;

  private:
    Result<SignPublicKey> issuer_key(const Certificate& c) const;
    static Result<void> check_successor(const Certificate& held, const Certificate& c);

    SignPublicKey root_;
    std::map<NodeId, Certificate> certificates_;
    std::map<std::uint64_t, NodeId> by_code_;
    std::map<TransportPublicKey, NodeId> by_transport_key_;
};

}  // namespace xinwang
