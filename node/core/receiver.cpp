#include "node/core/receiver.h"

namespace xinwang {

namespace {

// A batch of a megabyte takes minutes on a line of 64 kbit/s: its sender must not think the session stalled.
constexpr std::uint64_t pieces_unsaid_max = 4;

}  // namespace

Result<std::optional<Receiver::Complete>> Receiver::take(Piece piece) {
    if (++taken_ > returned_ + window_)
        return refuse(Code::credit_exceeded, "piece", std::to_string(taken_),
                      std::to_string(returned_ + window_));
    Partial& partial = partial_[piece.log];
    if (piece.index == 0) {
        // What was begun before and never finished is void: its pieces go back into the window.
        give_back(partial.pieces.size());
        partial = {piece.seq, piece.count, piece.expired, {}};
    }
    if (piece.seq != partial.seq || piece.count != partial.count || piece.expired != partial.expired ||
        piece.index != partial.pieces.size())
        return refuse(Code::out_of_turn, "piece.index", std::to_string(piece.index),
                      std::to_string(partial.pieces.size()));
    partial.pieces.push_back(std::make_shared<const Bytes>(std::move(piece.bytes)));
    if (partial.pieces.size() < partial.count) return std::nullopt;
    Complete complete{piece.log, piece.seq, std::move(partial.pieces), partial.expired};
    partial_.erase(piece.log);
    return complete;
}

void Receiver::give_back(std::size_t pieces) {
    returned_ += pieces;
}

std::optional<Credit> Receiver::next_credit() {
    const std::uint64_t credit = returned_ + window_;
    const bool grown = credit >= announced_ + window_ / 8, arrived = taken_ >= taken_then_ + pieces_unsaid_max;
    if (announced_ != 0 && !grown && !arrived) return std::nullopt;
    announced_ = credit;
    taken_then_ = taken_;
    return Credit{credit};
}

}  // namespace xinwang
