// Any frames at all: the keeper gives a verdict, and admits only who is on its list.
#include <algorithm>

#include "node/edge/zap.h"
#include "protocol/base/check.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // Frames are behind a length of one byte each.
    std::vector<View> frames;
    View rest(data, size);
    while (!rest.empty()) {
        const std::size_t length = std::min<std::size_t>(rest.front(), rest.size() - 1);
        frames.push_back(rest.subspan(1, length));
        rest = rest.subspan(1 + length);
    }
    AdmittedKeys keys;
    keys.admitted = {TransportPublicKey{{'a'}}};
    keys.revoked = {TransportPublicKey{{'r'}}};
    keys.newcomers = false;
    const ZapVerdict verdict = judge_zap(frames, &keys);
    XW_CHECK((verdict.status == ZapStatus::admitted) <= keys.admitted.contains(verdict.key));
    XW_CHECK((verdict.status == ZapStatus::never) <= keys.revoked.contains(verdict.key));
    XW_CHECK(judge_zap(frames, nullptr).status == ZapStatus::not_now);
    return 0;
}
