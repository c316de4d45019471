// Whatever the bytes: a refusal, or a request, a reply or an order that is written as it was read.
#include "protocol/base/check.h"
#include "topology/request.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const View input{bytes, size};
    if (const auto request = parse_request_text(text(input)))
        XW_CHECK(*parse_request_text(request_text(*request)) == *request);
    if (const auto reply = parse_reply_text(text(input))) {
        const auto again = parse_reply_text(reply_text(*reply));
        XW_CHECK(again && again->statements == reply->statements && again->reply.chain == reply->reply.chain);
    }
    if (const auto order = parse_order(input)) XW_CHECK(encode(*order) == to_bytes(input));
    if (const auto person = parse_operator_text(text(input)))
        XW_CHECK(*parse_operator_text(operator_text(*person)) == *person);
    return 0;
}
