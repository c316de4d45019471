#include "protocol/base/codec.h"

#include "protocol/base/check.h"

namespace xinwang {

void Writer::bytes16(View bytes) {
    XW_CHECK(bytes.size() < 65'536);
    u16(static_cast<std::uint16_t>(bytes.size()));
    raw(bytes);
}

void Writer::bytes32(View bytes) {
    XW_CHECK(bytes.size() < (1ull << 32));
    u32(static_cast<std::uint32_t>(bytes.size()));
    raw(bytes);
}

View Reader::raw(std::size_t size) {
    if (missing_ != 0) return {};
    if (size > rest_.size()) {
        missing_ = size - rest_.size();
        rest_ = {};
        return {};
    }
    const View v = rest_.first(size);
    rest_ = rest_.subspan(size);
    return v;
}

Result<void> Reader::so_far() const {
    if (missing_ != 0) return refuse(Code::truncated, what_, {}, std::to_string(missing_));
    return {};
}

Result<void> Reader::finish() const {
    XW_TRY_VOID(so_far());
    if (!rest_.empty()) return refuse(Code::trailing_bytes, what_, std::to_string(rest_.size()));
    return {};
}

}  // namespace xinwang
