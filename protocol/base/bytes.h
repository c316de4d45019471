// Byte strings and their text forms.
//
// `Bytes` owns, `View` looks. `Block<N, Tag>` is a fixed-size byte string with a meaning (a node id, a hash):
// two blocks of different tags never mix. Pure; values compare byte by byte, and this order is used
// everywhere.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xinwang {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

inline View view(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text(View bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(View bytes) {
    return {bytes.begin(), bytes.end()};
}
inline void append(Bytes& to, View bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}
inline bool equal(View a, View b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// The bytes in lower-case hexadecimal, two digits a byte.
std::string hex(View bytes);
// Empty when `digits` is not an even number of hexadecimal digits (either case).
std::optional<Bytes> from_hex(std::string_view digits);

// RFC 4648 base64 with padding, as C2SP notes use it.
std::string base64(View bytes);
// Empty unless `digits` is canonical padded base64.
std::optional<Bytes> from_base64(std::string_view digits);
// RFC 4648 base64url without padding, for text that people copy (invitations).
std::string base64url(View bytes);
std::optional<Bytes> from_base64url(std::string_view digits);

template <std::size_t N, class Tag>
struct Block {
    static constexpr std::size_t size = N;
    std::array<std::uint8_t, N> bytes{};

    // Empty unless `source` has exactly N bytes.
    static std::optional<Block> from(View source) {
        if (source.size() != N) return std::nullopt;
        Block block;
        std::memcpy(block.bytes.data(), source.data(), N);
        return block;
    }
    static std::optional<Block> parse_hex(std::string_view digits) {
        auto decoded = from_hex(digits);
        if (!decoded) return std::nullopt;
        return from(*decoded);
    }
    View view() const { return bytes; }
    std::string hex() const { return xinwang::hex(bytes); }
    bool is_zero() const { return *this == Block{}; }
    auto operator<=>(const Block&) const = default;
};

// Hashes a block to its first eight bytes: blocks are uniform hashes or random, so these spread as well as
// all do.
struct BlockHash {
    template <std::size_t N, class Tag>
    std::size_t operator()(const Block<N, Tag>& block) const {
        static_assert(N >= sizeof(std::size_t));
        std::size_t h;
        std::memcpy(&h, block.bytes.data(), sizeof h);
        return h;
    }
};

}  // namespace xinwang
