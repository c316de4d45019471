#include "topology/request.h"

#include <algorithm>

#include "protocol/base/hash.h"
#include "protocol/base/limits.h"

namespace xinwang {
namespace {

constexpr std::uint8_t request_version = 1;
constexpr std::string_view request_prefix = "xinwang-request1:";
constexpr std::string_view reply_prefix = "xinwang-reply1:";
constexpr std::size_t root_digits_min = 24;

void write_body(Writer& out, const CertificationRequest& r) {
    out.u8(request_version);
    out.u64(r.code.number());
    out.block(r.sign_key);
    out.block(r.open_key);
    out.u32(r.open_epoch);
    out.block(r.transport_key);
    out.text16(r.name);
}

Bytes body_of(const CertificationRequest& r) {
    Writer out;
    write_body(out, r);
    return out.take();
}

Bytes to_sign_request(View body) {
    return text_to_sign("XW-request", body);
}

// Empty unless the text is the prefix and base64url, blanks aside.
std::optional<Bytes> bytes_of(std::string_view text, std::string_view prefix) {
    if (text.size() > limits::reply_text_bytes_max) return std::nullopt;
    std::string line(text);
    std::erase_if(line, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    if (!line.starts_with(prefix)) return std::nullopt;
    return from_base64url(std::string_view(line).substr(prefix.size()));
}

}  // namespace

Result<CertificationRequest> request_certificate(const ChildKeys& keys, DivisionCode code,
                                                 const std::string& name) {
    XW_TRY_VOID(check_name(name, code.text()));
    CertificationRequest r{
        code, keys.sign.public_key(), keys.open.public_key(), keys.open_epoch, keys.transport, name, {}};
    r.signature = keys.sign.sign(to_sign_request(body_of(r)));
    return r;
}

RequestId id_of(const CertificationRequest& request) {
    return hash<RequestId>("XW-request-id", {body_of(request)});
}

std::string request_text(const CertificationRequest& request) {
    Writer out;
    write_body(out, request);
    out.block(request.signature);
    return std::string(request_prefix) + base64url(out.bytes()) + "\n";
}

Result<CertificationRequest> parse_request_text(std::string_view text) {
    const auto bytes = bytes_of(text, request_prefix);
    if (!bytes) return refuse(Code::not_a_request, "request", {}, request_prefix);
    Reader in(*bytes, "request");
    const std::uint8_t its_version = in.u8();
    CertificationRequest r;
    const std::uint64_t number = in.u64();
    r.sign_key = in.block<SignPublicKey>();
    r.open_key = in.block<OpenPublicKey>();
    r.open_epoch = in.u32();
    r.transport_key = in.block<TransportPublicKey>();
    r.name = in.text16();
    r.signature = in.block<Signature>();
    if (!in.done() || its_version != request_version)
        return refuse(Code::not_a_request, "request", {}, request_prefix);
    // Before anything that it says: of a file with a slip every field may be the wrong one.
    if (!verify(r.sign_key, to_sign_request(View(*bytes).first(bytes->size() - Signature::size)), r.signature))
        return refuse(Code::request_damaged, "request");
    XW_TRY(code, DivisionCode::from_number(number));
    r.code = code;
    XW_TRY_VOID(check_name(r.name, r.code.text()));
    if (!usable(r.open_key)) return refuse(Code::weak_key, "open key", r.open_key.hex());
    return r;
}

Certificate fields_for(const CertificationRequest& r, const NodeId& parent, Instant now) {
    Certificate c;
    c.node = node_id_of(r.sign_key);
    c.code = r.code;
    c.tier = r.code.tier();
    c.name = r.name;
    c.sign_key = r.sign_key;
    c.open_key = r.open_key;
    c.open_epoch = r.open_epoch;
    c.transport_key = r.transport_key;
    c.parent = parent;
    c.issued_ms = now.ms;
    c.expires_ms = now.ms + limits::certificate_days * day_ms;
    return c;
}

std::string reply_text(const CertificationReply& r) {
    Writer out;
    out.u8(request_version);
    out.bytes16(r.reply.certificate);
    out.u8(static_cast<std::uint8_t>(r.reply.chain.size()));
    for (const Bytes& certificate : r.reply.chain) out.bytes16(certificate);
    out.u16(static_cast<std::uint16_t>(r.statements.size()));
    for (const Bytes& statement : r.statements) out.bytes16(statement);
    out.text16(r.reply.data_address);
    return std::string(reply_prefix) + base64url(out.bytes()) + "\n";
}

bool is_reply_text(std::string_view text) {
    return text.starts_with(reply_prefix);
}

Result<CertificationReply> parse_reply_text(std::string_view text) {
    const auto bytes = bytes_of(text, reply_prefix);
    if (!bytes) return refuse(Code::not_a_reply, "reply", {}, reply_prefix);
    Reader in(*bytes, "reply");
    const std::uint8_t its_version = in.u8();
    CertificationReply r;
    r.reply.certificate = to_bytes(in.bytes16());
    const std::size_t chain = in.u8();
    for (std::size_t i = 0; i < chain && in.good(); ++i) r.reply.chain.push_back(to_bytes(in.bytes16()));
    const std::size_t statements = in.u16();
    for (std::size_t i = 0; i < statements && in.good(); ++i) r.statements.push_back(to_bytes(in.bytes16()));
    r.reply.data_address = in.text16();
    if (!in.done() || its_version != request_version || r.reply.chain.empty() || r.statements.empty())
        return refuse(Code::not_a_reply, "reply", {}, reply_prefix);
    XW_TRY_VOID(check_address(r.reply.data_address, "data address"));
    return r;
}

Result<Joined> check_reply(const CertificationRequest& asked, const ChildKeys& keys,
                           const CertificationReply& reply, std::string_view root) {
    XW_TRY(first, parse_statement(reply.statements.front()));
    XW_TRY(own, parse_certificate(reply.reply.certificate));
    XW_TRY(parent, parse_certificate(reply.reply.chain.front()));
    Joined joined{{}, root_id_of(first.roots), parent.transport_key};
    const std::string id = joined.root.hex();
    if (!root.empty() && (root.size() < root_digits_min || !id.starts_with(root)))
        return refuse(Code::root_wrong, "root", id, root);
    if (own.code != asked.code)
        return refuse(Code::reply_other_code, "reply", own.code.text(), asked.code.text());
    if (own.sign_key != keys.sign.public_key()) return refuse(Code::reply_other_keys, "reply", own.code.text());
    // What an invitation would have said.
    Invitation told;
    told.code = asked.code;
    told.name = asked.name;
    told.parent = own.parent;
    told.parent_name = parent.name;
    told.parent_transport_key = parent.transport_key;
    told.root = joined.root;
    XW_TRY(enrolled, check_reply(told, keys, reply.statements, reply.reply));
    joined.enrolled = enrolled;
    return joined;
}

}  // namespace xinwang
