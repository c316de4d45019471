#include "node/core/retention.h"

#include <algorithm>

#include "node/core/judged.h"

namespace xinwang {
namespace {

constexpr std::uint8_t of_an_expired_batch = 3;

void add(std::vector<ExpiryReason>& reasons, const std::string& rule, std::uint32_t until) {
    const auto it = std::find_if(reasons.begin(), reasons.end(), [&](const auto& r) { return r.rule == rule; });
    if (it == reasons.end())
        reasons.push_back({rule, 1, until});
    else
        *it = {rule, it->entries + 1, std::max(it->until, until)};
}

}  // namespace

Bytes expired_key(const BatchName& name) {
    Writer key;
    name.log.write(key);
    key.u64(name.seq);
    key.u8(of_an_expired_batch);
    return key.take();
}

bool is_expired_key(View key) {
    return key.size() == expired_key_bytes && key.back() == of_an_expired_batch;
}

RetentionWalk::RetentionWalk(const JobRoom& room, Catalogues catalogues, std::map<LogId, Seq> confirmed,
                             RetentionSetting setting, Instant now, std::uint32_t today)
    : room_(room),
      catalogues_(std::move(catalogues)),
      confirmed_(std::move(confirmed)),
      setting_(setting),
      now_(now),
      today_(today) {}

bool RetentionWalk::step(const Snapshot& kept, std::uint64_t batches) {
    const std::uint64_t end = kept.next_ordinal();
    for (; batches > 0 && ordinal_ < end; --batches, ++ordinal_) {
        if (plan_.due.size() == RetentionPlan::due_max) return plan_.more = true;
        ++plan_.batches;
        const auto row = kept.at(ordinal_);
        const auto verdict = row ? look(kept, ordinal_, *row) : tl::unexpected(row.error());
        if (!verdict && verdict.error().code == Code::batch_expired) ++plan_.expired;
        if (!verdict && verdict.error().code == Code::store_corrupt) ++plan_.damaged;
        if (verdict && *verdict == Verdict::unconfirmed) ++plan_.unconfirmed;
    }
    return ordinal_ >= end;
}

Result<RetentionWalk::Verdict> RetentionWalk::look(const Snapshot& kept, std::uint64_t ordinal,
                                                   const BatchRow& row) {
    if (row.log.lane == Lane::trust || !row.log.toward.is_zero()) return Verdict::keep;
    if (now_.ms - row.at_ms < setting_.settle_days * day_ms) return Verdict::keep;
    DueBatch due{{row.log, row.seq}, row.id, ordinal, row.pieces, row.bytes, row.entries, {}};
    XW_TRY(first, read_entry(kept, {ordinal, 0}, room_));
    if (!first.entry) {
        if (setting_.carried_days == 0 || now_.ms - row.at_ms < setting_.carried_days * day_ms)
            return Verdict::keep;
        due.reasons.push_back({"carried", row.entries, 0});
    } else {
        // Most batches are kept for their first entry: the rest is opened only behind one that is past its day.
        XW_TRY(old, past(kept, *first.entry));
        if (!old) return Verdict::keep;
        XW_TRY(all, all_past(kept, ordinal, due.reasons));
        if (!all) return Verdict::keep;
    }
    const auto it = confirmed_.find(row.log);
    if (it == confirmed_.end() || row.seq >= it->second) return Verdict::unconfirmed;
    XW_TRY(header, kept.header(ordinal));
    due.bytes -= header.size();
    plan_.due_bytes += due.bytes;
    plan_.due.push_back(std::move(due));
    return Verdict::due;
}

Result<bool> RetentionWalk::all_past(const Snapshot& kept, std::uint64_t ordinal,
                                     std::vector<ExpiryReason>& reasons) const {
    XW_TRY(entries, read_batch(kept, ordinal, room_));
    for (const Entry& entry : entries) {
        XW_TRY(until, past(kept, entry));
        if (!until) return false;
        add(reasons, entry.catalogue + "/" + std::to_string(entry.catalogue_version), *until);
        if (reasons.size() > ExpiryStatement::reasons_max) return false;
    }
    return !entries.empty();
}

// The record's last day when that is past, by its latest entry; empty: it is kept. A latest entry that is gone
// was past its day when it went.
Result<std::optional<std::uint32_t>> RetentionWalk::past(const Snapshot& kept, const Entry& entry) const {
    if (!about_record(entry.kind)) return std::nullopt;
    XW_TRY(latest, read_latest(kept, entry.record, room_));
    const Entry& last = latest && latest->entry ? *latest->entry : entry;
    const auto catalogue = catalogues_.find(last.catalogue);
    if (catalogue == catalogues_.end()) return std::nullopt;
    const auto until = kept_until(*catalogue->second, last.fields);
    if (!latest) return until.value_or(0);
    return until && *until < today_ ? until : std::nullopt;
}

}  // namespace xinwang
