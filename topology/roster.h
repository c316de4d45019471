// The roster: the directory (名录) folded into who is where. Every node folds the same certificates, from its
// own parent's chain at first and then from the city's trust log, and answers from it whom to admit, whose
// signature to expect, where a log goes, and whom a batch is sealed for.
//
// adopt() takes the city's directory statements one after another, the first by the pinned id of its roots
// (directory_statement.h); they give the city's certificate. add() takes a certificate only if its issuer is
// here (for the city, which stands in a statement, a renewal by its own key; else the node named as parent),
// the signature is the issuer's, and the code is exactly one tier below the issuer's and under it. One node for
// each code, one code for each node, one node for each transport key. A higher serial of the same node
// replaces, if it does not jump, and a village's may name another code of the same parent: nothing hangs below
// it that names its code; the same again, or a lower one, changes nothing: the fold gives one result for any
// order in which issuers come first.
//
// A rekey, a revocation and a move are statements of their own (roster_moves.cpp). The city certifies itself
// anew, but for its signing key, by that key; the root is needed for a new one. A network of before there were
// statements has one root key, which signed the city's certificate: create() with that key. It is a set of one,
// and its id is what the first statement must have.
//
// Pure value; all iteration is in a fixed order. Pointers to certificates live until that node's certificate is
// replaced or the roster goes. Expiry refuses nothing here (certificate.h). About 0.6 KB a node.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "topology/directory_statement.h"
#include "topology/move.h"
#include "topology/revocation.h"
#include "topology/signers.h"

namespace xinwang {

class Roster {
  public:
    // A roster without a root knows nobody and takes nobody.
    Roster() = default;
    static Roster create(const RootId& root);
    static Roster create(const SignPublicKey& only_root_key);
    const RootId& root() const { return root_; }

    struct Change {
        NodeId node;
        bool changed = false;
        std::optional<DivisionCode> left = {};  // the code that it had until now, when it has another
        std::vector<NodeId> met = {};           // others that came along: of a move, the new parent's lineage
        bool placed = false;                    // of a move: it counts, and none known outranks it
    };
    // Refuses what parse_certificate() refuses; issuer_unknown, certificate_signature, not_issuers_code,
    // issuer_ended (issued after the issuer's own end), node_id_wrong, second_city, code_taken,
    // transport_key_taken, certificate_conflict. A refusal changes nothing.
    Result<Change> add(View certificate);
    // Takes the next statement of the directory; a statement that is here already changes nothing. The change
    // is the city's. Refuses what parse_statement() and check_signatures() refuse; root_wrong,
    // directory_rolled_back (another of a number below the newest), directory_mixed (another of the same
    // number, another predecessor), directory_skips, and for the city's certificate what add() refuses. A
    // refusal changes nothing.
    Result<Change> adopt(View statement);
    // The newest statement; nullptr before the first.
    const DirectoryStatement* statement() const { return statement_ ? &*statement_ : nullptr; }
    // All statements as they came, number 1 first.
    const std::vector<Bytes>& statements() const { return statements_; }
    // The root keys that must sign the next statement; without keys when only their id is known.
    RootSet roots() const;
    // Takes a certificate with a new signing key: `u16 length | certificate | u16 length | request` (WIRE.md
    // section 9.4), the request carrying the old key's word. Refuses as add() does, proof_wrong, renewal_field,
    // node_unknown.
    Result<Change> rekey(View body);
    // Takes a node out: its code and its transport key are free, and it is nobody's child. Its certificate
    // stays, to verify what it signed before. Refuses parse_revocation()'s refusals, node_unknown,
    // revoker_not_above, certificate_signature. A second revocation changes nothing.
    Result<Change> revoke(View revocation);
    // Puts a node below another parent, on the word of a common ancestor. Its former place is remembered: what
    // it signed and sealed there counts on, and its former parent's certificates count no more. Refuses
    // parse_move()'s refusals, node_unknown (the mover), certificate_signature, mover_not_above, move_field,
    // certificate_conflict (another move comes first), move_before_grant, ratchet_jumped, node_id_wrong, and
    // what add() refuses of a place. A move that is known changes nothing. Of two the one of the higher serial
    // counts; of one serial the city's, then the one of the greater signature: the other is remembered only.
    Result<Change> move(View statement);
    // The moves of a node, the one that counts last; empty for a node that stayed where it began.
    const std::vector<Move>& moves(const NodeId& node) const;
    // Put back what this node had taken before and kept, unchecked, because its store vouches for it. Order:
    // statements, by adopt(), then certificates, then moves and rekeys as they came, then revocations.
    void put_back(Certificate certificate);
    void put_back(const RenewalRequest& rekey) { signers_.add(rekey); }
    void put_back(Move move);
    void put_back(Revocation revocation);

    const Signers& signers() const { return signers_; }
    // All signing keys of a node that is here, the present one last.
    std::vector<SignPublicKey> sign_keys(const NodeId& node) const;
    // The revocation of a node; nullptr for a node in good standing.
    const Revocation* revocation(const NodeId& node) const;
    const std::map<NodeId, Revocation>& revocations() const { return revoked_; }

