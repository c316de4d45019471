// Shows that trees have the roots and proofs of RFC 6962 (the test vectors of the certificate-transparency
// project), and that every proof for every small tree verifies and no changed one does.
#include <catch2/catch.hpp>

#include "protocol/merkle.h"

using namespace xinwang;

namespace merkle_test {
namespace {

std::vector<Hash256> reference_leaves() {
    std::vector<Hash256> leaves;
    for (const char* digits :
         {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"})
        leaves.push_back(leaf_hash(*from_hex(digits)));
    return leaves;
}

std::vector<Hash256> numbered_leaves(std::size_t count) {
    std::vector<Hash256> leaves;
    for (std::size_t i = 0; i < count; ++i) leaves.push_back(leaf_hash(Bytes{static_cast<std::uint8_t>(i)}));
    return leaves;
}

// MTH straight from the definition.
Hash256 naive_root(std::span<const Hash256> leaves) {
    if (leaves.size() == 1) return leaves[0];
    std::size_t k = 1;
    while (k * 2 < leaves.size()) k *= 2;
    return node_hash(naive_root(leaves.first(k)), naive_root(leaves.subspan(k)));
}

}  // namespace

TEST_CASE("roots are those of the reference") {
    const char* roots[] = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                           "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                           "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                           "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                           "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                           "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                           "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                           "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                           "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
    const auto leaves = reference_leaves();
    Frontier frontier;
    for (std::size_t size = 0; size <= leaves.size(); ++size) {
        CHECK(frontier.root().hex() == roots[size]);
        CHECK(tree_root(std::span(leaves).first(size)).hex() == roots[size]);
        if (size < leaves.size()) frontier.append_hash(leaves[size]);
    }
    const auto path = inclusion_proof(leaves, 0);
    REQUIRE(path.size() == 3);
    CHECK(path[0].hex() == "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
    CHECK(path[2].hex() == "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4");
}

TEST_CASE("every proof of every small tree verifies, and none with a change") {
    constexpr std::size_t most = 34;
    const auto leaves = numbered_leaves(most);
    for (std::size_t size = 1; size <= most; ++size) {
        const auto tree = std::span(leaves).first(size);
        const Hash256 root = tree_root(tree);
        REQUIRE(root == naive_root(tree));
        for (std::size_t i = 0; i < size; ++i) {
            auto proof = inclusion_proof(tree, i);
            REQUIRE(verify_inclusion(tree[i], i, size, root, proof));
            if (size > 1) CHECK(!verify_inclusion(tree[i], (i + 1) % size, size, root, proof));
            CHECK(!verify_inclusion(tree[i], i + size, size, root, proof));
            proof.push_back(root);
            CHECK(!verify_inclusion(tree[i], i, size, root, proof));
        }
        for (std::size_t old = 0; old <= size; ++old) {
            const Hash256 old_root = tree_root(tree.first(old));
            auto proof = consistency_proof(tree, old);
            REQUIRE(verify_consistency(old, old_root, size, root, proof));
            if (old > 0) CHECK(!verify_consistency(old, leaves[most - 1], size, root, proof));
            for (auto& step : proof) {
                step.bytes[0] ^= 1;
                CHECK(!verify_consistency(old, old_root, size, root, proof));
                step.bytes[0] ^= 1;
            }
            if (!proof.empty()) {
                auto shorter = proof;
                shorter.pop_back();
                CHECK(!verify_consistency(old, old_root, size, root, shorter));
            }
            proof.push_back(root);
            CHECK(!verify_consistency(old, old_root, size, root, proof));
        }
        CHECK(!verify_consistency(size + 1, root, size, root, {}));
    }
}

TEST_CASE("a frontier survives its bytes, and only its own") {
    const auto leaves = numbered_leaves(40);
    Frontier frontier;
    for (const auto& leaf : leaves) {
        const Bytes bytes = frontier.serialise();
        const auto back = Frontier::parse(bytes);
        REQUIRE(back);
        CHECK(*back == frontier);
        CHECK(!Frontier::parse(View(bytes).first(bytes.size() - 1)));
        frontier.append_hash(leaf);
    }
    Bytes bytes = frontier.serialise();
    bytes.push_back(0);
    CHECK(!Frontier::parse(bytes));
    CHECK(Frontier::parse(Bytes(8, 0xFF)).error().code == Code::bad_frontier);
}

}  // namespace merkle_test
