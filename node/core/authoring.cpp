#include "node/core/authoring.h"

#include "protocol/base/check.h"

namespace xinwang {
namespace {

constexpr std::size_t entries_per_job_max = 2000;

Bytes key_of(std::uint64_t number) {
    // Big-endian, so that the table's order is the order of arrival.
    Bytes key(8);
    for (int i = 0; i < 8; ++i) key[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
    return key;
}

}  // namespace

Bytes encode(const PendingEntry& e) {
    Writer out;
    out.u8(static_cast<std::uint8_t>(e.log.lane));
    out.block(e.log.toward);
    out.u16(e.policy);
    out.bytes32(e.entry);
    return out.take();
}

Result<PendingEntry> decode_pending(View key, View value) {
    PendingEntry e;
    for (const auto b : key) e.number = e.number << 8 | b;
    Reader in(value, "pending entry");
    const auto lane = parse_lane(in.u8());
    e.log.toward = in.block<NodeId>();
    e.policy = in.u16();
    e.entry = to_bytes(in.bytes32());
    XW_TRY_VOID(in.finish());
    if (!lane) return refuse(Code::bad_number, "pending.lane", "?", "1, 2, 3");
    e.log.lane = *lane;
    return e;
}

Put Authoring::add(OwnLog log, std::uint16_t policy, Bytes entry) {
    PendingEntry pending{next_number_++, log, policy, std::move(entry)};
    Put put{Table::pending, key_of(pending.number), encode(pending)};
    queues_[log].waiting.push_back(std::move(pending));
    return put;
}

void Authoring::restore(PendingEntry entry) {
    next_number_ = std::max(next_number_, entry.number + 1);
    queues_[entry.log].waiting.push_back(std::move(entry));
}

std::vector<OwnLog> Authoring::ready() const {
    std::vector<OwnLog> logs;
    for (const auto& [log, queue] : queues_)
        if (!queue.busy && !queue.waiting.empty()) logs.push_back(log);
    return logs;
}

std::vector<PendingEntry> Authoring::take(const OwnLog& log) {
    Queue& queue = queues_[log];
    if (queue.busy || queue.waiting.empty()) return {};
    const std::uint16_t policy = queue.waiting.front().policy;
    while (!queue.waiting.empty() && queue.waiting.front().policy == policy &&
           queue.under_way.size() < entries_per_job_max) {
        queue.under_way.push_back(std::move(queue.waiting.front()));
        queue.waiting.pop_front();
    }
    queue.busy = true;
    return queue.under_way;
}

bool Authoring::busy(const OwnLog& log) const {
    const auto it = queues_.find(log);
    return it != queues_.end() && it->second.busy;
}

void Authoring::begin(const OwnLog& log) {
    Queue& queue = queues_[log];
    XW_CHECK(!queue.busy);
    queue.busy = true;
}

std::vector<Erase> Authoring::finish(const OwnLog& log) {
    Queue& queue = queues_[log];
    XW_CHECK(queue.busy);
    std::vector<Erase> done;
    for (const PendingEntry& e : queue.under_way) done.push_back({Table::pending, key_of(e.number)});
    queue.under_way.clear();
    queue.busy = false;
    return done;
}

std::size_t Authoring::waiting() const {
    std::size_t n = 0;
    for (const auto& [log, queue] : queues_) n += queue.waiting.size() + queue.under_way.size();
    return n;
}

}  // namespace xinwang
