#include "protocol/merkle.h"

#include <sodium.h>

#include <bit>

#include "protocol/base/check.h"

namespace xinwang {
namespace {

Hash256 sha256(std::uint8_t prefix, View a, View b) {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, &prefix, 1);
    crypto_hash_sha256_update(&state, a.data(), a.size());
    crypto_hash_sha256_update(&state, b.data(), b.size());
    Hash256 out;
    crypto_hash_sha256_final(&state, out.bytes.data());
    return out;
}

// Of the empty tree. Every other hash has a prefix.
Hash256 empty_root() {
    Hash256 out;
    crypto_hash_sha256(out.bytes.data(), nullptr, 0);
    return out;
}

// The largest power of two smaller than size. Requires size > 1.
std::uint64_t split(std::uint64_t size) {
    return std::bit_floor(size - 1);
}

// SUBPROOF of RFC 6962 section 2.1.2; `whole` says that the verifier knows this subtree's root already.
void subproof(std::span<const Hash256> leaves, std::uint64_t old_size, bool whole,
              std::vector<Hash256>& proof) {
    if (old_size == leaves.size()) {
        if (!whole) proof.push_back(tree_root(leaves));
        return;
    }
    const std::uint64_t k = split(leaves.size());
    if (old_size <= k) {
        subproof(leaves.first(k), old_size, whole, proof);
        proof.push_back(tree_root(leaves.subspan(k)));
    } else {
        subproof(leaves.subspan(k), old_size - k, false, proof);
        proof.push_back(tree_root(leaves.first(k)));
    }
}

tl::unexpected<Refusal> wrong_root(const char* field, const Hash256& found, const Hash256& expected) {
    return refuse(Code::bad_proof, field, found.hex(), expected.hex());
}

// RFC 9162 section 2.1.4.2, for 0 < old_size < new_size, after its step 1. `fn` and `sn` are the indexes of the
// last node of the old and the new tree, rising level by level.
Result<void> follow(std::uint64_t fn, std::uint64_t sn, std::span<const Hash256> proof, const Hash256& old_root,
                    const Hash256& new_root) {
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    Hash256 old_hash = proof[0], new_hash = proof[0];
    for (const Hash256& step : proof.subspan(1)) {
        if (sn == 0) return refuse(Code::bad_proof, "proof", "too long", "the path between the sizes");
        if ((fn & 1) != 0 || fn == sn) {
            old_hash = node_hash(step, old_hash);
            new_hash = node_hash(step, new_hash);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            new_hash = node_hash(new_hash, step);
        }
        fn >>= 1;
        sn >>= 1;
    }
    if (sn != 0) return refuse(Code::bad_proof, "proof", "too short", "the path between the sizes");
    if (old_hash != old_root) return wrong_root("old root", old_hash, old_root);
    if (new_hash != new_root) return wrong_root("new root", new_hash, new_root);
    return {};
}

}  // namespace

Hash256 leaf_hash(View leaf) {
    return sha256(0, leaf, {});
}

Hash256 node_hash(const Hash256& left, const Hash256& right) {
    return sha256(1, left.view(), right.view());
}

void Frontier::append_hash(const Hash256& leaf) {
    Hash256 carried = leaf;
    // Each trailing one-bit of the size is a full subtree as large as what is carried: they become one.
    for (std::uint64_t rest = size_; (rest & 1) != 0; rest >>= 1) {
        carried = node_hash(peaks_.back(), carried);
        peaks_.pop_back();
    }
    peaks_.push_back(carried);
    ++size_;
}

Hash256 Frontier::root() const {
    if (peaks_.empty()) return empty_root();
    Hash256 root = peaks_.back();
    for (std::size_t i = peaks_.size() - 1; i-- > 0;) root = node_hash(peaks_[i], root);
    return root;
}

Bytes Frontier::serialise() const {
    Writer out;
    out.u64(size_);
    for (const auto& peak : peaks_) out.block(peak);
    return out.take();
}

Result<Frontier> Frontier::parse(View bytes) {
    Reader in(bytes, "frontier");
    Frontier frontier;
    frontier.size_ = in.u64();
    if (frontier.size_ >> 63 != 0)
        return refuse(Code::bad_frontier, "size", std::to_string(frontier.size_), "below 2^63");
    for (int i = std::popcount(frontier.size_); i > 0; --i) frontier.peaks_.push_back(in.block<Hash256>());
    XW_TRY_VOID(in.finish());
    return frontier;
}

Hash256 tree_root(std::span<const Hash256> leaves) {
    Frontier frontier;
    for (const auto& leaf : leaves) frontier.append_hash(leaf);
    return frontier.root();
}

std::vector<Hash256> inclusion_proof(std::span<const Hash256> leaves, std::uint64_t index) {
    XW_CHECK(index < leaves.size());
    if (leaves.size() == 1) return {};
    const std::uint64_t k = split(leaves.size());
    const bool left = index < k;
    auto proof = left ? inclusion_proof(leaves.first(k), index) : inclusion_proof(leaves.subspan(k), index - k);
    proof.push_back(tree_root(left ? leaves.subspan(k) : leaves.first(k)));
    return proof;
}

std::vector<Hash256> consistency_proof(std::span<const Hash256> leaves, std::uint64_t old_size) {
    XW_CHECK(old_size <= leaves.size());
    std::vector<Hash256> proof;
    if (old_size != 0) subproof(leaves, old_size, true, proof);
    return proof;
}

Result<void> verify_inclusion(const Hash256& leaf, std::uint64_t index, std::uint64_t size, const Hash256& root,
                              std::span<const Hash256> proof) {
    if (index >= size) return refuse(Code::bad_proof, "index", std::to_string(index), std::to_string(size));
    std::uint64_t fn = index, sn = size - 1;
    Hash256 hash = leaf;
    for (const Hash256& step : proof) {
        if (sn == 0) return refuse(Code::bad_proof, "proof", "too long", "the path to the root");
        if ((fn & 1) != 0 || fn == sn) {
            hash = node_hash(step, hash);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            hash = node_hash(hash, step);
        }
        fn >>= 1;
        sn >>= 1;
    }
    if (sn != 0) return refuse(Code::bad_proof, "proof", "too short", "the path to the root");
    if (hash != root) return wrong_root("root", hash, root);
    return {};
}

Result<void> verify_consistency(std::uint64_t old_size, const Hash256& old_root, std::uint64_t new_size,
                                const Hash256& new_root, std::span<const Hash256> proof) {
    if (old_size > new_size)
        return refuse(Code::bad_proof, "old size", std::to_string(old_size), std::to_string(new_size));
    if (old_size == 0 || old_size == new_size) {
        if (!proof.empty()) return refuse(Code::bad_proof, "proof", "too long", "empty");
        const Hash256 expected = old_size == 0 ? empty_root() : new_root;
        if (old_root != expected) return wrong_root("old root", old_root, expected);
        if (new_size == 0 && new_root != empty_root()) return wrong_root("new root", new_root, empty_root());
        return {};
    }
    if (std::has_single_bit(old_size)) {
        // The old tree is a subtree of the new one: its root is the proof's first step and is left out.
        std::vector<Hash256> path{old_root};
        path.insert(path.end(), proof.begin(),
                    proof.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(proof.size(), 65)));
        return follow(old_size - 1, new_size - 1, path, old_root, new_root);
    }
    if (proof.empty()) return refuse(Code::bad_proof, "proof", "empty", "a path");
    return follow(old_size - 1, new_size - 1, proof, old_root, new_root);
}

}  // namespace xinwang
