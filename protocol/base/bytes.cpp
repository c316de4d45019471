#include "protocol/base/bytes.h"

#include <sodium.h>

namespace xinwang {
namespace {

std::string encode_base64(View bytes, int variant) {
    std::string out(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(out.data(), out.size(), bytes.data(), bytes.size(), variant);
    out.resize(std::strlen(out.c_str()));
    return out;
}

std::optional<Bytes> decode_base64(std::string_view digits, int variant) {
    Bytes out(digits.size() / 4 * 3 + 3);
    std::size_t length = 0;
    const char* end = nullptr;
    if (sodium_base642bin(out.data(), out.size(), digits.data(), digits.size(), nullptr, &length, &end,
                          variant) != 0)
        return std::nullopt;
    if (end != digits.data() + digits.size()) return std::nullopt;
    out.resize(length);
    // libsodium accepts stray low bits in the last digit; a text form must be unique, so encode again and
    // compare.
    if (encode_base64(out, variant) != digits) return std::nullopt;
    return out;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string hex(View bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (auto b : bytes) {
        out.push_back(digits[b >> 4]);
        out.push_back(digits[b & 15]);
    }
    return out;
}

std::optional<Bytes> from_hex(std::string_view digits) {
    if (digits.size() % 2 != 0) return std::nullopt;
    Bytes out;
    out.reserve(digits.size() / 2);
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = hex_digit(digits[i]);
        const int low = hex_digit(digits[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
    return out;
}

std::string base64(View bytes) {
    return encode_base64(bytes, sodium_base64_VARIANT_ORIGINAL);
}
std::optional<Bytes> from_base64(std::string_view digits) {
    return decode_base64(digits, sodium_base64_VARIANT_ORIGINAL);
}
std::string base64url(View bytes) {
    return encode_base64(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
std::optional<Bytes> from_base64url(std::string_view digits) {
    return decode_base64(digits, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

}  // namespace xinwang
