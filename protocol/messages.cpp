#include "protocol/messages.h"

namespace xinwang {
namespace {

enum class Type : std::uint8_t {
    hello = 1,
    welcome = 2,
    have = 3,
    have_end = 4,
    piece = 5,
    held = 6,
    credit = 7,
    head = 8,
    receipt = 9,
    refused = 10,
    ping = 11,
    pong = 12,
    want = 13,
    renew = 14,
    renew_answer = 15,
};

Writer start(Type type) {
    Writer out;
    out.u8(static_cast<std::uint8_t>(type));
    return out;
}

struct Encoder {
    Bytes operator()(const Hello& m) const {
        Writer out = start(Type::hello);
        out.u16(m.version_min);
        out.u16(m.version_max);
        out.block(m.node);
        out.block(m.expected_parent);
        out.block(m.incarnation);
        out.u64(m.boot_nonce);
        out.u64(m.hello_nonce);
        return out.take();
    }
    Bytes operator()(const Welcome& m) const {
        Writer out = start(Type::welcome);
        out.u16(m.version);
        out.block(m.node);
        out.u64(m.boot_nonce);
        out.u64(m.hello_nonce);
        return out.take();
    }
    Bytes operator()(const Have& m) const {
        Writer out = start(Type::have);
        out.u16(static_cast<std::uint16_t>(m.holdings.size()));
        for (const Holding& h : m.holdings) {
            h.log.write(out);
            out.u64(h.size);
            out.block(h.last);
            out.u64(h.confirmed);
        }
        return out.take();
    }
    Bytes operator()(const HaveEnd&) const { return start(Type::have_end).take(); }
    Bytes operator()(const Piece& m) const {
        return encode_piece(m.log, m.seq, m.index, m.count, m.bytes, m.expired);
    }
    Bytes operator()(const Held& m) const {
        Writer out = start(Type::held);
        m.log.write(out);
        out.u64(m.size);
        return out.take();
    }
    Bytes operator()(const Credit& m) const {
        Writer out = start(Type::credit);
        out.u64(m.pieces);
        return out.take();
    }
    Bytes operator()(const HeadNote& m) const {
        Writer out = start(Type::head);
        m.log.write(out);
        out.text16(m.note);
        return out.take();
    }
    Bytes operator()(const ReceiptNote& m) const {
        Writer out = start(Type::receipt);
        m.log.write(out);
        out.block(m.ancestor);
        out.text16(m.note);
        return out.take();
    }
    Bytes operator()(const Refused& m) const {
        Writer out = start(Type::refused);
        m.log.write(out);
        out.u64(m.seq);
        write(out, m.refusal);
        return out.take();
    }
    Bytes operator()(const Ping& m) const { return nonce(Type::ping, m.nonce); }
    Bytes operator()(const Pong& m) const { return nonce(Type::pong, m.nonce); }
    Bytes operator()(const Want& m) const {
        Writer out = start(Type::want);
        m.log.write(out);
        out.u64(m.seq);
        return out.take();
    }
    Bytes operator()(const Renew& m) const {
        Writer out = start(Type::renew);
        out.bytes16(m.request);
        return out.take();
    }
    Bytes operator()(const RenewAnswer& m) const {
        Writer out = start(Type::renew_answer);
        out.u64(m.serial);
        out.u8(m.refusal ? 0 : 1);
        if (m.refusal) write(out, *m.refusal);
        return out.take();
    }

