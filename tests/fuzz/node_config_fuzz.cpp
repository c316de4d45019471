// node.toml: whatever the text, a refusal or settings within their bounds.
#include "node/edge/node_config.h"
#include "protocol/base/check.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto config = parse_config(text(View(bytes, size)));
    if (!config) return 0;
    XW_CHECK(config->workers >= 1 && config->workers <= 64);
    XW_CHECK(config->timing.hello_every > Duration{0} && config->timing.ping_every > Duration{0});
    return 0;
}
