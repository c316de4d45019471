// The encodings of handed-in text, and strict decoding to UTF-8.
//
// The encoding of a file is decided once, from its beginning: a declared one wins; else a byte order mark
// means UTF-8; else text that is valid UTF-8 is UTF-8; else it is GB18030 (which contains GBK and GB2312).
// Decoding never guesses per line and never skips: the caller refuses invalid bytes and names their place.
// iconv sees the literals "GB18030" and "UTF-8" and nothing else (node/DESIGN.md, F3). A Decoder belongs to
// one thread.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/refusal.h"

namespace xinwang {

enum class Encoding : std::uint8_t { utf8 = 1, gb18030 = 2 };
const char* encoding_name(Encoding encoding);
// Parses "utf-8", "gb18030" and their common names, in any case ("utf8", "utf-8-sig", "gbk", "gb2312",
// "cp936").
Result<Encoding> parse_encoding(std::string_view name);

struct TextStart {
    Encoding encoding = Encoding::utf8;
    std::size_t mark_bytes = 0;  // byte order mark to pass over
    bool operator==(const TextStart&) const = default;
};

// Detects the encoding; `beginning` is the file's first limits::encoding_probe_bytes, or all of it. Refuses a
// file that is no text: UTF-16, a spreadsheet's own format, an archive, zero bytes.
Result<TextStart> detect_text(View beginning, std::optional<Encoding> declared);

class Decoder {
  public:
    explicit Decoder(Encoding encoding);
    ~Decoder();
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    // Replaces `out` by the UTF-8 of `raw`. Returns the offset in `raw` of the first invalid byte, if any;
    // `out` then holds the text before that byte. `raw` must end at a character's end to be valid.
    std::optional<std::size_t> decode(std::string_view raw, std::string& out);
    Encoding encoding() const { return encoding_; }

  private:
    Encoding encoding_;
    void* converter_ = nullptr;  // iconv_t
};

// A whole small file as UTF-8, without its byte order mark: for lists that operators hand in. Refuses as
// detect_text() does, and text_bytes_bad, with "name:line" and the bytes, for invalid bytes and for
// private-use characters, which wrong conversions leave behind.
Result<std::string> decode_file(std::string_view name, View file, std::optional<Encoding> declared);

// The GB18030 form of valid UTF-8, for samples and tests.
std::string to_gb18030(std::string_view utf8);

}  // namespace xinwang
