#include "node/links/link.h"

#include <algorithm>
#include <set>

#include "node/core/reading.h"
#include "node/core/verdict_rows.h"

namespace xinwang {
namespace {

const Bytes& state_key() {
    static const Bytes key = to_bytes(view("link-state"));
    return key;
}

Bytes number_key(std::uint64_t number) {
    Bytes key;
    for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<std::uint8_t>(number >> shift));
    return key;
}

Bytes page_key(std::uint64_t number, std::size_t page) {
    Bytes key = number_key(number);
    append(key, number_key(page));
    return key;
}

Result<std::optional<PackageRecord>> read_package(const Snapshot& kept, std::uint64_t number) {
    XW_TRY(bytes, kept.get(Table::packages, number_key(number)));
    if (!bytes) return std::nullopt;
    XW_TRY(record, PackageRecord::read(*bytes));
    return std::optional(std::move(record));
}

Result<std::vector<LedgerRow>> read_rows(const Snapshot& kept, const PackageRecord& record) {
    std::vector<LedgerRow> rows;
    for (std::size_t page = 0; rows.size() < record.rows; ++page) {
        XW_TRY(bytes, kept.get(Table::package_rows, page_key(record.number, page)));
        if (!bytes) return refuse(Code::store_corrupt, "package_rows", std::to_string(record.number));
        XW_TRY(some, read_row_page(*bytes));
        rows.insert(rows.end(), some.begin(), some.end());
    }
    return rows;
}

void put_pages(std::vector<Write>& writes, const PackageRecord& record, const std::vector<LedgerRow>& rows,
               const std::set<std::size_t>& pages) {
    for (const std::size_t page : pages) {
        const std::size_t first = page * limits::link_page_rows;
        const std::size_t count = std::min(limits::link_page_rows, rows.size() - first);
        writes.emplace_back(Put{Table::package_rows, page_key(record.number, page),
                                write_row_page(std::span(rows).subspan(first, count))});
    }
}

std::set<std::size_t> all_pages(const std::vector<LedgerRow>& rows) {
    std::set<std::size_t> pages;
    for (std::size_t i = 0; i < rows.size(); i += limits::link_page_rows)
        pages.insert(i / limits::link_page_rows);
    return pages;
}

// The record's outcome is kept here and told to whoever submitted it.
void tell(Core& core, const LedgerRow& row, const Outcome& outcome) {
    core.stage({Put{Table::outcomes, to_bytes(row.record.view()), outcome.write()}});
    if (row.origin == core.identity().node) return;
    Entry entry;
    entry.kind = EntryKind::feedback;
    entry.record = row.record;
    entry.body = outcome.write();
    core.author({Lane::records, row.origin}, policy_toward, entry);
}

std::vector<PackageField> fields_of(const Catalogue& catalogue) {
    std::vector<PackageField> fields;
    for (const Field& f : catalogue.fields) fields.push_back({f.code, f.label, f.type == FieldType::number});
    return fields;
}

}  // namespace

Result<Gatherer> Link::gather(const Snapshot& kept) const {
    LinkState state;
    XW_TRY(bytes, kept.get(Table::meta, state_key()));
    if (bytes) {
        XW_TRY(read, LinkState::read(*bytes));
        state = read;
    }
    Gatherer gatherer(state, profile_.rows_per_package, profile_.id + "/" + std::to_string(profile_.version));
    // What the city has not judged yet may be nobody's to say (WIRE.md section 8.8).
    const std::uint64_t end = std::min(kept.next_ordinal(), judged_to(kept));
    for (std::uint64_t ordinal = gatherer.where().ordinal; ordinal < end && !gatherer.full(); ++ordinal) {
        XW_TRY(batch, kept.at(ordinal));
        // What the city itself sends down is none of the province's business.
        if (batch.log.lane == Lane::trust || !batch.log.toward.is_zero()) {
            gatherer.reached({ordinal + 1, 0});
            continue;
        }
        XW_TRY(verdict, verdict_of(kept, batch.log, batch.seq));
        if (verdict.refuses_all(batch.entries)) {
            gatherer.reached({ordinal + 1, 0});
            continue;
        }
        auto read = read_batch(kept, ordinal, room_);
        // Its records were past their last day: there is nothing left to report.
        if (!read && read.error().code == Code::batch_expired) read = std::vector<Entry>();
        XW_TRY(entries, std::move(read));
        for (std::uint32_t i = 0; i < entries.size(); ++i) {
            const LinkCursor at{ordinal, i};
            const auto action = package_action(entries[i].kind);
            if (action && at >= gatherer.where() && verdict.refused_at(i) == nullptr)
                gatherer.feed(at, *action, entries[i].record, batch.log.origin, entries[i].catalogue);
        }
        gatherer.reached({ordinal + 1, 0});
    }
    return gatherer;
}

