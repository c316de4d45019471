// UTF-8 as checked text: validity, counting and walking by characters, and the two foldings that comparison of
// handed-in text needs. Pure; linear time. Composition (NFC) is not done: no library of Debian's core does it
// without ICU, and GB 18030 input is composed already.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace xinwang {

// The offset of the first byte that is not part of a valid character; text.size() when all is valid.
std::size_t utf8_valid_prefix(std::string_view text);
inline bool valid_utf8(std::string_view text) {
    return utf8_valid_prefix(text) == text.size();
}
// The number of characters (code points). Requires valid UTF-8.
std::size_t characters(std::string_view text);
// Takes the first character off `text`. Requires a non-empty valid text.
char32_t take_character(std::string_view& text);
void append_character(std::string& to, char32_t point);

// The text without leading and trailing ASCII blanks (space, tab, CR, LF), U+00A0, U+3000 and U+FEFF.
std::string_view trimmed(std::string_view text);
// The text with full-width ASCII (U+FF01..FF5E) as ASCII and U+3000 as a space.
std::string half_width(std::string_view text);
// The longest prefix of at most `bytes_max` bytes that does not cut a character.
std::string_view cut(std::string_view text, std::size_t bytes_max);

// True for private-use characters and U+FFFD, which a wrong conversion leaves behind.
inline bool is_private(char32_t c) {
    return c == 0xFFFD || (c >= 0xE000 && c <= 0xF8FF) || c >= 0xF0000;
}

}  // namespace xinwang
