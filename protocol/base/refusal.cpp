#include "protocol/base/refusal.h"

#include <fmt/format.h>

#include "protocol/base/limits.h"

namespace xinwang {
namespace {

constexpr RefusalText table[] = {
#define XW_REFUSAL(number, name, zh, en, advice_zh, advice_en) \
    {Code::name, #name, zh, en, advice_zh, advice_en},
#include "protocol/base/refusals.def"
#undef XW_REFUSAL
};

const RefusalText& text_of(Code code) {
    return *find_refusal(static_cast<std::uint16_t>(code));
}

std::string fill(std::string_view pattern, const Refusal& refusal) {
    std::string out;
    while (!pattern.empty()) {
        const auto put = [&](std::string_view place, const std::string& with) {
            if (!pattern.starts_with(place)) return false;
            // A sentence never ends in nothing, nor has a hole: there was nothing to be said here.
            out += with.empty() ? "—" : with;
            pattern.remove_prefix(place.size());
            return true;
        };
        if (put("{field}", refusal.field) || put("{value}", refusal.value) || put("{limit}", refusal.limit))
            continue;
        out.push_back(pattern.front());
        pattern.remove_prefix(1);
    }
    return out;
}

// One UTF-8 character at the front of `text`: its length in bytes and code point, or length 0 when malformed.
struct Character {
    std::size_t bytes;
    char32_t point;
};
Character first_character(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = at(0);
    if (lead < 0x80) return {1, lead};
    const std::size_t length = lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
    if (length == 0 || lead >= 0xF5 || text.size() < length) return {0, 0};
    char32_t point = lead & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xC0) != 0x80) return {0, 0};
        point = (point << 6) | (at(i) & 0x3F);
    }
    const char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < least[length] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return {0, 0};
    return {length, point};
}

bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F || c == 0xFEFF;
}

}  // namespace

std::span<const RefusalText> all_refusals() {
    return table;
}

const RefusalText* find_refusal(std::uint16_t number) {
    for (const auto& row : table)
        if (static_cast<std::uint16_t>(row.code) == number) return &row;
    return nullptr;
}

Refusal::Refusal(Code c, std::string_view f, std::string_view v, std::string_view l)
    : code(c),
      field(printable(f, limits::refusal_value_bytes_max)),
      value(printable(v, limits::refusal_value_bytes_max)),
      limit(printable(l, limits::refusal_value_bytes_max)) {}

std::string Refusal::number() const {
    return fmt::format("XW-{}", static_cast<int>(code));
}
std::string Refusal::sentence(Language l) const {
    const auto& row = text_of(code);
    return fill(l == Language::chinese ? row.sentence_zh : row.sentence_en, *this);
}
std::string Refusal::advice(Language l) const {
    const auto& row = text_of(code);
    return fill(l == Language::chinese ? row.advice_zh : row.advice_en, *this);
}
std::string Refusal::line(Language l) const {
    if (l == Language::chinese) return fmt::format("{} {}。{}。", number(), sentence(l), advice(l));
    return fmt::format("{} {}. Try: {}.", number(), sentence(l), advice(l));
}

std::string printable(std::string_view text, std::size_t bytes_max) {
    static constexpr std::string_view ellipsis = "…";
    std::string out;
    while (!text.empty()) {
        const Character c = first_character(text);
        std::string piece;
        if (c.bytes == 0)
            piece = fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
        else if (is_control(c.point))
            piece = fmt::format("\\u{:04x}", static_cast<std::uint32_t>(c.point));
        else
            piece = std::string(text.substr(0, c.bytes));
        if (out.size() + piece.size() + ellipsis.size() > bytes_max) {
            out += ellipsis;
            break;
        }
        out += piece;
        text.remove_prefix(c.bytes == 0 ? 1 : c.bytes);
    }
    return out;
}

}  // namespace xinwang