  private:
    static Bytes nonce(Type type, std::uint64_t value) {
        Writer out = start(type);
        out.u64(value);
        return out.take();
    }
};

Result<Message> decode_hello(Reader& in) {
    Hello m;
    m.version_min = in.u16();
    m.version_max = in.u16();
    m.node = in.block<NodeId>();
    m.expected_parent = in.block<NodeId>();
    m.incarnation = in.block<Incarnation>();
    m.boot_nonce = in.u64();
    m.hello_nonce = in.u64();
    // A later version may add fields behind these: a Hello is read by every version, so that versions can be
    // compared.
    XW_TRY_VOID(in.so_far());
    return m;
}

Result<Message> decode_have(Reader& in) {
    const std::size_t count = in.u16();
    if (count > Have::per_message_max)
        return refuse(Code::too_large, "have", std::to_string(count), std::to_string(Have::per_message_max));
    Have m;
    for (std::size_t i = 0; i < count && in.good(); ++i) {
        XW_TRY(log, LogId::read(in));
        Holding h;
        h.log = log;
        h.size = in.u64();
        h.last = in.block<BatchId>();
        h.confirmed = in.u64();
        m.holdings.push_back(h);
    }
    return m;
}

Result<Message> decode_piece(Reader& in) {
    XW_TRY(log, LogId::read(in));
    Piece m;
    m.log = log;
    m.seq = in.u64();
    m.index = in.u16();
    const std::uint16_t count = in.u16();
    m.expired = (count & Piece::expired_bit) != 0;
    m.count = count & ~Piece::expired_bit;
    const View bytes = in.bytes32();
    XW_TRY_VOID(in.so_far());
    const std::size_t count_max = m.expired ? Piece::expired_pieces_max : limits::batch_pieces_max;
    if (m.count < 2 || m.count > count_max)
        return refuse(Code::bad_number, "piece.count", std::to_string(m.count),
                      "2.." + std::to_string(count_max));
    if (m.index >= m.count)
        return refuse(Code::bad_number, "piece.index", std::to_string(m.index), "< " + std::to_string(m.count));
    if (bytes.empty() || bytes.size() > limits::piece_bytes_max)
        return refuse(Code::too_large, "piece", std::to_string(bytes.size()),
                      std::to_string(limits::piece_bytes_max));
    m.bytes = to_bytes(bytes);
    return m;
}

Result<Message> decode_note(Reader& in, Type type) {
    XW_TRY(log, LogId::read(in));
    const NodeId ancestor = type == Type::receipt ? in.block<NodeId>() : NodeId{};
    std::string note = in.text16();
    if (note.size() > limits::note_bytes_max)
        return refuse(Code::too_large, "note", std::to_string(note.size()),
                      std::to_string(limits::note_bytes_max));
    if (type == Type::receipt) return ReceiptNote{log, ancestor, std::move(note)};
    return HeadNote{log, std::move(note)};
}

Result<Message> decode_refused(Reader& in) {
    XW_TRY(log, LogId::read(in));
    const Seq seq = in.u64();
    XW_TRY(refusal, read_refusal(in));
    return Refused{log, seq, refusal};
}

Result<Message> decode_renew_answer(Reader& in) {
    RenewAnswer m;
    m.serial = in.u64();
    const std::uint8_t granted = in.u8();
    XW_TRY_VOID(in.so_far());
    if (granted > 1) return refuse(Code::bad_number, "granted", std::to_string(granted), "0, 1");
    if (granted == 1) return m;
    XW_TRY(refusal, read_refusal(in));
    m.refusal = refusal;
    return m;
}

Result<Message> decode_body(Type type, Reader& in) {
    switch (type) {
        case Type::hello:
            return decode_hello(in);
        case Type::welcome: {
            Welcome m;
            m.version = in.u16();
            m.node = in.block<NodeId>();
            m.boot_nonce = in.u64();
            m.hello_nonce = in.u64();
            return m;
        }
        case Type::have:
            return decode_have(in);
        case Type::have_end:
            return HaveEnd{};
        case Type::piece:
            return decode_piece(in);
        case Type::held: {
            XW_TRY(log, LogId::read(in));
            return Held{log, in.u64()};
        }
        case Type::credit:
            return Credit{in.u64()};
        case Type::head:
        case Type::receipt:
            return decode_note(in, type);
        case Type::refused:
            return decode_refused(in);
        case Type::ping:
            return Ping{in.u64()};
        case Type::pong:
            return Pong{in.u64()};
        case Type::want: {
            XW_TRY(log, LogId::read(in));
            return Want{log, in.u64()};
        }
        case Type::renew: {
            const View request = in.bytes16();
            if (request.size() > Renew::bytes_max)
                return refuse(Code::too_large, "renewal", std::to_string(request.size()),
                              std::to_string(Renew::bytes_max));
            return Renew{to_bytes(request)};
        }
        case Type::renew_answer:
            return decode_renew_answer(in);
    }
    return refuse(Code::unknown_message, "type", std::to_string(static_cast<int>(type)), "1..15");
}

}  // namespace

Bytes encode(const Message& message) {
    return std::visit(Encoder{}, message);
}

Bytes encode_piece(const LogId& log, Seq seq, std::uint16_t index, std::uint16_t count, View bytes,
                   bool expired) {
    constexpr std::size_t front_bytes = 128;  // more than stands before the piece
    Writer out(front_bytes + bytes.size());
    out.u8(static_cast<std::uint8_t>(Type::piece));
    log.write(out);
    out.u64(seq);
    out.u16(index);
    out.u16(expired ? count | Piece::expired_bit : count);
    out.bytes32(bytes);
    return out.take();
}

Result<Message> decode_message(View frame) {
    if (frame.size() > limits::frame_bytes_max)
        return refuse(Code::too_large, "frame", std::to_string(frame.size()),
                      std::to_string(limits::frame_bytes_max));
    Reader in(frame, "message");
    const Type type{in.u8()};
    XW_TRY_VOID(in.so_far());
    XW_TRY(message, decode_body(type, in));
    if (type != Type::hello) XW_TRY_VOID(in.finish());
    return message;
}

}  // namespace xinwang