Result<void> Link::cut(CutRule rule, Instant now) {
    std::vector<CutPackage> packages;
    LinkState state;
    {
        const Snapshot kept = store_.snapshot();
        // Nothing came since the last look, and what waited then filled no package.
        if (rule == CutRule::full && judged_to(kept) == gathered_to_) return {};
        gathered_to_ = judged_to(kept);
        XW_TRY(gatherer, gather(kept));
        while (auto package = gatherer.cut(rule, now)) packages.push_back(std::move(*package));
        if (packages.empty() && gatherer.full())
            while (auto package = gatherer.cut(CutRule::all, now)) packages.push_back(std::move(*package));
        state = gatherer.state();
    }
    return commit_([&](Core& core, Instant) {
        std::vector<Write> writes;
        for (const CutPackage& package : packages) {
            writes.emplace_back(
                Put{Table::packages, number_key(package.record.number), package.record.write()});
            put_pages(writes, package.record, package.rows, all_pages(package.rows));
        }
        writes.emplace_back(Put{Table::meta, state_key(), state.write()});
        core.stage(std::move(writes));
    });
}

// The package as it is rendered: the values of its rows, read again from where their entries stand.
Result<Package> Link::package_of(const Snapshot& kept, const PackageRecord& record, const Site& site,
                                 const std::vector<LedgerRow>& rows) const {
    Package package{record.number,     room_.self, site.city_code, record.catalogue, site.fields,
                    record.created_ms, {}};
    std::uint32_t number = 0;
    for (const LedgerRow& row : rows) {
        XW_TRY(read, read_entry(kept, {row.at.ordinal, row.at.position}, room_));
        if (!read.entry) return refuse(Code::not_a_recipient, "batch", std::to_string(row.at.ordinal));
        auto values = std::move(read.entry->fields);
        // A withdrawal carries its reason behind the catalogue's fields; the layouts have no place for it.
        values.resize(std::min(values.size(), site.fields.size()));
        package.rows.push_back(package_row(++number, row, std::move(values)));
    }
    return package;
}

Result<void> Link::write_out(PackageRecord record, Instant now) {
    Site site;
    XW_TRY_VOID(commit_([&](Core& core, Instant) {
        site.city_code = core.certificate().code.text();
        if (const auto it = core.catalogues().find(record.catalogue); it != core.catalogues().end())
            site.fields = fields_of(*it->second);
    }));
    std::vector<LedgerRow> rows;
    PackageFiles files;
    {
        const Snapshot kept = store_.snapshot();
        XW_TRY(ledger, read_rows(kept, record));
        XW_TRY(package, package_of(kept, record, site, ledger));
        XW_TRY(rendered, render(package, profile_));
        rows = std::move(ledger);
        files = std::move(rendered);
    }
    XW_TRY_VOID(write_package(folders_.outbox.string(), files.files));
    note_written(record, rows, files);
    return commit_([&](Core& core, Instant) {
        std::vector<Write> writes;
        writes.emplace_back(Put{Table::packages, number_key(record.number), record.write()});
        put_pages(writes, record, rows, all_pages(rows));
        core.stage(std::move(writes));
        for (const LedgerRow& row : rows) tell(core, row, outcome_of(record, row, now));
    });
}

Result<std::vector<std::uint64_t>> Link::run_export(CutRule rule, Instant now) {
    const std::lock_guard lock(one_at_a_time_);
    XW_TRY_VOID(cut(rule, now));
    std::vector<PackageRecord> prepared;
    XW_TRY(held, packages(store_.snapshot()));
    for (const PackageRecord& record : held)
        if (record.state == PackageState::prepared) prepared.push_back(record);
    std::reverse(prepared.begin(), prepared.end());  // oldest first
    std::vector<std::uint64_t> written;
    for (const PackageRecord& record : prepared) {
        XW_TRY_VOID(write_out(record, now));
        written.push_back(record.number);
    }
    return written;
}

