#include "node/intake/paging.h"

#include <algorithm>

#include "node/core/judged.h"
#include "node/intake/verdict.h"

namespace xinwang {
namespace {

constexpr std::size_t notes_per_commit = 1'000, rows_per_page = 4'000;

// Where one row stands: its batch counts over the whole submission.
struct FoundRow {
    RowResult result = RowResult::unchanged;
    std::uint16_t position = 0;
    std::uint32_t batch = 0;
};

class Paging {
  public:
    Paging(const Store& store, const JobRoom& room, const Submission& s, const InTurn& call)
        : store_(store), room_(room), s_(s), call_(call), rows_(s.rows_without_page) {}

    Result<void> run() {
        XW_TRY_VOID(take_notes());
        for (const auto& [lane, range] : s_.batches)
            for (Seq seq = range.first; seq <= range.last; ++seq)
                XW_TRY_VOID(take_batch({room_.self, range.incarnation, lane, {}}, seq));
        XW_TRY_VOID(put_pages());
        return erase_answers();
    }

  private:
    bool is_unpaged(std::uint32_t row) const { return row >= 1 && row <= rows_.size(); }

    // Answers of the former form, `notes_per_commit` at once, from the key `from` on; where to go on.
    Bytes next_answers(const Bytes& from, std::vector<RowAnswer>& answers,
                       std::optional<Refusal>& damage) const {
        Bytes next;
        store_.snapshot().scan(
            Table::rows, s_.id.view(),
            [&](View key, View value) {
                if (answers.size() == notes_per_commit) {
                    next = to_bytes(key);
                    return false;
                }
                Reader in(value, "row answer");
                auto answer = read_row_answer(in);
                if (answer)
                    answers.push_back(std::move(*answer));
                else
                    damage = answer.error();
                return !damage;
            },
            from);
        return next;
    }

    Result<void> take_notes() {
        Bytes from = to_bytes(s_.id.view());
        do {
            std::vector<RowAnswer> answers;
            std::optional<Refusal> damage;
            from = next_answers(from, answers, damage);
            if (damage) return tl::unexpected(*damage);
            std::vector<Write> writes;
            for (const RowAnswer& answer : answers) note(answer, writes);
            XW_TRY_VOID(call_([&](Core& core, Instant) { core.stage(std::move(writes)); }));
        } while (!from.empty());
        return {};
    }
    void note(const RowAnswer& answer, std::vector<Write>& writes) {
        if (answer.findings.empty()) return;  // unchanged
        const bool refused = std::any_of(answer.findings.begin(), answer.findings.end(),
                                         [](const RowFinding& f) { return f.severity == Severity::refusal; });
        if (refused && is_unpaged(answer.row)) rows_[answer.row - 1].result = RowResult::refused;
        const std::uint8_t what = answer.row == 0 ? note_of_file : refused ? note_refused : note_warned;
        Writer rest;
        write(rest, answer);
        writes.emplace_back(
            Classify{Table::row_notes, row_key(s_.id, answer.row), 0, what, rest.take(), notes_tally(s_.id)});
    }

    Result<void> take_batch(const LogId& log, Seq seq) {
        std::vector<EntryOutcome> outcomes;
        {
            const Snapshot kept = store_.snapshot();
            XW_TRY(at, kept.position(log, seq));
            if (!at) return refuse(Code::not_held, "batch", std::to_string(seq), log.origin_line());
            auto read = read_batch(kept, at->ordinal, room_);
            if (!read && read.error().code == Code::batch_expired) return {};  // past their last day
            XW_TRY(entries, std::move(read));
            for (std::uint32_t position = 0; position < entries.size(); ++position) {
                const Entry& e = entries[position];
                if (!is_unpaged(e.row)) continue;
                rows_[e.row - 1] = {e.kind == EntryKind::correct    ? RowResult::corrected
                                    : e.kind == EntryKind::withdraw ? RowResult::withdrawn
                                                                    : RowResult::accepted,
                                    static_cast<std::uint16_t>(position),
                                    static_cast<std::uint32_t>(batches_.size())};
                XW_TRY(known, outcome_of(kept, e.record, {log, seq, position}));
                XW_TRY(outcome, outcome_of_entry(kept, e, {at->ordinal, position}));
                if (outcome && !known) outcomes.push_back({{log, seq, position}, e.row, std::move(*outcome)});
            }
        }
        batches_.push_back({log.incarnation, log.lane, seq});
        if (outcomes.empty()) return {};
        return call_([&](Core& core, Instant) {
            for (const EntryOutcome& outcome : outcomes) core.adopt_outcome(outcome);
        });
    }

    // What was kept of the record, if this is the newest entry that it can be about.
    Result<std::optional<Outcome>> outcome_of_entry(const Snapshot& kept, const Entry& entry,
                                                    const Locator& self) const {
        XW_TRY(outcome, outcome_of_record(kept, entry.record));
        if (!outcome) return std::nullopt;
        XW_TRY(held, read_judged(kept, entry.record, room_));
        std::optional<Locator> newest;
        for (const HeldEntry& e : held)
            if (e.place.moment <= outcome->at_ms) newest = e.where;
        if (newest != self) return std::nullopt;
        return std::move(outcome);
    }

    Result<void> put_pages() const {
        std::vector<Write> writes;
        for (std::size_t first = 0; first < rows_.size(); first += rows_per_page) {
            const std::size_t end = std::min(first + rows_per_page, rows_.size());
            RowPage page;
            std::map<std::uint32_t, std::uint8_t> numbers;  // of batches, in this page
            for (std::size_t i = first; i < end; ++i) {
                const FoundRow& row = rows_[i];
                RowPage::Row line{row.result, 0, row.position};
                if (row.result <= RowResult::withdrawn) {
                    const auto [it, fresh] =
                        numbers.emplace(row.batch, static_cast<std::uint8_t>(page.batches.size()));
                    if (fresh) page.batches.push_back(batches_[row.batch]);
                    line.batch = it->second;
                }
                page.rows.push_back(line);
            }
            writes.emplace_back(
                Put{Table::row_pages, row_key(s_.id, static_cast<std::uint32_t>(end)), encode(page)});
        }
        return call_([&](Core& core, Instant) {
            core.stage(std::move(writes));
            core.adopt_pages(s_.id);
        });
    }

    Result<void> erase_answers() const {
        for (;;) {
            std::vector<RowAnswer> answers;
            std::optional<Refusal> damage;
            (void)next_answers(to_bytes(s_.id.view()), answers, damage);
            if (answers.empty()) return {};
            std::vector<Write> writes;
            for (const RowAnswer& answer : answers)
                writes.emplace_back(Erase{Table::rows, row_key(s_.id, answer.row)});
            XW_TRY_VOID(call_([&](Core& core, Instant) { core.stage(std::move(writes)); }));
        }
    }

    const Store& store_;
    const JobRoom& room_;
    const Submission& s_;
    const InTurn& call_;
    std::vector<FoundRow> rows_;
    std::vector<RowPage::Batch> batches_;
};

}  // namespace

std::vector<SubmissionId> unpaged_submissions(const Snapshot& kept) {
    std::vector<SubmissionId> ids;
    kept.scan(Table::submissions, {}, [&](View, View value) {
        const auto s = decode_submission(value);
        if (s && s->rows_without_page != 0 && !s->open()) ids.push_back(s->id);
        return true;
    });
    return ids;
}

Result<void> page_submission(const Store& store, const JobRoom& room, const Submission& s, const InTurn& call) {
    return Paging(store, room, s, call).run();
}

}  // namespace xinwang
