#include "protocol/unicode.h"

#include <algorithm>
#include <cstring>

namespace xinwang {
namespace {

unsigned char byte_at(std::string_view text, std::size_t i) {
    return static_cast<unsigned char>(text[i]);
}

// Length of the ASCII run at the front.
std::size_t ascii_run(std::string_view text) {
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t word;
        std::memcpy(&word, text.data() + i, 8);
        if ((word & 0x8080808080808080ull) != 0) break;
    }
    while (i < text.size() && byte_at(text, i) < 0x80) ++i;
    return i;
}

// Length of the valid non-ASCII character at the front, or 0.
std::size_t sequence(std::string_view text) {
    const unsigned char lead = byte_at(text, 0);
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
    const unsigned char second = byte_at(text, 1);
    const unsigned char least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (second < least || second > most) return 0;
    for (std::size_t i = 2; i < length; ++i)
        if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
    return length;
}

// Length of the run at the front of characters of three bytes, but for those whose second byte is restricted.
std::size_t three_byte_run(std::string_view text) {
    std::size_t i = 0;
    for (; i + 3 <= text.size(); i += 3) {
        const unsigned char lead = byte_at(text, i);
        const bool valid = lead > 0xE0 && lead < 0xF0 && lead != 0xED &&
                           (byte_at(text, i + 1) & 0xC0) == 0x80 && (byte_at(text, i + 2) & 0xC0) == 0x80;
        if (!valid) break;
    }
    return i;
}

constexpr std::string_view blanks[] = {" ", "\t", "\r", "\n", "\xC2\xA0", "\xE3\x80\x80", "\xEF\xBB\xBF"};

}  // namespace

std::size_t utf8_valid_prefix(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        at += ascii_run(text.substr(at));
        at += three_byte_run(text.substr(at));
        if (at == text.size()) break;
        if (byte_at(text, at) < 0x80) continue;
        const std::size_t length = sequence(text.substr(at));
        if (length == 0) break;
        at += length;
    }
    return at;
}

std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return count;
}

char32_t take_character(std::string_view& text) {
    const unsigned char lead = byte_at(text, 0);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    char32_t point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length && i < text.size(); ++i)
        point = (point << 6) | (byte_at(text, i) & 0x3F);
    text.remove_prefix(std::min(length, text.size()));
    return point;
}

void append_character(std::string& to, char32_t point) {
    const auto put = [&](char32_t byte) { to.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xC0 | (point >> 6));
        put(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        put(0xE0 | (point >> 12));
        put(0x80 | ((point >> 6) & 0x3F));
        put(0x80 | (point & 0x3F));
    } else {
        put(0xF0 | (point >> 18));
        put(0x80 | ((point >> 12) & 0x3F));
        put(0x80 | ((point >> 6) & 0x3F));
        put(0x80 | (point & 0x3F));
    }
}

std::string_view trimmed(std::string_view text) {
    // The usual case first: a blank begins with one of six bytes and ends with one of seven.
    const auto solid = [](char c) { return static_cast<unsigned char>(c) > ' '; };
    constexpr std::string_view leads = "\xC2\xE3\xEF", tails = "\xA0\x80\xBF";
    if (text.empty() || (solid(text.front()) && leads.find(text.front()) == std::string_view::npos &&
                         solid(text.back()) && tails.find(text.back()) == std::string_view::npos))
        return text;
    for (bool again = true; again && !text.empty();) {
        again = false;
        for (const auto blank : blanks) {
            if (text.starts_with(blank)) text.remove_prefix(blank.size()), again = true;
            if (text.ends_with(blank)) text.remove_suffix(blank.size()), again = true;
        }
    }
    return text;
}

std::string half_width(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const char32_t c = take_character(text);
        if (c >= 0xFF01 && c <= 0xFF5E)
            out.push_back(static_cast<char>(c - 0xFF01 + 0x21));
        else if (c == 0x3000)
            out.push_back(' ');
        else
            append_character(out, c);
    }
    return out;
}

std::string_view cut(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    while (end > 0 && (byte_at(text, end) & 0xC0) == 0x80) --end;
    return text.substr(0, end);
}

}  // namespace xinwang
