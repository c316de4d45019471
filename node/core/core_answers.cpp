// Core, answers: what became of the rows of submissions, here and at the province, and whether a submission
// still answers for its file.
#include <algorithm>

#include "node/core/core.h"
#include "node/core/row_page.h"
#include "node/core/verdict_rows.h"
#include "protocol/base/check.h"

namespace xinwang {

// --- the same file again

SubmissionId Core::submission_for(SubmissionId file, std::uint32_t today) const {
    const auto answers = [&](const Submission& s) {
        const bool branched = std::any_of(branches_.begin(), branches_.end(), [&](const auto& branch) {
            return s.reaches(branch.first, branch.second);
        });
        if (branched || s.state == SubmissionState::refused) return false;
        if (s.open()) return s.id == intake_queue_.back();
        const auto catalogue = catalogues_.find(s.catalogue);
        return intake_queue_.empty() && s.day == today && s.batches_held == record_batches() &&
               catalogue != catalogues_.end() && catalogue->second->version == s.catalogue_version;
    };
    for (auto held = submissions_.find(file); held != submissions_.end(); held = submissions_.find(file)) {
        if (answers(held->second)) break;
        file = id_again(file);
    }
    return file;
}

// Of everyone's logs: a row is judged by what is held of its record.
std::uint64_t Core::record_batches() const {
    std::uint64_t batches = 0;
    for (const auto& [id, log] : logbook_.all())
        if (id.lane != Lane::trust && id.toward.is_zero()) batches += log.size;
    return batches;
}

// --- the rows of a step

void Core::keep_rows(const Submission& s, IntakeStep& step) {
    RowPage page;
    page.rows.reserve(step.results.size());
    for (const RowResult result : step.results) page.rows.push_back({result, 0, 0});
    for (const auto& [log, sealed] : intake_->sealed) {
        auto row = intake_->rows.at(log).begin();
        Seq seq = sealed->seq;
        for (const Sealed::Part& part : sealed->parts) {
            for (std::uint32_t position = 0; position < part.entries; ++position, ++row) {
                RowPage::Row& at = page.rows.at(*row - s.rows.read - 1);
                at.batch = static_cast<std::uint8_t>(page.batches.size());
                at.position = static_cast<std::uint16_t>(position);
            }
            page.batches.push_back({identity_.incarnation, log.lane, seq++});
        }
    }
    if (!page.rows.empty()) {
        const auto last = static_cast<std::uint32_t>(s.rows.read + page.rows.size());
        writes_.emplace_back(Put{Table::row_pages, row_key(s.id, last), encode(page)});
    }
    for (RowNote& note : step.notes)
        writes_.emplace_back(Classify{Table::row_notes, row_key(s.id, note.row), 0, note.note,
                                      std::move(note.answer), notes_tally(s.id)});
}

void Core::adopt_pages(const SubmissionId& id) {
    Submission s = submissions_.at(id);
    s.rows_without_page = 0;
    keep(s);
}

// --- outcomes

void Core::note_ranges(const Submission& s) {
    for (const auto& [lane, range] : s.batches) ranges_[{lane, range.incarnation, range.first}] = s.id;
}

const Submission* Core::submission_at(const EntryPlace& place) const {
    if (place.log.origin != identity_.node) return nullptr;
    const LogId& log = place.log;
    auto it = ranges_.upper_bound({log.lane, log.incarnation, place.seq});
    if (it == ranges_.begin()) return nullptr;
    const auto& [lane, incarnation, first] = (--it)->first;
    if (lane != log.lane || incarnation != log.incarnation) return nullptr;
    const Submission& s = submissions_.at(it->second);
    return s.reaches({log.origin, log.incarnation, log.lane, {}}, place.seq) ? &s : nullptr;
}

void Core::learn_outcome(Instant now, const Entry& entry) {
    const auto answer = read_feedback(entry, identity_.node);
    if (!answer) return find(now, answer.error());
    if (*answer) return keep_outcome(**answer, {});
    // From a city of an earlier release: it is of the newest entry that the city then had.
    writes_.emplace_back(Put{Table::outcomes, to_bytes(entry.record.view()), entry.body});
}

void Core::keep_outcome(const EntryOutcome& answer, const SentAs& sent) {
    const Submission* s = submission_at(answer.place);
    writes_.emplace_back(outcome_row(answer, sent, s == nullptr ? Bytes() : outcomes_tally(s->id)));
    if (s == nullptr || answer.row == 0) return;
    const std::uint8_t failed = is_failure(answer.outcome.result) ? note_failed : std::uint8_t{0};
    constexpr std::uint8_t others = row_classes - 1 - note_failed;
    writes_.emplace_back(Classify{Table::row_notes, row_key(s->id, answer.row), others, failed, std::nullopt,
                                  notes_tally(s->id)});
}

// Before the verdict itself is taken in: a second one on the same batch says nothing.
void Core::note_refused_rows(const RefusedRows& refused) {
    const auto told = authority_.told.find(refused.log);
    if (told != authority_.told.end() && is_told(told->second, refused.seq)) return;
    const Submission* s = submission_at({refused.log, refused.seq, 0});
    if (s == nullptr) return;
    constexpr std::uint8_t others = row_classes - 1 - note_not_in_effect;
    for (const std::uint32_t row : refused.rows)
        writes_.emplace_back(Classify{Table::row_notes, row_key(s->id, row), others, note_not_in_effect,
                                      std::nullopt, notes_tally(s->id)});
}

void Core::tell_outcome(const EntryOutcome& answer, const SentAs& sent, std::string_view catalogue) {
    XW_CHECK(is_city());
    keep_outcome(answer, sent);
    const NodeId& origin = answer.place.log.origin;
    if (origin != identity_.node)
        author({Lane::records, origin}, policy_toward, feedback_entry(answer, catalogue));
}

}  // namespace xinwang
