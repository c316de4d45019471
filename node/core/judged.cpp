#include "node/core/judged.h"

#include <algorithm>
#include <limits>

#include "node/core/branches.h"

namespace xinwang {
namespace {

constexpr Locator behind_all{std::numeric_limits<std::uint64_t>::max(), 0};

// Moments rise along a log over what is in effect alone: what is not drives nothing.
void put_held_in_order(std::vector<HeldEntry>& held) {
    std::vector<RecordPlace*> places;
    for (HeldEntry& entry : held)
        if (!entry.refused) places.push_back(&entry.place);
    raise_moments(std::move(places));
    std::sort(held.begin(), held.end(),
              [](const HeldEntry& a, const HeldEntry& b) { return a.place < b.place; });
}

// Nobody but one node has said anything, and nothing was handed over: whose the record is needs no opening.
std::optional<NodeId> only_origin(const std::vector<HeldEntry>& held, const Authority& authority) {
    if (!authority.transfers.empty()) return std::nullopt;
    std::optional<NodeId> only;
    for (const HeldEntry& entry : held) {
        if (entry.refused) continue;
        if (only && *only != entry.place.log.origin) return std::nullopt;
        only = entry.place.log.origin;
    }
    return only;
}

Result<void> open_held(const Snapshot& kept, const JobRoom& room, HeldEntry& entry) {
    auto read = read_entry(kept, entry.where, room);
    if (!read && read.error().code == Code::batch_expired) return {};
    XW_TRY(opened, std::move(read));
    entry.read = std::move(opened);
    return {};
}

std::optional<Refusal> content_fault(const Authority& authority, const JobRoom& room, const HeldEntry& entry) {
    if (entry.told || entry.place.log.origin == room.self || !entry.read || !entry.read->entry)
        return std::nullopt;
    return judge_entry(authority, entry.batch, *entry.read->entry);
}

// From the newest on, until one says what the record is.
Result<void> find_newest(const Snapshot& kept, const RecordId& record, const JobRoom& room,
                         const Authority& authority, std::vector<HeldEntry>& held, LatestEntry& latest) {
    for (auto it = held.rbegin(); it != held.rend(); ++it) {
        if (it->refused) continue;
        const bool opened = it->read.has_value();
        if (!opened) XW_TRY_VOID(open_held(kept, room, *it));
        // The newest is gone because the record was past its last day; what stood before it must not come back.
        if (!it->read) return {};
        // The index holds 64 bits of a keyed hash: another record may share them.
        if (!it->read->entry || it->read->entry->record != record) continue;
        if (!says_content(it->read->entry->kind)) continue;
        if (!opened && content_fault(authority, room, *it)) continue;
        latest.read = std::move(it->read);
        return {};
    }
    return {};
}

}  // namespace

VerdictSource verdicts_in(const Snapshot& kept) {
    return [&kept](const LogId& log, Seq seq) { return verdict_of(kept, log, seq); };
}

Result<std::vector<HeldEntry>> look_up(const Snapshot& kept, const std::vector<Locator>& found, Locator before,
                                       const VerdictSource& verdicts) {
    std::vector<HeldEntry> held;
    if (found.empty()) return held;
    held.reserve(found.size());
    const Branches branches = read_branches(kept);
    for (const Locator& where : found) {
        if (!(where < before)) continue;
        XW_TRY(row, kept.at(where.ordinal));
        if (on_branch(branches, row.log, row.seq)) continue;
        XW_TRY(bytes, kept.piece_view(where.ordinal, 0));
        XW_TRY(batch, glance_header(bytes));
        XW_TRY(verdict, verdicts(batch.log, batch.seq));
        HeldEntry entry;
        entry.place = {batch.created_ms, batch.log, batch.seq, where.position, 0};
        entry.where = where;
        entry.batch = {batch.log, batch.policy, batch.created_ms, row.at_ms};
        entry.told = verdict.told;
        if (const Refusal* why = verdict.refused_at(where.position))
            entry.refused = *why;
        else if (!entry.told)
            entry.refused = judge_batch(entry.batch);
        held.push_back(std::move(entry));
    }
    return held;
}

Result<void> judge_held(const Snapshot& kept, const RecordId& record, const JobRoom& room,
                        const Authority& authority, std::vector<HeldEntry>& held, Ownership& owns) {
    for (HeldEntry& entry : held) {
        XW_TRY_VOID(open_held(kept, room, entry));
        if (!entry.refused) entry.refused = content_fault(authority, room, entry);
    }
    std::erase_if(held, [&](const HeldEntry& entry) {
        return entry.read && entry.read->entry && entry.read->entry->record != record;
    });
    for (HeldEntry& entry : held) {
        if (entry.refused) continue;
        const NodeId& origin = entry.place.log.origin;
        Ownership::Said said{entry.where.ordinal, origin, EntryKind::publish, entry.batch.at_ms, {}, {},
                             entry.told};
        if (entry.read && entry.read->entry) {
            said.kind = entry.read->entry->kind;
            said.catalogue = entry.read->entry->catalogue;
            said.subject = entry.read->entry->subject;
        }
        entry.refused = owns.take(said);
        entry.place.tenure = owns.tenure();
    }
    return {};
}

Result<std::vector<HeldEntry>> read_judged(const Snapshot& kept, const RecordId& record, const JobRoom& room) {
    const auto authority = room.authority->get();
    XW_TRY(found, kept.find_record(record));
    XW_TRY(held, look_up(kept, found, behind_all, verdicts_in(kept)));
    Ownership owns(*authority);
    XW_TRY_VOID(judge_held(kept, record, room, *authority, held, owns));
    put_held_in_order(held);
    return std::move(held);
}

Result<LatestEntry> find_latest(const Snapshot& kept, const RecordId& record, const JobRoom& room) {
    return find_latest_before(kept, record, room, behind_all, verdicts_in(kept));
}

Result<LatestEntry> find_latest_before(const Snapshot& kept, const RecordId& record, const JobRoom& room,
                                       Locator before, const VerdictSource& verdicts) {
    LatestEntry latest;
    XW_TRY(found, kept.find_record(record));
    if (found.empty()) return latest;
    const auto authority = room.authority->get();
    XW_TRY(held, look_up(kept, found, before, verdicts));
    latest.owner = only_origin(held, *authority);
    if (!latest.owner) {
        Ownership owns(*authority);
        XW_TRY_VOID(judge_held(kept, record, room, *authority, held, owns));
        latest.owner = owns.after_all();
    }
    put_held_in_order(held);
    for (const HeldEntry& entry : held)
        if (!entry.refused) latest.moment = std::max(latest.moment, entry.place.moment);
    XW_TRY_VOID(find_newest(kept, record, room, *authority, held, latest));
    return latest;
}

Result<std::optional<ReadEntry>> read_latest(const Snapshot& kept, const RecordId& record,
                                             const JobRoom& room) {
    XW_TRY(latest, find_latest(kept, record, room));
    return std::move(latest.read);
}

}  // namespace xinwang
