#include "topology/revocation.h"

#include <algorithm>

#include "protocol/base/hash.h"
#include "protocol/base/limits.h"
#include "topology/division_code.h"

namespace xinwang {
namespace {

constexpr std::uint8_t revocation_version = 1;

Bytes to_sign_revocation(View body) {
    return text_to_sign("XW-revocation", body);
}

}  // namespace

Seq Revocation::size_of(const LogId& log) const {
    const auto it = std::lower_bound(logs.begin(), logs.end(), log,
                                     [](const CutOff& c, const LogId& wanted) { return c.log < wanted; });
    return it == logs.end() || it->log != log ? 0 : it->size;
}

Bytes sign_revocation(const Revocation& r, const SigningKey& revoker) {
    Writer out;
    out.u8(revocation_version);
    out.block(r.node);
    out.block(r.revoker);
    out.i64(r.at_ms);
    out.text16(r.reason);
    out.u16(static_cast<std::uint16_t>(r.logs.size()));
    for (const CutOff& cut : r.logs) {
        cut.log.write(out);
        out.u64(cut.size);
        out.block(cut.last);
    }
    out.block(revoker.sign(to_sign_revocation(out.bytes())));
    return out.take();
}

Result<Revocation> parse_revocation(View bytes) {
    if (bytes.size() > limits::revocation_bytes_max)
        return refuse(Code::too_large, "revocation", std::to_string(bytes.size()),
                      std::to_string(limits::revocation_bytes_max));
    Reader in(bytes, "revocation");
    if (const std::uint8_t its = in.u8(); in.good() && its != revocation_version)
        return refuse(Code::certificate_version, "revocation", std::to_string(its),
                      std::to_string(revocation_version));
    Revocation r;
    r.node = in.block<NodeId>();
    r.revoker = in.block<NodeId>();
    r.at_ms = in.i64();
    r.reason = in.text16();
    for (std::uint16_t left = in.u16(); left > 0 && in.good(); --left) {
        XW_TRY(log, LogId::read(in));
        r.logs.push_back({log, in.u64(), in.block<BatchId>()});
        const std::size_t n = r.logs.size();
        const bool rising = n == 1 || r.logs[n - 2].log < log;
        if (!rising || log.origin != r.node)
            return refuse(Code::revocation_field, "logs", log.origin_line(), r.node.hex());
    }
    r.signature = in.block<Signature>();
    XW_TRY_VOID(in.finish());
    XW_TRY_VOID(check_name(r.reason, "reason"));
    return r;
}

bool verify_revocation(const Revocation& r, View bytes, const SignPublicKey& revoker) {
    return bytes.size() > Signature::size &&
           verify(revoker, to_sign_revocation(bytes.first(bytes.size() - Signature::size)), r.signature);
}

}  // namespace xinwang
