// The receiving half of a session: puts pieces together into batches and keeps the peer's credit. Pure.
//
// Invariant: memory is bounded by the window: pieces taken and not yet returned never exceed it; a peer that
// sends beyond its credit breaks the protocol and loses the session. Pieces of a batch arrive in order, `index`
// from 0; batches of one log one after another. *Rationale* for two windows: what is under way while a commit
// is synced must fit: 2 MiB on a village's line, 8 MiB between a county and its city.
#pragma once

#include <map>

#include "node/core/jobs.h"
#include "protocol/messages.h"

namespace xinwang {

class Receiver {
  public:
    explicit Receiver(std::uint64_t window_pieces) : window_(window_pieces) {}

    struct Complete {
        LogId log;
        Seq seq = 0;
        std::vector<SharedBytes> pieces;
        bool expired = false;  // header, statement and perhaps a receipt stand for it
    };
    // A whole batch when this piece was its last. Refuses out_of_turn (a piece out of order: the session cannot
    // go on) and credit_exceeded.
    Result<std::optional<Complete>> take(Piece piece);

    // `pieces` of a batch have found their place (committed, refused or already held): the peer may send as
    // many more.
    void give_back(std::size_t pieces);
    // A Credit to send, when it has grown by a good part of the window since the last one, or when so many
    // pieces have come that a sender on a thin line should know of it.
    std::optional<Credit> next_credit();

  private:
    struct Partial {
        Seq seq = 0;
        std::uint16_t count = 0;
        bool expired = false;
        std::vector<SharedBytes> pieces;
    };
    std::map<LogId, Partial> partial_;
    std::uint64_t window_;
    std::uint64_t taken_ = 0;
    std::uint64_t returned_ = 0;
    std::uint64_t announced_ = 0;
    std::uint64_t taken_then_ = 0;  // when it was announced
};

}  // namespace xinwang