    // Takes an ancestor's certificate from the chain that a newcomer is given. Its node id is not checked
    // against its key, which it may have changed since: whoever vouches for the chain vouches for that.
    Result<Change> add_from_chain(View certificate);
    // Asks whether a certificate of these fields may take its place: add() without parsing and signature, for
    // an issuer that is about to sign. Refuses as add() does.
    Result<void> check_place(const Certificate& fields) const;

    // The newest certificate of a node, also of one that was revoked; nullptr when it was never here.
    const Certificate* find(const NodeId& node) const;
    // The certificate in force of whoever has the code, or the key; nullptr when nobody has it.
    const Certificate* by_code(DivisionCode code) const;
    const Certificate* by_transport_key(const TransportPublicKey& key) const;
    // A node that changes its transport key may be heard with the one before, until forget_earlier().
    const TransportPublicKey* earlier_transport_key(const NodeId& node) const;
    void keep_earlier(const NodeId& node, const TransportPublicKey& key);
    void forget_earlier(const NodeId& node);
    // The revocation of the node whose transport key this was; nullptr when there is none.
    const Revocation* revoked_by_transport_key(const TransportPublicKey& key) const;
    const Certificate* city() const;
    std::size_t size() const { return certificates_.size(); }
    // Certificates of all nodes in good standing, in code order: a parent stands before its children.
    std::vector<const Certificate*> all() const;
    // The children of a node, in code order.
    std::vector<NodeId> children(const NodeId& node) const;
    // The ancestors of a node, the nearest first, the city last.
    std::vector<NodeId> ancestors(const NodeId& node) const;
    // True when `node` stands strictly below `ancestor`; false when either is unknown.
    bool is_below(const NodeId& node, const NodeId& ancestor) const;
    // True when `node` is below `ancestor`, was below it before any move of itself or of a node between, or
    // would be by a move that another one overruled.
    bool was_below(const NodeId& node, const NodeId& ancestor) const;
    // True when `parent` was or became the parent of `node` by any move that is known.
    bool was_child(const NodeId& node, const NodeId& parent) const;
    // Every chain of ancestors that the node has or may have had, the nearest ancestor first. Today's chain
    // comes first, then for each move the chain before it and, where a later move overruled it, the chain that
    // it would have led to.
    std::vector<std::vector<NodeId>> lineages(const NodeId& node) const;
    // The child of `from` on the way down to `target`; empty when `target` is not below `from`.
    std::optional<NodeId> next_hop(const NodeId& from, const NodeId& target) const;
    // The readers that `policy` names for a batch of `origin`, by rising node id, the origin always among them
    // (WIRE.md section 4); none for policy 0, which is open. A tier of the policy at or below the origin's own
    // names nobody. Refuses node_unknown, policy_unknown (a bit without meaning), policy_without_toward (a
    // `toward` that is zero or not in the roster).
    Result<std::vector<NodeId>> audience(const NodeId& origin, std::uint16_t policy,
                                         const NodeId& toward) const;
    // The audience by each former lineage of the origin: the readers of a batch that was sealed before a move.
    std::vector<std::vector<NodeId>> former_audiences(const NodeId& origin, std::uint16_t policy) const;

  private:
    enum class SignKey { stays, changes };
    Result<Change> take(const Certificate& c, View bytes, SignKey sign_key);
    Result<void> verify_issuer(const Certificate& c, View bytes) const;
    Result<void> check_place(const Certificate& c, SignKey sign_key) const;
    Result<void> check_place_of(const Certificate& c, SignKey sign_key) const;
    Result<void> check_successor(const Certificate& held, const Certificate& c, SignKey sign_key) const;
    Result<void> check_mover(const Move& m, View bytes, const Certificate& c) const;
    Result<void> check_tiers(const Move& m, const std::vector<Certificate>& chain, const Certificate& c) const;
    Result<void> check_chain(const Move& m, const std::vector<Certificate>& chain, const Certificate& c) const;
    Result<void> check_keys(const Move& m, const Certificate& c) const;
    Result<bool> takes_place(const Move& m, const Certificate& c) const;
    bool is_older_key(const Move& m, const Certificate& c, const Certificate& held) const;
    bool outranks(const Move& a, const Move& b) const;
    bool had_code(const NodeId& node, DivisionCode code) const;
    void put(Certificate c);

    RootId root_;
    std::optional<SignPublicKey> only_root_key_;
    std::optional<DirectoryStatement> statement_;
    std::vector<StatementId> statement_ids_;  // number 1 first
    std::vector<Bytes> statements_;
    std::map<NodeId, Certificate> certificates_;
    std::map<std::uint64_t, NodeId> by_code_;
    std::map<TransportPublicKey, NodeId> by_transport_key_;
    std::map<NodeId, TransportPublicKey> earlier_transport_;  // in by_transport_key_ too
    Signers signers_;
    std::map<NodeId, Revocation> revoked_;
    std::map<NodeId, std::vector<Move>> moves_;
};

}  // namespace xinwang
