// Where a damaged invitation was miscopied. The check sum tells right from wrong and not where; but one slip
// has few causes, and trying them all takes some hundredths of a second. A person at a keyboard then looks at
// one character and not at three hundred.
#include <algorithm>

#include "protocol/base/hash.h"
#include "topology/invitation.h"

namespace xinwang {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t check_bytes = 4;
// Longer ones are not miscopied by hand, and the tries grow with the square.
constexpr std::size_t digits_max = 1'000;

bool holds(std::string_view digits) {
    const auto bytes = from_base64url(digits);
    if (!bytes || bytes->size() <= check_bytes) return false;
    const View body = View(*bytes).first(bytes->size() - check_bytes);
    return equal(View(*bytes).last(check_bytes),
                 hash<Hash256>("XW-invitation", {body}).view().first(check_bytes));
}

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// Of the whole line as people count it: characters, from 1, without blanks.
std::string count(std::string_view digits, std::size_t at) {
    std::size_t characters = invitation_prefix.size() + 1;
    for (std::size_t i = 0; i < at; ++i) characters += is_continuation(digits[i]) ? 0 : 1;
    return std::to_string(characters);
}

// A character that no invitation has: full-width letters, a quotation mark that a program put there.
std::optional<Refusal> foreign(std::string_view digits) {
    const std::size_t at = digits.find_first_not_of(alphabet);
    if (at == digits.npos) return std::nullopt;
    std::size_t end = at + 1;
    while (end < digits.size() && is_continuation(digits[end])) ++end;
    return Refusal(Code::invitation_character, digits.substr(at, end - at), count(digits, at));
}

std::optional<Refusal> changed(std::string digits) {
    for (std::size_t at = 0; at < digits.size(); ++at) {
        const char held = digits[at];
        for (const char c : alphabet) {
            digits[at] = c;
            if (c != held && holds(digits))
                return Refusal(Code::invitation_character, std::string(1, held), count(digits, at));
        }
        digits[at] = held;
    }
    return std::nullopt;
}

std::optional<Refusal> swapped(std::string digits) {
    for (std::size_t at = 0; at + 1 < digits.size(); ++at) {
        std::swap(digits[at], digits[at + 1]);
        if (holds(digits))
            return Refusal(Code::invitation_swapped, {}, count(digits, at), count(digits, at + 1));
        std::swap(digits[at], digits[at + 1]);
    }
    return std::nullopt;
}

std::optional<Refusal> doubled(std::string_view digits) {
    for (std::size_t at = 0; at < digits.size(); ++at) {
        std::string without(digits);
        without.erase(at, 1);
        if (holds(without))
            return Refusal(Code::invitation_extra, std::string(1, digits[at]), count(digits, at));
    }
    return std::nullopt;
}

std::optional<Refusal> missing(std::string_view digits) {
    for (std::size_t at = 0; at <= digits.size(); ++at) {
        std::string with(digits);
        with.insert(at, 1, 'A');
        for (const char c : alphabet) {
            with[at] = c;
            if (holds(with)) return Refusal(Code::invitation_missing, {}, count(digits, at));
        }
    }
    return std::nullopt;
}

}  // namespace

Refusal name_the_slip(std::string_view line, const Refusal& damaged) {
    if (damaged.code != Code::invitation_damaged) return damaged;
    std::string text(line);
    std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    const std::string digits = text.substr(std::min(text.size(), invitation_prefix.size()));
    if (auto found = foreign(digits)) return *found;
    if (digits.size() > digits_max) return damaged;
    if (auto found = swapped(digits)) return *found;
    if (auto found = changed(digits)) return *found;
    if (auto found = doubled(digits)) return *found;
    if (auto found = missing(digits)) return *found;
    return damaged;
}

}  // namespace xinwang
