#include "storage/tally.h"

#include <numeric>

#include "protocol/base/codec.h"

namespace xinwang {

std::uint64_t Tally::total() const {
    return std::accumulate(rows.begin(), rows.end(), std::uint64_t{0});
}

Bytes encode(const Tally& tally) {
    Writer out;
    for (const std::uint64_t n : tally.rows) out.u64(n);
    return out.take();
}

Result<Tally> read_tally(View payload) {
    Reader in(payload, "tally");
    Tally tally;
    for (std::uint64_t& n : tally.rows) n = in.u64();
    XW_TRY_VOID(in.finish());
    return tally;
}

}  // namespace xinwang
