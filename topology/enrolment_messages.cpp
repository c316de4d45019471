// The bodies of the enrolment's messages, the transcript over them, and what the parent keeps of an invitation.
#include "protocol/base/hash.h"
#include "protocol/base/limits.h"
#include "protocol/base/refusal_codec.h"
#include "topology/enrolment.h"

namespace xinwang {
namespace {

enum class Type : std::uint8_t {
    hello = 33,
    challenge = 34,
    request = 35,
    reply = 36,
    refused = 37,
    statement = 38
};

void write_body(Writer& out, const EnrolHello& m) {
    out.block(m.token);
    out.u64(m.code.number());
}

void write_body(Writer& out, const EnrolChallenge& m) {
    out.block(m.ephemeral);
}

void write_claims(Writer& out, const EnrolRequest& m) {
    out.block(m.sign_key);
    out.block(m.open_key);
    out.u32(m.open_epoch);
    out.block(m.transport_key);
    out.text16(m.name);
}

void write_body(Writer& out, const EnrolRequest& m) {
    write_claims(out, m);
    out.block(m.sign_proof);
    out.block(m.open_proof);
    out.block(m.token_proof);
}

void write_body(Writer& out, const EnrolReply& m) {
    out.bytes16(m.certificate);
    out.u8(static_cast<std::uint8_t>(m.chain.size()));
    for (const Bytes& certificate : m.chain) out.bytes16(certificate);
    out.text16(m.data_address);
}

void write_body(Writer& out, const EnrolRefused& m) {
    write(out, m.refusal);
}

void write_body(Writer& out, const EnrolStatement& m) {
    out.bytes16(m.statement);
}

Result<EnrolMessage> read_hello(Reader& in) {
    EnrolHello m;
    m.token = in.block<TokenId>();
    const std::uint64_t number = in.u64();
    XW_TRY_VOID(in.so_far());
    XW_TRY(code, DivisionCode::from_number(number));
    m.code = code;
    return m;
}

Result<EnrolMessage> read_request(Reader& in) {
    EnrolRequest m;
    m.sign_key = in.block<SignPublicKey>();
    m.open_key = in.block<OpenPublicKey>();
    m.open_epoch = in.u32();
    m.transport_key = in.block<TransportPublicKey>();
    m.name = in.text16();
    m.sign_proof = in.block<Signature>();
    m.open_proof = in.block<Proof>();
    m.token_proof = in.block<Proof>();
    XW_TRY_VOID(in.so_far());
    if (!m.name.empty()) XW_TRY_VOID(check_name(m.name, "name"));
    return m;
}

Result<EnrolMessage> read_reply(Reader& in) {
    EnrolReply m;
    m.certificate = to_bytes(in.bytes16());
    const std::uint8_t count = in.u8();
    if (count > std::size(all_tiers)) return refuse(Code::reply_chain, "chain", std::to_string(count), "0..4");
    for (std::uint8_t i = 0; i < count; ++i) m.chain.push_back(to_bytes(in.bytes16()));
    m.data_address = in.text16();
    XW_TRY_VOID(in.so_far());
    XW_TRY_VOID(check_address(m.data_address, "data address"));
    return m;
}

Result<EnrolMessage> read_body(Type type, Reader& in) {
    switch (type) {
        case Type::hello:
            return read_hello(in);
        case Type::challenge:
            return EnrolChallenge{in.block<OpenPublicKey>()};
        case Type::request:
            return read_request(in);
        case Type::reply:
            return read_reply(in);
        case Type::refused: {
            XW_TRY(refusal, read_refusal(in));
            return EnrolRefused{refusal};
        }
        case Type::statement:
            return EnrolStatement{to_bytes(in.bytes16())};
    }
    return refuse(Code::enrol_unknown_message, "type", std::to_string(static_cast<int>(type)), "33..38");
}

}  // namespace

Bytes encode(const EnrolMessage& message) {
    Writer out;
    out.u8(static_cast<std::uint8_t>(static_cast<std::size_t>(Type::hello) + message.index()));
    std::visit([&](const auto& m) { write_body(out, m); }, message);
    return out.take();
}

Result<EnrolMessage> decode_enrol_message(View frame) {
    if (frame.size() > limits::enrol_frame_bytes_max)
        return refuse(Code::too_large, "frame", std::to_string(frame.size()),
                      std::to_string(limits::enrol_frame_bytes_max));
    Reader in(frame, "enrolment message");
    const Type type{in.u8()};
    XW_TRY_VOID(in.so_far());
    XW_TRY(message, read_body(type, in));
    XW_TRY_VOID(in.finish());
    return message;
}

Transcript transcript_of(const NodeId& parent, const EnrolHello& hello, const EnrolChallenge& challenge,
                         const EnrolRequest& request) {
    Writer out;
    out.block(parent);
    write_body(out, hello);
    write_body(out, challenge);
    write_claims(out, request);
    return hash<Transcript>("XW-enrolment-transcript", {out.bytes()});
}

Bytes encode(const OpenInvitation& i) {
    Writer out;
    out.block(i.token);
    out.block(i.mac_key);
    out.u64(i.code.number());
    out.i64(i.made_ms);
    out.i64(i.expires_ms);
    out.u8(static_cast<std::uint8_t>(i.state));
    out.u8(i.wrong_tries);
    out.block(i.node);
    out.text16(i.name);
    return out.take();
}

Result<OpenInvitation> parse_open_invitation(View bytes) {
    Reader in(bytes, "open invitation");
    OpenInvitation i;
    i.token = in.block<TokenId>();
    i.mac_key = in.block<TokenMacKey>();
    const std::uint64_t number = in.u64();
    i.made_ms = in.i64();
    i.expires_ms = in.i64();
    const std::uint8_t state = in.u8();
    i.wrong_tries = in.u8();
    i.node = in.block<NodeId>();
    i.name = in.text16();
    XW_TRY_VOID(in.finish());
    XW_TRY(code, DivisionCode::from_number(number));
    i.code = code;
    if (state < 1 || state > 3) return refuse(Code::bad_number, "state", std::to_string(state), "1..3");
    i.state = InvitationState{state};
    if (!i.name.empty()) XW_TRY_VOID(check_name(i.name, i.code.text()));
    return i;
}

}  // namespace xinwang
