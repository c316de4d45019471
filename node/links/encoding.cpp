#include "node/links/encoding.h"

#include <iconv.h>

#include <array>

#include "protocol/base/check.h"

namespace xinwang {

const char* encoding_name(TextEncoding encoding) {
    switch (encoding) {
        case TextEncoding::utf8:
            return "utf-8";
        case TextEncoding::utf8_bom:
            return "utf-8-bom";
        case TextEncoding::gb18030:
            return "gb18030";
    }
    XW_CHECK(false);
}

Encoder::Encoder(TextEncoding encoding)
    : encoding_(encoding),
      // UTF-8 to UTF-8 is the check that the text is valid.
      converter_(iconv_open(encoding == TextEncoding::gb18030 ? "GB18030" : "UTF-8", "UTF-8")) {
    XW_CHECK(converter_ != reinterpret_cast<iconv_t>(-1));
}

Encoder::~Encoder() {
    iconv_close(converter_);
}

bool Encoder::add(std::string_view utf8, Bytes& to) {
    const std::size_t before = to.size();
    std::array<char, 4096> room;
    char* in = const_cast<char*>(utf8.data());  // iconv's signature; it does not write there
    std::size_t in_left = utf8.size();
    while (in_left > 0) {
        char* out = room.data();
        std::size_t out_left = room.size();
        const std::size_t rc = iconv(converter_, &in, &in_left, &out, &out_left);
        append(to, view(std::string_view(room.data(), room.size() - out_left)));
        const bool stuck = rc == static_cast<std::size_t>(-1) && errno != E2BIG;
        if (stuck || (rc != 0 && rc != static_cast<std::size_t>(-1))) {
            iconv(converter_, nullptr, nullptr, nullptr, nullptr);
            to.resize(before);
            return false;
        }
    }
    return true;
}

View Encoder::mark() const {
    return encoding_ == TextEncoding::utf8_bom ? view("\xEF\xBB\xBF") : View{};
}

const char* Encoder::xml_name() const {
    return encoding_ == TextEncoding::gb18030 ? "GB18030" : "UTF-8";
}

}  // namespace xinwang
