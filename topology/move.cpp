#include "topology/move.h"

#include "protocol/base/check.h"
#include "protocol/base/hash.h"
#include "protocol/base/limits.h"
#include "topology/invitation.h"

namespace xinwang {
namespace {

constexpr std::uint8_t move_version = 1;
constexpr std::size_t lineage_max = 3;
constexpr std::size_t rekeys_max = 32;

Bytes to_sign_move(View body) {
    return text_to_sign("XW-move", body);
}

tl::unexpected<Refusal> bad_move(std::string_view field, const std::string& value, const std::string& wanted) {
    return refuse(Code::move_field, field, value, wanted);
}

Result<std::vector<Bytes>> read_list(Reader& in, std::string_view field, std::size_t most) {
    std::vector<Bytes> list;
    const std::size_t count = in.u8();
    if (count > most) return bad_move(field, std::to_string(count), std::to_string(most));
    while (list.size() < count && in.good()) list.push_back(to_bytes(in.bytes16()));
    return list;
}

void write_list(Writer& out, const std::vector<Bytes>& list) {
    out.u8(static_cast<std::uint8_t>(list.size()));
    for (const Bytes& item : list) out.bytes16(item);
}

Writer move_body(const Move& m) {
    Writer out;
    out.u8(move_version);
    out.block(m.mover);
    out.i64(m.at_ms);
    out.bytes16(m.certificate);
    out.u64(m.former_code.number());
    out.u8(static_cast<std::uint8_t>(m.lineage.size()));
    for (const NodeId& node : m.lineage) out.block(node);
    write_list(out, m.chain);
    out.text16(m.address);
    write_list(out, m.rekeys);
    out.u16(static_cast<std::uint16_t>(m.logs.size()));
    for (const LogSize& l : m.logs) {
        l.log.write(out);
        out.u64(l.size);
    }
    return out;
}

}  // namespace

Bytes sign_move(const Move& m, const SigningKey& mover) {
    Writer out = move_body(m);
    out.block(mover.sign(to_sign_move(out.bytes())));
    return out.take();
}

Bytes encode(const Move& m) {
    Writer out = move_body(m);
    out.block(m.signature);
    return out.take();
}

Result<Move> parse_move(View bytes) {
    if (bytes.size() > limits::move_bytes_max)
        return refuse(Code::too_large, "move", std::to_string(bytes.size()),
                      std::to_string(limits::move_bytes_max));
    Reader in(bytes, "move");
    if (const std::uint8_t its = in.u8(); in.good() && its != move_version)
        return refuse(Code::certificate_version, "move", std::to_string(its), std::to_string(move_version));
    Move m;
    m.mover = in.block<NodeId>();
    m.at_ms = in.i64();
    m.certificate = to_bytes(in.bytes16());
    const std::uint64_t former_code = in.u64();
    const std::size_t lineage = in.u8();
    if (in.good() && (lineage == 0 || lineage > lineage_max))
        return bad_move("lineage", std::to_string(lineage), "1.." + std::to_string(lineage_max));
    while (m.lineage.size() < lineage && in.good()) m.lineage.push_back(in.block<NodeId>());
    XW_TRY(chain, read_list(in, "chain", lineage_max));
    m.chain = std::move(chain);
    m.address = in.text16();
    XW_TRY(rekeys, read_list(in, "rekeys", rekeys_max));
    m.rekeys = std::move(rekeys);
    for (std::uint16_t left = in.u16(); left > 0 && in.good(); --left) {
        XW_TRY(log, LogId::read(in));
        m.logs.push_back({log, in.u64()});
        const std::size_t n = m.logs.size();
        if (n > 1 && !(m.logs[n - 2].log < log)) return bad_move("logs", log.origin_line(), "rising");
    }
    m.signature = in.block<Signature>();
    XW_TRY_VOID(in.finish());
    XW_TRY(code, DivisionCode::from_number(former_code));
    m.former_code = code;
    XW_TRY_VOID(check_address(m.address, "address"));
    if (m.chain.size() != m.lineage.size())
        return bad_move("chain", std::to_string(m.chain.size()), std::to_string(m.lineage.size()));
    XW_TRY_VOID(parse_certificate(m.certificate));
    for (const Bytes& link : m.chain) XW_TRY_VOID(parse_certificate(link));
    return m;
}

Certificate certificate_of(const Move& m) {
    auto c = parse_certificate(m.certificate);
    XW_CHECK(c);
    return std::move(*c);
}

std::vector<Certificate> chain_of(const Move& m) {
    std::vector<Certificate> chain;
    for (const Bytes& link : m.chain) {
        auto c = parse_certificate(link);
        XW_CHECK(c);
        chain.push_back(std::move(*c));
    }
    return chain;
}

bool verify_move(const Move& m, View bytes, const SignPublicKey& mover) {
    return bytes.size() > Signature::size &&
           verify(mover, to_sign_move(bytes.first(bytes.size() - Signature::size)), m.signature);
}

Result<RekeyBody> parse_rekey(View body) {
    Reader in(body, "rekey");
    const View certificate = in.bytes16();
    const View request = in.bytes16();
    XW_TRY_VOID(in.finish());
    XW_TRY(c, parse_certificate(certificate));
    XW_TRY(r, parse_renewal(request));
    return RekeyBody{std::move(c), std::move(r)};
}

}  // namespace xinwang
