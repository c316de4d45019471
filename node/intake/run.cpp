#include "node/intake/run.h"

#include <unordered_map>

#include "node/core/judged.h"
#include "node/intake/step.h"
#include "protocol/base/check.h"

namespace xinwang {
namespace {

// What is held of the records that a step meets, each looked up once, with the lane that its next entry must
// take.
class HeldRecords {
  public:
    HeldRecords(const IntakeJob& job, const JobRoom& room)
        : job_(job), room_(room), kept_(room.store->snapshot()), authority_(room.authority->get()) {}

    std::optional<KnownRecord> latest(const RecordId& record) {
        const auto latest = find_latest(kept_, record, room_);
        // What the store cannot give is not "unknown": taking the row for new would double the record.
        if (!latest) {
            damage_ = latest.error();
            return std::nullopt;
        }
        moment_ = std::max(moment_, latest->moment);
        if (!latest->read) return std::nullopt;
        if (!latest->read->entry) return std::nullopt;
        lanes_[record] = lane_after(*latest->read);
        return KnownRecord(*latest->read->entry, foreign(*latest));
    }

    // Corrections go first (lane `rights`), but never before what they correct: an entry that the city has not
    // confirmed is followed in its own lane, where order holds.
    Lane lane_of(const Entry& entry) const {
        const auto it = lanes_.find(entry.record);
        return it == lanes_.end() ? Lane::records : it->second;
    }

    // Of the latest among all entries that were met.
    std::int64_t moment() const { return moment_; }
    const std::optional<Refusal>& damage() const { return damage_; }

  private:
    std::optional<Refusal> foreign(const LatestEntry& latest) const {
        if (!latest.owner || authority_->follows(room_.self, *latest.owner)) return std::nullopt;
        return Refusal(Code::record_held, authority_->name_of(*latest.owner), day_of(latest.read->at_ms));
    }
    Lane lane_after(const ReadEntry& last) const {
        if (last.log.lane == Lane::rights) return Lane::rights;
        const bool own = last.log.origin == room_.self && last.log.incarnation == job_.incarnation;
        return !own || last.seq < job_.records_confirmed ? Lane::rights : Lane::records;
    }

    const IntakeJob& job_;
    const JobRoom& room_;
    Snapshot kept_;
    std::shared_ptr<const Authority> authority_;
    std::unordered_map<RecordId, Lane, BlockHash> lanes_;
    std::int64_t moment_ = 0;
    std::optional<Refusal> damage_;
};

Bytes encoded(const RowAnswer& answer) {
    Writer out;
    write(out, answer);
    return out.take();
}

RowResult count(IntakeRows& rows, EntryKind kind) {
    switch (kind) {
        case EntryKind::correct:
            ++rows.corrected;
            return RowResult::corrected;
        case EntryKind::withdraw:
            ++rows.withdrawn;
            return RowResult::withdrawn;
        default:
            ++rows.accepted;
            return RowResult::accepted;
    }
}

// `before`: how many rows of the file were read in earlier steps.
IntakeStep step_of(IntakeOutcome& outcome, const HeldRecords& held, std::uint32_t before) {
    IntakeStep step;
    step.results.assign(outcome.rows, RowResult::unchanged);
    const auto result = [&](std::uint32_t row) -> RowResult& { return step.results.at(row - before - 1); };
    step.rows.read = outcome.rows;
    step.rows.unchanged = static_cast<std::uint32_t>(outcome.unchanged.size());
    step.rows.refused = static_cast<std::uint32_t>(outcome.refused.size());
    step.rows.warned = static_cast<std::uint32_t>(outcome.warned.size());
    for (std::size_t i = 0; i < outcome.entries.size(); ++i) {
        const Entry& entry = outcome.entries[i];
        if (const auto fits = encodable(entry); !fits) {
            RowAnswer answer{entry.row,
                             0,
                             entry.catalogue + "/" + std::to_string(entry.catalogue_version),
                             {{Severity::refusal, "", fits.error()}},
                             ""};
            step.notes.push_back({entry.row, note_refused, encoded(answer)});
            result(entry.row) = RowResult::refused;
            ++step.rows.refused;
            continue;
        }
        result(entry.row) = count(step.rows, entry.kind);
        step.entries.push_back({held.lane_of(entry), outcome.policies[i], encode(entry), entry.row});
    }
    for (const RowAnswer& answer : outcome.refused) {
        result(answer.row) = RowResult::refused;
        step.notes.push_back({answer.row, note_refused, encoded(answer)});
    }
    for (const RowAnswer& answer : outcome.warned)
        step.notes.push_back({answer.row, answer.row == 0 ? note_of_file : note_warned, encoded(answer)});
    Writer cursor;
    outcome.next.write(cursor);
    step.cursor = cursor.take();
    step.after = held.moment();
    step.end = outcome.end;
    return step;
}

}  // namespace

IntakeStepped run_intake(const IntakeJob& job, FileSource& file, const JobRoom& room, std::uint32_t today,
                         std::size_t rows_max) {
    IntakeCursor cursor;
    if (!job.cursor.empty()) {
        Reader in(job.cursor, "intake cursor");
        auto read = IntakeCursor::read(in);
        XW_CHECK(read && in.finish());  // we wrote it, and the store has checked it
        cursor = *read;
    }
    HeldRecords held(job, room);
    auto outcome = intake_step(file, *job.catalogue, job.action, cursor, rows_max, today,
                               [&](const RecordId& record) { return held.latest(record); });
    if (held.damage()) return {job.submission, tl::unexpected(*held.damage())};
    if (!outcome) return {job.submission, tl::unexpected(outcome.error())};
    return {job.submission, step_of(*outcome, held, cursor.rows_done)};
}

}  // namespace xinwang
