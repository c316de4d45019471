#include "topology/invitation.h"

#include <algorithm>

#include "protocol/base/hash.h"
#include "protocol/base/limits.h"

namespace xinwang {
namespace {

constexpr std::uint8_t version = 2;
using CheckSum = Block<4, struct CheckSumTag>;

CheckSum check_sum(View body) {
    const auto whole = hash<Hash256>("XW-invitation", {body});
    return *CheckSum::from(whole.view().first(CheckSum::size));
}

Result<void> check(const Invitation& i) {
    XW_TRY_VOID(DivisionCode::from_number(i.code.number()).map([](DivisionCode) {}));
    if (!i.name.empty()) XW_TRY_VOID(check_name(i.name, i.code.text()));
    XW_TRY_VOID(check_name(i.parent_name, "parent"));
    XW_TRY_VOID(check_address(i.data_address, "data address"));
    return check_address(i.enrol_address, "enrol address");
}

Result<Invitation> read_body(Reader& in) {
    Invitation i;
    const std::uint64_t number = in.u64();
    i.token = in.block<Token>();
    i.parent = in.block<NodeId>();
    i.parent_transport_key = in.block<TransportPublicKey>();
    i.root = in.block<RootId>();
    i.expires_ms = in.i64();
    i.data_address = in.text16();
    i.enrol_address = in.text16();
    i.name = in.text16();
    i.parent_name = in.text16();
    XW_TRY_VOID(in.finish());
    XW_TRY(code, DivisionCode::from_number(number));
    i.code = code;
    XW_TRY_VOID(check(i));
    return i;
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_host_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
}

bool is_host(std::string_view host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        return std::all_of(host.begin() + 1, host.end() - 1, [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
                   c == '.';
        });
    return !host.empty() && std::all_of(host.begin(), host.end(), is_host_character);
}

bool is_port(std::string_view digits) {
    if (digits.empty() || digits.size() > 5 || digits.front() == '0') return false;
    unsigned port = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return false;
        port = port * 10 + static_cast<unsigned>(c - '0');
    }
    return port <= 65'535;
}

}  // namespace

TokenId token_id_of(const Token& token) {
    const auto whole = hash<Hash256>("XW-token-id", {token.view()});
    return *TokenId::from(whole.view().first(TokenId::size));
}

TokenMacKey token_mac_key_of(const Token& token) {
    return hash<TokenMacKey>("XW-token-mac", {token.view()});
}

Result<std::string> write_invitation(const Invitation& i) {
    XW_TRY_VOID(check(i));
    Writer out;
    out.u8(version);
    out.u64(i.code.number());
    out.block(i.token);
    out.block(i.parent);
    out.block(i.parent_transport_key);
    out.block(i.root);
    out.i64(i.expires_ms);
    out.text16(i.data_address);
    out.text16(i.enrol_address);
    out.text16(i.name);
    out.text16(i.parent_name);
    out.block(check_sum(out.bytes()));
    return std::string(invitation_prefix) + base64url(out.bytes());
}

Result<Invitation> parse_invitation(std::string_view line) {
    if (line.size() > limits::invitation_line_bytes_max)
        return refuse(Code::too_large, "invitation", std::to_string(line.size()),
                      std::to_string(limits::invitation_line_bytes_max));
    std::string text(line);
    std::erase_if(text, is_blank);
    if (!text.starts_with(invitation_prefix))
        return refuse(Code::not_an_invitation, "invitation", {}, invitation_prefix);
    const auto bytes = from_base64url(std::string_view(text).substr(invitation_prefix.size()));
    if (!bytes) return refuse(Code::invitation_damaged, "invitation", "base64url");
    if (bytes->size() <= CheckSum::size) return refuse(Code::invitation_damaged, "invitation", "length");
    const View body = View(*bytes).first(bytes->size() - CheckSum::size);
    if (!equal(View(*bytes).last(CheckSum::size), check_sum(body).view()))
        return refuse(Code::invitation_damaged, "invitation", "checksum");
    Reader in(body, "invitation");
    if (const std::uint8_t v = in.u8(); v != version)
        return refuse(Code::invitation_version, "version", std::to_string(v), std::to_string(version));
    return read_body(in);
}

Result<void> check_address(std::string_view address, std::string_view field) {
    const std::size_t colon = address.rfind(':');
    const bool good = address.size() <= limits::address_bytes_max && colon != address.npos &&
                      is_host(address.substr(0, colon)) && is_port(address.substr(colon + 1));
    if (!good) return refuse(Code::bad_address, field, address, "host:port");
    return {};
}

}  // namespace xinwang