// One package's answers: its record and rows as they become, and which pages and rows changed.
struct Link::Answered {
    PackageRecord record;
    std::vector<LedgerRow> rows;
    std::set<std::size_t> pages;
    std::set<std::size_t> changed;
};

Result<void> Link::apply(const Snapshot& kept, const FeedbackRow& answer,
                         std::map<std::uint64_t, Answered>& touched, FeedbackTaken& taken) const {
    const auto number = parse_package_text(answer.package);
    if (!number) return refuse(Code::feedback_unknown_row, answer.package, std::to_string(answer.row));
    if (!touched.contains(*number)) {
        XW_TRY(record, read_package(kept, *number));
        if (!record) return refuse(Code::feedback_unknown_row, answer.package, std::to_string(answer.row));
        XW_TRY(rows, read_rows(kept, *record));
        touched.emplace(*number, Answered{*record, std::move(rows), {}, {}});
    }
    Answered& package = touched.at(*number);
    const auto before = package.rows;
    XW_TRY(effect, note_answer(package.record, package.rows, answer));
    (answer.result == FeedbackResult::accepted ? taken.accepted : taken.refused) += 1;
    if (effect == AnswerEffect::unchanged) {
        ++taken.unchanged;
        return {};
    }
    ++taken.changed;
    const auto mark = [&](std::size_t i) {
        package.changed.insert(i);
        package.pages.insert(i / limits::link_page_rows);
    };
    if (answer.row != 0) {
        mark(answer.row - 1);
        return {};
    }
    for (std::size_t i = 0; i < before.size(); ++i)
        if (!(before[i] == package.rows[i])) mark(i);
    return {};
}

Result<FeedbackTaken> Link::take_feedback(View file, Instant now) {
    const std::lock_guard lock(one_at_a_time_);
    XW_TRY(feedback, parse_feedback(file, profile_));
    FeedbackTaken taken;
    taken.rows = feedback.rows.size() + feedback.findings.size();
    taken.findings = std::move(feedback.findings);
    std::map<std::uint64_t, Answered> touched;
    {
        const Snapshot kept = store_.snapshot();
        std::uint32_t row_number = 0;
        for (const FeedbackRow& row : feedback.rows) {
            ++row_number;
            if (const auto done = apply(kept, row, touched, taken); !done)
                taken.findings.push_back({row_number, done.error()});
        }
    }
    taken.already = taken.changed == 0 && taken.unchanged > 0;
    XW_TRY_VOID(commit_([&](Core& core, Instant) {
        std::vector<Write> writes;
        for (const auto& [number, package] : touched) {
            if (package.changed.empty()) continue;
            writes.emplace_back(Put{Table::packages, number_key(number), package.record.write()});
            put_pages(writes, package.record, package.rows, package.pages);
            for (const std::size_t i : package.changed)
                tell(core, package.rows[i], outcome_of(package.record, package.rows[i], now));
        }
        core.stage(std::move(writes));
    }));
    return taken;
}

Result<std::size_t> Link::poll_inbox(Instant now) {
    std::size_t files = 0;
    XW_TRY(names, inbox_.settled(now));
    for (const std::string& name : names) {
        XW_TRY(file, inbox_.take(name));
        XW_TRY_VOID(take_feedback(file.bytes, now));
        XW_TRY_VOID(inbox_.finish(file));
        ++files;
    }
    return files;
}

Result<std::vector<PackageRecord>> Link::packages(const Snapshot& kept) const {
    std::vector<PackageRecord> records;
    std::optional<Refusal> damaged;
    kept.scan(Table::packages, {}, [&](View, View value) {
        auto record = PackageRecord::read(value);
        if (record)
            records.push_back(std::move(*record));
        else
            damaged = record.error();
        return record.has_value();
    });
    if (damaged) return tl::unexpected(*damaged);
    std::reverse(records.begin(), records.end());
    return records;
}

Result<std::size_t> Link::waiting(const Snapshot& kept) const {
    XW_TRY(gatherer, gather(kept));
    return gatherer.waiting();
}

}  // namespace xinwang
