// Authoring: this node's own logs. Entries wait here, durably, until a seal job has made batches of them.
//
// Pure. For each own log at most one seal job is under way, because a batch names the one before it. Entries
// that act on nodes (enrol, catalogue, feedback) come one by one and wait in the store's table `pending`; the
// batch that takes them in erases them in the same commit, so that a crash neither loses nor doubles one. The
// entries of a submission do not wait there: its file is their durable source, and its cursor moves in the same
// commit as its batches.
#pragma once

#include <deque>
#include <map>

#include "node/core/jobs.h"
#include "node/core/logbook.h"

namespace xinwang {

// One own log, as far as this node alone decides it: the rest of its LogId is the node and its incarnation.
struct OwnLog {
    Lane lane = Lane::records;
    NodeId toward;
    auto operator<=>(const OwnLog&) const = default;
};

struct PendingEntry {
    std::uint64_t number = 0;  // key in the table `pending`; rises
    OwnLog log;
    std::uint16_t policy = 0;
    Bytes entry;
};
Bytes encode(const PendingEntry& entry);
Result<PendingEntry> decode_pending(View key, View value);

class Authoring {
  public:
    // Queues one entry and returns the write that makes it durable.
    Put add(OwnLog log, std::uint16_t policy, Bytes entry);
    // Restores one entry at start, in the order of the table.
    void restore(PendingEntry entry);

    // Entries to seal next into `log`, oldest first and of one policy, at most 2,000; empty when
    // a job is under way or nothing waits.
    std::vector<PendingEntry> take(const OwnLog& log);
    // All own logs with something waiting and no job under way.
    std::vector<OwnLog> ready() const;

    bool busy(const OwnLog& log) const;
    void begin(const OwnLog& log);
    // Ends the job, whose batches are part of this turn's writes, and returns the erasures of the entries
    // taken.
    std::vector<Erase> finish(const OwnLog& log);

    std::size_t waiting() const;

  private:
    struct Queue {
        std::deque<PendingEntry> waiting;
        std::vector<PendingEntry> under_way;
        bool busy = false;
    };
    std::map<OwnLog, Queue> queues_;
    std::uint64_t next_number_ = 1;
};

}  // namespace xinwang
