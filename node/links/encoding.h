// Puts UTF-8 text into the encoding that a link profile names.
//
// Strict in both directions: text that is not valid UTF-8, or holds a character the encoding has no code for,
// is not written at all; nothing is dropped, replaced or transliterated (node/DESIGN.md, F3). One Encoder per
// thread; it owns an iconv descriptor. iconv sees only encoding names that are literals in this program.
#pragma once

#include <string_view>

#include "protocol/base/bytes.h"

namespace xinwang {

enum class TextEncoding : std::uint8_t { utf8, utf8_bom, gb18030 };

// The name: "utf-8", "utf-8-bom", "gb18030"
const char* encoding_name(TextEncoding encoding);

class Encoder {
  public:
    explicit Encoder(TextEncoding encoding);
    ~Encoder();
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    // Appends the text, or leaves `to` as it was and returns false.
    [[nodiscard]] bool add(std::string_view utf8, Bytes& to);
    // The bytes a file of this encoding starts with.
    View mark() const;
    // The encoding's name in an XML declaration.
    const char* xml_name() const;

  private:
    TextEncoding encoding_;
    void* converter_;
};

}  // namespace xinwang
