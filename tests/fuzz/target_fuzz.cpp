// Whatever the target's bytes: a value or a refusal; a value encodes to a target that means the same.
#include "node/api/target.h"
#include "protocol/base/bytes.h"
#include "protocol/base/check.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto target = parse_target(text({bytes, size}));
    if (!target) return 0;
    std::string again;
    for (const auto segment : path_segments(target->path)) again += "/" + encode_component(segment);
    if (again.empty()) again = "/";
    char separator = '?';
    for (const auto& [name, value] : target->query) {
        again += separator + encode_component(name) + "=" + encode_component(value);
        separator = '&';
    }
    const auto twice = parse_target(again);
    // Encoding may make a long target longer than the limit allows.
    XW_CHECK(twice ? *twice == *target : twice.error().code == Code::too_large);
    return 0;
}
