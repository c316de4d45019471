// The sending half of a session: which batches the peer lacks, in which order they go, and how many pieces it
// will still take. Pure.
//
//   peer holds n of a log ── Load(n) ──> loaded ── pieces, while credit lasts ──> in flight ── Held ──> n+1
//
// Order: trust before rights before records, then the log that has waited longest, one batch each (fair among
// origins). *Rationale*: a correction must not wait behind a backlog, nor a village behind its neighbour's
// first load. Invariant: loads are answered in the order in which they were asked for, so a log's pieces never
// overtake each other, even when workers finish out of order.
#pragma once

#include <deque>
#include <map>
#include <set>

#include "node/core/jobs.h"
#include "protocol/messages.h"

namespace xinwang {

class Sender {
  public:
    // The peer durably holds `size` batches of `log`; we hold `ours`. Said at the start of a session for every
    // log that goes to this peer, and again whenever either side grows. A smaller size than before rewinds (the
    // peer refused or lost what was in flight).
    void offer(const LogId& log, Seq ours, Seq peer);
    void grown(const LogId& log, Seq ours);
    // The peer's hop acknowledgement. Sizes never shrink by it.
    void held(const LogId& log, Seq size);
    void credit(std::uint64_t pieces_in_all);
    // The peer refuses this log: nothing more of it is sent until unblock(), which begins again where the peer
    // stands.
    void block(const LogId& log);
    void unblock(const LogId& log);

    // The peer asks for one batch again: the batch goes first, once, whatever the state of its log. False:
    // enough wanted ones wait.
    bool want(const LogId& log, Seq seq);
    // Takes a wanted batch that somebody else held: sent as if it had been read, or dropped when enough
    // wanted ones wait.
    void hand_on(LoadedBatch batch);

    // The next batch to read, while few enough are waiting. Call until empty.
    std::optional<LoadJob> next_load(SessionNumber session);
    // A refusal blocks the log for this session, unless the batch was wanted alone.
    void loaded(LoadedBatch batch);
    // The next frame to send, while credit lasts. Call until empty.
    std::optional<Bytes> next_frame();

    bool knows(const LogId& log) const { return logs_.contains(log); }
    // The size that the peer has said it holds; 0 when it has said nothing.
    Seq peer_size(const LogId& log) const;
    // True when batches that the peer has not acknowledged were handed to it, or wait for its credit.
    bool in_flight() const;

  private:
    struct Progress {
        Seq ours = 0;
        Seq peer = 0;  // acknowledged
        Seq next = 0;  // to be loaded next
        std::uint64_t turn = 0;
        bool queued = false;
        bool blocked = false;
    };
    struct Slot {
        LogId log;
        Seq seq = 0;
        std::vector<SharedBytes> pieces;  // empty until loaded
        std::size_t sent = 0;
        bool dropped = false;
        bool wanted = false;
        bool expired = false;
    };
    struct Rank {
        Lane lane;
        std::uint64_t turn;
        LogId log;
        auto operator<=>(const Rank&) const = default;
    };
    bool may_want() const;
    void queue(const LogId& log, Progress& p);
    void unqueue(const LogId& log, Progress& p);

    std::map<LogId, Progress> logs_;
    std::set<Rank> waiting_;  // logs with something to load
    std::deque<std::pair<LogId, Seq>> wanted_;
    std::deque<Slot> slots_;  // in the order of their loads
    std::uint64_t turn_ = 0;
    std::uint64_t credit_ = 0;
    std::uint64_t sent_pieces_ = 0;
};

}  // namespace xinwang
