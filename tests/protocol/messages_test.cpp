// Shows that the messages of WIRE.md section 6 are what this program writes and reads, and that whatever is
// cut, longer, larger or unknown is refused by name.
#include "protocol/messages.h"

#include <catch2/catch.hpp>
#include <fstream>

using namespace xinwang;

namespace messages_test {
namespace {

std::string block(const std::string& fence) {
    std::ifstream file(XINWANG_SOURCE_DIR "/protocol/WIRE.md");
    REQUIRE(file);
    std::string line, out;
    while (std::getline(file, line) && line != "```" + fence) continue;
    while (std::getline(file, line) && line != "```") out += line + "\n";
    INFO(fence);
    REQUIRE(!out.empty());
    return out;
}

Bytes hex_block(const std::string& name) {
    std::string digits = block("hex " + name);
    std::erase(digits, '\n');
    const auto bytes = from_hex(digits);
    REQUIRE(bytes);
    return *bytes;
}

Bytes joined(Bytes front, View rest) {
    append(front, rest);
    return front;
}

struct Named {
    const char* name;
    Message message;
    Bytes wire;  // as WIRE.md has it
};

// The examples of section 6.2.
std::vector<Named> examples() {
    const Bytes log_id = hex_block("log-id");
    Reader in(log_id, "log");
    const LogId log = *LogId::read(in);
    const NodeId city = *NodeId::parse_hex("de46da6aee5b3e3287c6483735eb1aa8");
    const Bytes piece = hex_block("batch-piece-1");
    const std::string head = block("text head"), receipt = block("text receipt");
    const auto wire = [](const char* name) { return hex_block(std::string("message-") + name); };
    Hello hello;
    hello.node = log.origin;
    hello.expected_parent = city;
    hello.incarnation = log.incarnation;
    hello.boot_nonce = 0x0102030405060708;
    hello.hello_nonce = 1;
    const Have have{{{log, 1, *BatchId::from(hex_block("batch-id")), 0}}};
    return {{"hello", hello, wire("hello")},
            {"welcome", Welcome{1, city, 0x1112131415161718, 1}, wire("welcome")},
            {"have", have, wire("have")},
            {"have-end", HaveEnd{}, wire("have-end")},
            {"piece", Piece{log, 0, 1, 2, piece}, joined(wire("piece"), piece)},
            {"held", Held{log, 1}, wire("held")},
            {"credit", Credit{40}, wire("credit")},
            {"head", HeadNote{log, head}, joined(wire("head"), view(head))},
            {"receipt", ReceiptNote{log, city, receipt}, joined(wire("receipt"), view(receipt))},
            {"refused", Refused{log, 1, Refusal(Code::chunk_damaged, "chunk", "0")}, wire("refused")},
            {"ping", Ping{7}, wire("ping")},
            {"pong", Pong{7}, wire("pong")},
            {"want", Want{log, 1}, wire("want")},
            {"renew", Renew{{1, 2, 3}}, wire("renew")},
            {"renew-refused", RenewAnswer{2, Refusal(Code::renewal_not_due, "130602200201", "700")},
             wire("renew-refused")}};
}

Code code_of(View frame) {
    const auto message = decode_message(frame);
    REQUIRE(!message);
    return message.error().code;
}

LogId some_log() {
    LogId log;
    log.origin.bytes.fill(1);
    return log;
}

}  // namespace

TEST_CASE("every message is written as WIRE.md shows it and read back") {
    const auto all = examples();
    REQUIRE(all.size() == std::variant_size_v<Message>);
    for (std::size_t i = 0; i < all.size(); ++i) {
        INFO(all[i].name);
        REQUIRE(all[i].message.index() == i);
        REQUIRE(hex(encode(all[i].message)) == hex(all[i].wire));
        const auto read = decode_message(all[i].wire);
        REQUIRE(read);
        REQUIRE(read->index() == i);
        REQUIRE(encode(*read) == all[i].wire);
    }
}

TEST_CASE("fields come back, not only bytes") {
    const auto all = examples();
    const auto hello = std::get<Hello>(*decode_message(all[0].wire));
    REQUIRE(hello.node == std::get<Hello>(all[0].message).node);
    REQUIRE(hello.expected_parent == std::get<Hello>(all[0].message).expected_parent);
    REQUIRE(hello.boot_nonce == 0x0102030405060708);
    const auto have = std::get<Have>(*decode_message(all[2].wire));
    REQUIRE(have.holdings.size() == 1);
    REQUIRE(have.holdings[0].last == std::get<Have>(all[2].message).holdings[0].last);
    const auto piece = std::get<Piece>(*decode_message(all[4].wire));
    REQUIRE((piece.index == 1 && piece.count == 2));
    REQUIRE(piece.bytes == hex_block("batch-piece-1"));
    const auto refused = std::get<Refused>(*decode_message(all[9].wire));
    REQUIRE(refused.seq == 1);
    REQUIRE(refused.refusal == Refusal(Code::chunk_damaged, "chunk", "0"));
}

TEST_CASE("a renewal that is granted says nothing more") {
    const Bytes granted = hex_block("message-renew-granted");
    REQUIRE(encode(RenewAnswer{2, std::nullopt}) == granted);
    const auto read = std::get<RenewAnswer>(*decode_message(granted));
    REQUIRE((read.serial == 2 && !read.refusal));
    Bytes neither = granted;
    neither.back() = 2;
    REQUIRE(code_of(neither) == Code::bad_number);
}

TEST_CASE("a message cut at any byte is refused as truncated") {
    for (const Named& example : examples()) {
        INFO(example.name);
        for (std::size_t size = 0; size < example.wire.size(); ++size)
            REQUIRE(code_of(View(example.wire).first(size)) == Code::truncated);
    }
}

TEST_CASE("bytes behind a message are refused, except behind a Hello, where a later version has its fields") {
    for (const Named& example : examples()) {
        INFO(example.name);
        const Bytes longer = joined(example.wire, Bytes{1, 2, 3});
        if (std::holds_alternative<Hello>(example.message)) {
            const auto hello = decode_message(longer);
            REQUIRE(hello);
            REQUIRE(encode(*hello) == example.wire);
        } else {
            REQUIRE(code_of(longer) == Code::trailing_bytes);
        }
    }
}

TEST_CASE("a type that is none is refused") {
    for (const std::uint8_t type : Bytes{0, 16, 33, 255}) {
        INFO(static_cast<int>(type));
        REQUIRE(code_of(Bytes{type}) == Code::unknown_message);
        REQUIRE(code_of(Bytes(100, type)) == Code::unknown_message);
    }
}

TEST_CASE("a frame, a piece, a list and a note each have their largest size") {
    REQUIRE(code_of(Bytes(limits::frame_bytes_max + 1, 1)) == Code::too_large);

    const Bytes largest(limits::piece_bytes_max, 7), larger(limits::piece_bytes_max + 1, 7);
    REQUIRE(decode_message(encode_piece(some_log(), 0, 0, 2, largest)));
    REQUIRE(code_of(encode_piece(some_log(), 0, 0, 2, larger)) == Code::too_large);
    REQUIRE(code_of(encode_piece(some_log(), 0, 0, 2, {})) == Code::too_large);

    Have have;
    have.holdings.resize(Have::per_message_max, {some_log(), 1, {}, 0});
    REQUIRE(encode(have).size() <= limits::frame_bytes_max);
    REQUIRE(std::get<Have>(*decode_message(encode(have))).holdings.size() == Have::per_message_max);
    have.holdings.push_back(have.holdings.back());
    REQUIRE(code_of(encode(have)) == Code::too_large);

    const std::string note(limits::note_bytes_max, 'x');
    REQUIRE(decode_message(encode(HeadNote{some_log(), note})));
    REQUIRE(code_of(encode(HeadNote{some_log(), note + "x"})) == Code::too_large);
    REQUIRE(code_of(encode(ReceiptNote{some_log(), {}, note + "x"})) == Code::too_large);
}

TEST_CASE("a piece is one of 2 to 36, and a log has a lane") {
    const Bytes body{1};
    const auto piece = [&](std::uint16_t index, std::uint16_t count) {
        return encode_piece(some_log(), 0, index, count, body);
    };
    REQUIRE(decode_message(piece(1, 2)));
    REQUIRE(decode_message(piece(35, limits::batch_pieces_max)));
    REQUIRE(code_of(piece(0, 1)) == Code::bad_number);
    REQUIRE(code_of(piece(0, limits::batch_pieces_max + 1)) == Code::bad_number);
    REQUIRE(code_of(piece(2, 2)) == Code::bad_number);

    Bytes held = encode(Held{some_log(), 1});
    held[1 + 32] = 4;
    REQUIRE(code_of(held) == Code::bad_number);
}

TEST_CASE(
    "a refusal's texts are cleaned and cut by their reader, and an unknown number is kept for its operator") {
    Writer out;
    out.u8(10);
    some_log().write(out);
    out.u64(Refused::no_seq);
    out.u16(9999);
    out.text16("a\x1b[31mb");
    out.text16(std::string(5'000, 'v'));
    out.text16("");
    const auto refused = std::get<Refused>(*decode_message(out.bytes()));
    REQUIRE(refused.seq == Refused::no_seq);
    REQUIRE(refused.refusal.code == Code::refused_by_newer_peer);
    REQUIRE(refused.refusal.value == "9999");
    REQUIRE(refused.refusal.field.find('\x1b') == std::string::npos);
}

}  // namespace messages_test
