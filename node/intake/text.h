// The encodings of handed-in text, and strict decoding to UTF-8.
//
// Which encoding a file has is decided once, over its beginning: a declared one wins; else a byte order mark
// means UTF-8; else text that is valid UTF-8 is UTF-8; else it is GB18030 (which contains GBK and GB2312).
// Decoding never guesses per line and never skips: what is not valid is refused by the caller with its place.
// iconv sees the literals "GB18030" and "UTF-8" and nothing else (node/DESIGN.md, F3). A Decoder belongs to
// one thread.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/refusal.h"

namespace xinwang {

enum class Encoding : std::uint8_t { utf8 = 1, gb18030 = 2 };
const char* encoding_name(Encoding encoding);
// "utf-8", "gb18030" and their common names, in any case ("utf8", "utf-8-sig", "gbk", "gb2312", "cp936").
Result<Encoding> parse_encoding(std::string_view name);

struct TextStart {
    Encoding encoding = Encoding::utf8;
    std::size_t mark_bytes = 0;  // byte order mark to pass over
    bool operator==(const TextStart&) const = default;
};

// `beginning` is the file's first limits::encoding_probe_bytes, or all of it. Refuses what is no text: UTF-16,
// a spreadsheet's own format, an archive, zero bytes.
Result<TextStart> detect_text(View beginning, std::optional<Encoding> declared);

class Decoder {
  public:
    explicit Decoder(Encoding encoding);
    ~Decoder();
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    // Replaces `out` by the UTF-8 of `raw`. Yields the offset in `raw` of the first byte that is not valid, and
    // then `out` holds what came before it. `raw` must end at a character's end to be valid.
    std::optional<std::size_t> decode(std::string_view raw, std::string& out);
    Encoding encoding() const { return encoding_; }

  private:
    Encoding encoding_;
    void* converter_ = nullptr;  // iconv_t
};

// A whole small file as UTF-8, its byte order mark passed over: lists that operators hand in. Refuses what
// detect_text() refuses, and text_bytes_bad with "name:line" and the bytes for what is not valid, or is a
// private-use character as wrong conversions leave behind.
Result<std::string> decode_file(std::string_view name, View file, std::optional<Encoding> declared);

// For samples and tests: the GB18030 form of valid UTF-8.
std::string to_gb18030(std::string_view utf8);

}  // namespace xinwang
