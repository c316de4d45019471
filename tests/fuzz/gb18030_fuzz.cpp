// What is decoded from GB18030 is valid UTF-8, and what was accepted whole encodes to text that decodes to the
// same.
#include "node/intake/text.h"
#include "protocol/base/check.h"
#include "protocol/unicode.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const View input(bytes, size);
    (void)detect_text(input, std::nullopt);
    (void)parse_encoding(text(input));
    Decoder decoder(Encoding::gb18030);
    std::string out, again;
    const auto stopped = decoder.decode(text(input), out);
    XW_CHECK(valid_utf8(out));
    XW_CHECK(!stopped || *stopped < size);
    if (stopped) return 0;
    XW_CHECK(!decoder.decode(to_gb18030(out), again));
    XW_CHECK(again == out);
    return 0;
}
