// Shows that pieces become batches only in their order, and that a peer never has more pieces with us than the
// window.
#include "node/core/receiver.h"

#include <catch2/catch.hpp>

using namespace xinwang;

namespace receiver_test {
namespace {

LogId log_of(std::uint8_t origin) {
    LogId log;
    log.origin.bytes.fill(origin);
    return log;
}

Piece piece(std::uint8_t origin, Seq seq, std::uint16_t index, std::uint16_t count) {
    return {log_of(origin), seq, index, count, Bytes{static_cast<std::uint8_t>(index)}};
}

constexpr std::uint64_t window = limits::window_pieces_thin;

// One batch of `count` pieces, whole.
Receiver::Complete take_batch(Receiver& receiver, Seq seq, std::uint16_t count) {
    for (std::uint16_t i = 0; i + 1 < count; ++i) {
        const auto taken = receiver.take(piece(1, seq, i, count));
        REQUIRE(taken);
        REQUIRE(!*taken);
    }
    auto last = receiver.take(piece(1, seq, static_cast<std::uint16_t>(count - 1), count));
    REQUIRE(last);
    REQUIRE(*last);
    return std::move(**last);
}

}  // namespace

TEST_CASE("the last piece completes a batch, its pieces in order") {
    Receiver receiver(window);
    const auto batch = take_batch(receiver, 7, 3);
    REQUIRE(batch.log == log_of(1));
    REQUIRE(batch.seq == 7);
    REQUIRE(batch.pieces.size() == 3);
    for (std::uint8_t i = 0; i < 3; ++i) REQUIRE(*batch.pieces[i] == Bytes{i});
    REQUIRE(take_batch(receiver, 8, 2).seq == 8);
}

TEST_CASE("pieces of two logs may alternate") {
    Receiver receiver(window);
    REQUIRE(!*receiver.take(piece(1, 0, 0, 2)));
    REQUIRE(!*receiver.take(piece(2, 5, 0, 2)));
    REQUIRE((*receiver.take(piece(1, 0, 1, 2)))->log == log_of(1));
    REQUIRE((*receiver.take(piece(2, 5, 1, 2)))->seq == 5);
}

TEST_CASE("a piece out of turn ends the session") {
    const auto after_first = [](const Piece& second) {
        Receiver receiver(window);
        REQUIRE(receiver.take(piece(1, 4, 0, 3)));
        const auto taken = receiver.take(second);
        REQUIRE(!taken);
        return taken.error().code;
    };
    REQUIRE(after_first(piece(1, 4, 2, 3)) == Code::out_of_turn);  // one left out
    REQUIRE(after_first(piece(1, 5, 1, 3)) == Code::out_of_turn);  // of another batch
    REQUIRE(after_first(piece(1, 4, 1, 4)) == Code::out_of_turn);  // of another count
    REQUIRE(after_first(piece(2, 4, 1, 3)) == Code::out_of_turn);  // of a log that was not begun
    Receiver receiver(window);
    take_batch(receiver, 0, 2);
    REQUIRE(receiver.take(piece(1, 0, 1, 2)).error().code == Code::out_of_turn);  // said twice
}

TEST_CASE("a batch begun anew replaces what was begun, and its pieces count as returned") {
    Receiver receiver(window);
    REQUIRE(receiver.next_credit()->pieces == window);
    for (std::uint16_t i = 0; i < 10; ++i) REQUIRE(receiver.take(piece(1, 4, i, 36)));
    REQUIRE(receiver.next_credit()->pieces == window);
    REQUIRE(receiver.take(piece(1, 2, 0, 2)));
    REQUIRE(receiver.next_credit()->pieces == window + 10);
    REQUIRE((*receiver.take(piece(1, 2, 1, 2)))->pieces.size() == 2);
}

TEST_CASE("the peer may send the window and not one piece more, until pieces are given back") {
    Receiver receiver(window);
    for (Seq seq = 0; seq < window / 2; ++seq) take_batch(receiver, seq, 2);
    SECTION("beyond the window") {
        const auto over = receiver.take(piece(1, window / 2, 0, 2));
        REQUIRE(!over);
        REQUIRE(over.error().code == Code::credit_exceeded);
        REQUIRE(over.error().limit == std::to_string(window));
    }
    SECTION("after a batch has found its place") {
        receiver.give_back(2);
        take_batch(receiver, window / 2, 2);
        REQUIRE(receiver.take(piece(1, window / 2 + 1, 0, 2)).error().code == Code::credit_exceeded);
    }
}

TEST_CASE("credit is said at first and then with good parts of the window, in all since the start") {
    Receiver receiver(window);
    REQUIRE(receiver.next_credit()->pieces == window);
    REQUIRE(!receiver.next_credit());
    const auto batch = take_batch(receiver, 0, 3);
    REQUIRE(!receiver.next_credit());
    receiver.give_back(batch.pieces.size());
    REQUIRE(!receiver.next_credit());
    receiver.give_back(window / 8 - batch.pieces.size());
    REQUIRE(receiver.next_credit()->pieces == window + window / 8);
    REQUIRE(!receiver.next_credit());
}

TEST_CASE(
    "pieces of a large batch are answered with the credit said before, so that their sender sees them arrive") {
    Receiver receiver(window);
    REQUIRE(receiver.next_credit()->pieces == window);
    for (std::uint16_t i = 0; i < 18; ++i) {
        REQUIRE(receiver.take(piece(1, 0, i, 18)));
        const auto credit = receiver.next_credit();
        REQUIRE(credit.has_value() == (i % 4 == 3));
        if (credit) REQUIRE(credit->pieces == window);
    }
}

}  // namespace receiver_test
