// The Merkle tree over a log's batches: RFC 6962 section 2.1, SHA-256, leaf data = the 32 bytes of a batch id.
//
// `Frontier` is the tree's compact right edge, which keeps a log's root up to date without the log's past;
// the functions below work on all leaf hashes. Pure. Proofs are in the order of the RFC, from the leaf
// upward. An append costs two hashes on average, a root at most 64.
#pragma once

#include "protocol/base/ids.h"

namespace xinwang {

Hash256 leaf_hash(View leaf);                                  // SHA-256(0x00 | leaf)
Hash256 node_hash(const Hash256& left, const Hash256& right);  // SHA-256(0x01 | left | right)

class Frontier {
  public:
    void append(const BatchId& batch) { append_hash(leaf_hash(batch.view())); }
    void append_hash(const Hash256& leaf);

    std::uint64_t size() const { return size_; }
    // The tree's root; for the empty tree, SHA-256 of nothing.
    Hash256 root() const;

    // u64 size | the roots of the full subtrees, one for each one-bit of size, the largest subtree first.
    Bytes serialise() const;
    // Refuses truncated, trailing_bytes, bad_frontier (a size of 2^63 or more).
    static Result<Frontier> parse(View bytes);

    bool operator==(const Frontier&) const = default;

  private:
    std::uint64_t size_ = 0;
    std::vector<Hash256> peaks_;  // largest subtree first
};

Hash256 tree_root(std::span<const Hash256> leaves);

// Requires index < leaves.size().
std::vector<Hash256> inclusion_proof(std::span<const Hash256> leaves, std::uint64_t index);
// Proof that the first `old_size` leaves are a prefix. Requires old_size <= leaves.size(). Empty for 0 and
// for leaves.size().
std::vector<Hash256> consistency_proof(std::span<const Hash256> leaves, std::uint64_t old_size);

// Both functions refuse bad_proof. Time and memory are bounded by the proof's length; at most 64 hashes are
// read.
Result<void> verify_inclusion(const Hash256& leaf, std::uint64_t index, std::uint64_t size, const Hash256& root,
                              std::span<const Hash256> proof);
// An empty old tree is consistent with everything, by an empty proof.
Result<void> verify_consistency(std::uint64_t old_size, const Hash256& old_root, std::uint64_t new_size,
                                const Hash256& new_root, std::span<const Hash256> proof);

}  // namespace xinwang
