#include "node/intake/text.h"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "protocol/base/check.h"
#include "protocol/base/limits.h"
#include "protocol/unicode.h"

namespace xinwang {
namespace {

iconv_t open_converter(const char* to, const char* from) {
    const iconv_t converter = iconv_open(to, from);
    if (converter == reinterpret_cast<iconv_t>(-1))
        throw std::system_error(errno, std::generic_category(),
                                std::string("iconv_open ") + from + " to " + to);
    return converter;
}

// Converts all of `raw` into `out`; yields where it stopped when it did.
std::optional<std::size_t> convert(iconv_t converter, std::string_view raw, std::string& out) {
    iconv(converter, nullptr, nullptr, nullptr, nullptr);
    out.resize(raw.size() * 3 +
               16);  // a GB18030 character of n bytes takes at most 1.5 n in UTF-8, and the reverse 2 n
    char* from = const_cast<char*>(raw.data());
    std::size_t from_left = raw.size();
    char* to = out.data();
    std::size_t to_left = out.size();
    const std::size_t result = iconv(converter, &from, &from_left, &to, &to_left);
    const int error = result == static_cast<std::size_t>(-1) ? errno : 0;
    out.resize(out.size() - to_left);
    XW_CHECK(error != E2BIG);
    if (error == 0) return std::nullopt;
    return raw.size() - from_left;
}

bool starts_with(View bytes, std::initializer_list<std::uint8_t> prefix) {
    return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

// What the bytes are when they are no text; empty otherwise.
std::string_view not_text(View beginning) {
    if (starts_with(beginning, {'P', 'K', 3, 4})) return "XLSX/ZIP";
    if (starts_with(beginning, {0xD0, 0xCF, 0x11, 0xE0})) return "XLS/DOC";
    if (starts_with(beginning, {'%', 'P', 'D', 'F'})) return "PDF";
    if (starts_with(beginning, {0xFF, 0xFE}) || starts_with(beginning, {0xFE, 0xFF})) return "UTF-16";
    if (std::find(beginning.begin(), beginning.end(), 0) != beginning.end()) return "NUL";
    return {};
}

// Valid but for a character that the end of the probe may have cut.
bool is_utf8(std::string_view line, bool may_be_cut) {
    const std::size_t valid = utf8_valid_prefix(line);
    if (valid == line.size()) return true;
    return may_be_cut && line.size() - valid < 4 && static_cast<unsigned char>(line[valid]) >= 0xC2;
}

// True when at least half of the lines that go beyond ASCII are valid UTF-8. GB18030 text is valid UTF-8 by
// chance in a rare short line (联通), never in half of a file.
bool mostly_utf8(std::string_view beginning) {
    std::size_t valid = 0, invalid = 0;
    while (!beginning.empty()) {
        const std::size_t end = std::min(beginning.find('\n'), beginning.size());
        const std::string_view line = beginning.substr(0, end);
        const bool plain = std::none_of(line.begin(), line.end(), [](char c) { return (c & 0x80) != 0; });
        if (!plain) ++(is_utf8(line, end == beginning.size()) ? valid : invalid);
        beginning.remove_prefix(std::min(end + 1, beginning.size()));
    }
    return valid >= invalid;
}

}  // namespace

const char* encoding_name(Encoding encoding) {
    return encoding == Encoding::utf8 ? "UTF-8" : "GB18030";
}

Result<Encoding> parse_encoding(std::string_view name) {
    std::string folded;
    for (const char c : name) folded.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    for (const char* known : {"utf-8", "utf8", "utf-8-bom", "utf-8-sig"})
        if (folded == known) return Encoding::utf8;
    for (const char* known : {"gb18030", "gbk", "gb2312", "cp936"})
        if (folded == known) return Encoding::gb18030;
    return refuse(Code::encoding_unknown, {}, name, "UTF-8, GB18030 (GBK, GB2312)");
}

Result<TextStart> detect_text(View beginning, std::optional<Encoding> declared) {
    if (const auto kind = not_text(beginning); !kind.empty())
        return refuse(Code::file_not_text, {}, kind, "CSV, UTF-8/GB18030");
    const bool mark = starts_with(beginning, {0xEF, 0xBB, 0xBF});
    if (declared) return TextStart{*declared, mark && *declared == Encoding::utf8 ? 3u : 0u};
    if (mark) return TextStart{Encoding::utf8, 3};
    return TextStart{mostly_utf8(text(beginning)) ? Encoding::utf8 : Encoding::gb18030, 0};
}

Decoder::Decoder(Encoding encoding) : encoding_(encoding) {
    if (encoding == Encoding::gb18030) converter_ = open_converter("UTF-8", "GB18030");
}

Decoder::~Decoder() {
    if (converter_ != nullptr) iconv_close(converter_);
}

std::optional<std::size_t> Decoder::decode(std::string_view raw, std::string& out) {
    const std::size_t valid = utf8_valid_prefix(raw);
    const bool plain = std::none_of(raw.begin(), raw.end(), [](char c) { return (c & 0x80) != 0; });
    if (plain || encoding_ == Encoding::utf8) {
        out.assign(raw.substr(0, valid));
        if (valid != raw.size()) return valid;
        return std::nullopt;
    }
    return convert(converter_, raw, out);
}

namespace {

constexpr std::size_t shown_bytes = 4;

// "U+E863" of the first character that no valid list holds; empty when there is none.
std::string private_character(std::string_view line) {
    while (!line.empty()) {
        const char32_t c = take_character(line);
        if (is_private(c)) return fmt::format("U+{:04X}", static_cast<std::uint32_t>(c));
    }
    return {};
}

}  // namespace

Result<std::string> decode_file(std::string_view name, View file, std::optional<Encoding> declared) {
    XW_TRY(start, detect_text(file.first(std::min(file.size(), limits::encoding_probe_bytes)), declared));
    Decoder decoder(start.encoding);
    std::string_view rest = text(file.subspan(start.mark_bytes));
    std::string out, decoded;
    for (std::size_t number = 1; !rest.empty(); ++number) {
        const std::string_view line = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
        const auto bad = [&](std::string_view what) {
            return refuse(Code::text_bytes_bad, fmt::format("{}:{}", name, number), what,
                          encoding_name(start.encoding));
        };
        if (const auto stopped = decoder.decode(line, decoded))
            return bad(hex(view(line.substr(*stopped, shown_bytes))));
        if (const std::string found = private_character(decoded); !found.empty()) return bad(found);
        out += decoded;
        rest.remove_prefix(line.size());
    }
    return out;
}

std::string to_gb18030(std::string_view utf8) {
    const iconv_t converter = open_converter("GB18030", "UTF-8");
    std::string out;
    const auto stopped = convert(converter, utf8, out);
    iconv_close(converter);
    XW_CHECK(!stopped);
    return out;
}

}  // namespace xinwang
