#include "protocol/base/refusal_codec.h"

namespace xinwang {

void write(Writer& out, const Refusal& refusal) {
    out.u16(static_cast<std::uint16_t>(refusal.code));
    out.text16(refusal.field);
    out.text16(refusal.value);
    out.text16(refusal.limit);
}

Result<Refusal> read_refusal(Reader& in) {
    const std::uint16_t number = in.u16();
    const std::string field = in.text16();
    const std::string value = in.text16();
    const std::string limit = in.text16();
    XW_TRY_VOID(in.so_far());
    const RefusalText* known = find_refusal(number);
    if (known == nullptr) return Refusal(Code::refused_by_newer_peer, field, std::to_string(number), limit);
    return Refusal(known->code, field, value, limit);
}

}  // namespace xinwang
