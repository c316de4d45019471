#include "topology/certificate.h"

#include "protocol/base/hash.h"
#include "protocol/base/limits.h"

namespace xinwang {
namespace {

constexpr std::uint8_t version_without_next = 1;
constexpr std::uint8_t version_with_next = 2;
constexpr std::uint8_t certificate_suite = 1;

void write_body(Writer& out, const Certificate& c) {
    out.u8(c.next_open ? version_with_next : version_without_next);
    out.u8(certificate_suite);
    out.block(c.node);
    out.u64(c.code.number());
    out.u8(static_cast<std::uint8_t>(c.tier));
    out.block(c.sign_key);
    out.block(c.open_key);
    out.u32(c.open_epoch);
    if (c.next_open) {
        out.block(c.next_open->key);
        out.u32(c.next_open->epoch);
        out.i64(c.next_open->from_ms);
    }
    out.block(c.transport_key);
    out.block(c.parent);
    out.u64(c.serial);
    out.i64(c.issued_ms);
    out.i64(c.expires_ms);
    out.text16(c.name);
}

Bytes to_sign_certificate(View body) {
    return text_to_sign("XW-certificate", body);
}

tl::unexpected<Refusal> bad_certificate(std::string_view field, std::string_view value,
                                        std::string_view wanted) {
    return refuse(Code::certificate_field, field, value, wanted);
}

}  // namespace

Result<void> check_fields(const Certificate& c) {
    XW_TRY_VOID(DivisionCode::from_number(c.code.number()).map([](DivisionCode) {}));
    XW_TRY_VOID(check_name(c.name, c.code.text()));
    if (c.tier != c.code.tier()) return bad_certificate("tier", tier_name(c.tier), tier_name(c.code.tier()));
    if (c.node.is_zero()) return bad_certificate("node", c.node.hex(), "!= 0");
    if (c.parent.is_zero() != (c.tier == Tier::city))
        return bad_certificate("parent", c.parent.hex(), "city: 0");
    if (c.parent == c.node) return bad_certificate("parent", c.parent.hex(), "!= node");
    if (c.transport_key.is_zero()) return bad_certificate("transport key", c.transport_key.hex(), "!= 0");
    if (!usable(c.open_key)) return refuse(Code::weak_key, "open key", c.open_key.hex());
    if (const auto& next = c.next_open) {
        if (!usable(next->key)) return refuse(Code::weak_key, "next open key", next->key.hex());
        if (next->epoch <= c.open_epoch)
            return bad_certificate("next epoch", std::to_string(next->epoch),
                                   "> " + std::to_string(c.open_epoch));
        if (next->from_ms < 0) return bad_certificate("next from_ms", std::to_string(next->from_ms), "0..");
    }
    if (c.serial == 0) return bad_certificate("serial", "0", "1..");
    if (c.issued_ms < 0 || c.expires_ms <= c.issued_ms)
        return bad_certificate("expires_ms", std::to_string(c.expires_ms), "> " + std::to_string(c.issued_ms));
    return {};
}

Result<Bytes> issue_certificate(const Certificate& fields, const SigningKey& issuer) {
    XW_TRY_VOID(check_fields(fields));
    Writer out;
    write_body(out, fields);
    out.block(issuer.sign(to_sign_certificate(out.bytes())));
    return out.take();
}

Result<Certificate> parse_certificate(View bytes) {
    if (bytes.size() > limits::certificate_bytes_max)
        return refuse(Code::too_large, "certificate", std::to_string(bytes.size()),
                      std::to_string(limits::certificate_bytes_max));
    Reader in(bytes, "certificate");
    const std::uint8_t its_version = in.u8();
    const std::uint8_t its_suite = in.u8();
    XW_TRY_VOID(in.so_far());
    if (its_version != version_without_next && its_version != version_with_next)
        return refuse(Code::certificate_version, "version", std::to_string(its_version), "1, 2");
    if (its_suite != certificate_suite)
        return refuse(Code::certificate_version, "suite", std::to_string(its_suite),
                      std::to_string(certificate_suite));
    Certificate c;
    c.node = in.block<NodeId>();
    const std::uint64_t number = in.u64();
    const std::uint8_t tier_number = in.u8();
    c.sign_key = in.block<SignPublicKey>();
    c.open_key = in.block<OpenPublicKey>();
    c.open_epoch = in.u32();
    if (its_version == version_with_next)
        c.next_open = NextOpening{in.block<OpenPublicKey>(), in.u32(), in.i64()};
    c.transport_key = in.block<TransportPublicKey>();
    c.parent = in.block<NodeId>();
    c.serial = in.u64();
    c.issued_ms = in.i64();
    c.expires_ms = in.i64();
    c.name = in.text16();
    c.signature = in.block<Signature>();
    XW_TRY_VOID(in.finish());
    XW_TRY(code, DivisionCode::from_number(number));
    c.code = code;
    const auto tier = parse_tier(tier_number);
    if (!tier) return bad_certificate("tier", std::to_string(tier_number), "1, 2, 4, 8");
    c.tier = *tier;
    XW_TRY_VOID(check_fields(c));
    return c;
}

Result<void> verify_certificate(const Certificate& certificate, View bytes, const SignPublicKey& issuer) {
    const bool whole = bytes.size() > Signature::size;
    if (!whole || !verify(issuer, to_sign_certificate(bytes.first(bytes.size() - Signature::size)),
                          certificate.signature))
        return refuse(Code::certificate_signature, "signature", certificate.code.text());
    return {};
}

Bytes encode(const Certificate& certificate) {
    Writer out;
    write_body(out, certificate);
    out.block(certificate.signature);
    return out.take();
}

Expiry expiry(const Certificate& certificate, Instant now) {
    const std::int64_t left = certificate.expires_ms - now.ms;
    const std::int64_t days = left / day_ms - (left % day_ms < 0 ? 1 : 0);
    return {days, left <= 0};
}

}  // namespace xinwang
