// Shows that any bytes are an answer or a refusal in both layouts. The first byte chooses layout and encoding.
#include <cstdlib>

#include "node/links/feedback.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    LinkProfile profile;
    profile.feedback = {.format = (bytes[0] & 1) != 0 ? LinkFormat::xml : LinkFormat::csv,
                        .encoding = (bytes[0] & 2) != 0 ? TextEncoding::gb18030 : TextEncoding::utf8_bom,
                        .row_element = "DATA",
                        .package = "BH",
                        .row = "XH",
                        .record = "JLBS",
                        .result = "JG",
                        .reason = "YYDM",
                        .message = "YY",
                        .results = {{"1", FeedbackResult::accepted}, {"0", FeedbackResult::refused}}};
    const auto feedback = parse_feedback(View(bytes + 1, size - 1), profile);
    if (!feedback) return 0;
    for (const auto& row : feedback->rows)
        if (row.package.empty() || (row.row == 0 && !row.record)) std::abort();
    return 0;
}
