#include "node/links/link.h"

#include <algorithm>
#include <set>

#include "node/core/reading.h"
#include "node/core/verdict_rows.h"
#include "node/links/standing.h"

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

std::vector<PackageField> fields_of(const Catalogue& catalogue) {
    std::vector<PackageField> fields;
    for (const Field& f : catalogue.fields) fields.push_back({f.code, f.label, f.type == FieldType::number});
    return fields;
}

}  // namespace

// Which entry stands where in the order of arrival, said so that others understand it. Batch rows stay for
// ever.
class Link::Places {
  public:
    explicit Places(const Snapshot& kept) : kept_(kept) {}

    Result<EntryPlace> of(const LinkCursor& at) {
        auto batch = batches_.find(at.ordinal);
        if (batch == batches_.end()) {
            XW_TRY(row, kept_.at(at.ordinal));
            batch = batches_.emplace(at.ordinal, std::pair(row.log, row.seq)).first;
        }
        return EntryPlace{batch->second.first, batch->second.second, at.position};
    }

  private:
    const Snapshot& kept_;
    std::map<std::uint64_t, std::pair<LogId, Seq>> batches_;
};

Link::Link(LinkProfile profile, LinkFolders folders, const Store& store, const JobRoom& room, Commit commit,
           Deliver deliver)
    : profile_(std::move(profile)),
      folders_(std::move(folders)),
      store_(store),
      room_(room),
      commit_(std::move(commit)),
      deliver_(std::move(deliver)),
      inbox_({folders_.inbox.string(), folders_.spool.string(), Duration{10'000}, {}}) {
    if (!deliver_)
        deliver_ = [this](const std::vector<PackageFile>& files) {
            return write_package(folders_.outbox.string(), files);
        };
}

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
            if (!action || at < gatherer.where() || verdict.refused_at(i) != nullptr) continue;
            LedgerRow row;
            row.at = at;
            row.action = *action;
            row.record = entries[i].record;
            row.origin = batch.log.origin;
            row.row = entries[i].row;
            gatherer.feed(std::move(row), entries[i].catalogue);
        }
        gatherer.reached({ordinal + 1, 0});
    }
    return gatherer;
}

// Requires that every package cut before is written: what went out is then kept of each record.
Result<void> Link::cut_from(Gatherer& gatherer, const Snapshot& kept, CutRule rule, Instant now,
                            std::vector<CutPackage>& packages) const {
    Standing standing(kept, room_);
    const Settle settle = [&](const LedgerRow& row) { return standing.settle(row); };
    const auto cut_all = [&](CutRule by) {
        while (auto package = gatherer.cut(by, now, settle)) packages.push_back(std::move(*package));
    };
    cut_all(rule);
    if (packages.empty() && gatherer.full()) cut_all(CutRule::all);
    if (standing.damage()) return tl::unexpected(*standing.damage());
    return {};
}

Result<void> Link::cut(CutRule rule, Instant now) {
    std::vector<CutPackage> packages;
    std::vector<std::pair<EntryOutcome, std::string>> passed_over;  // with their catalogues
    LinkState state;
    {
        const Snapshot kept = store_.snapshot();
        // Nothing came since the last look, and what waited then filled no package.
        if (rule == CutRule::full && judged_to(kept) == gathered_to_) return {};
        XW_TRY(gatherer, gather(kept));
        XW_TRY_VOID(cut_from(gatherer, kept, rule, now, packages));
        gathered_to_ = judged_to(kept);
        state = gatherer.state();
        Places places(kept);
        for (const CutPackage& package : packages)
            for (const LedgerRow& row : package.not_needed) {
                XW_TRY(place, places.of(row.at));
                passed_over.push_back(
                    {{place, row.row, {row.record, OutcomeResult::not_needed, "", "", "", now.ms}},
                     package.record.catalogue});
            }
    }
    return commit_([&](Core& core, Instant) {
        std::vector<Write> writes;
        for (const CutPackage& package : packages) {
            if (package.rows.empty()) continue;
            writes.emplace_back(
                Put{Table::packages, number_key(package.record.number), package.record.write()});
            put_pages(writes, package.record, package.rows, all_pages(package.rows));
        }
        writes.emplace_back(Put{Table::meta, state_key(), state.write()});
        core.stage(std::move(writes));
        for (const auto& [answer, catalogue] : passed_over) core.tell_outcome(answer, {}, catalogue);
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
    std::vector<EntryPlace> places;
    PackageFiles files;
    {
        const Snapshot kept = store_.snapshot();
        XW_TRY(ledger, read_rows(kept, record));
        XW_TRY(package, package_of(kept, record, site, ledger));
        XW_TRY(rendered, render(package, profile_));
        Places known(kept);
        for (const LedgerRow& row : ledger) {
            XW_TRY(place, known.of(row.at));
            places.push_back(place);
        }
        rows = std::move(ledger);
        files = std::move(rendered);
    }
    XW_TRY_VOID(deliver_(files.files));
    note_written(record, rows, files);
    return commit_([&](Core& core, Instant) {
        std::vector<Write> writes;
        writes.emplace_back(Put{Table::packages, number_key(record.number), record.write()});
        put_pages(writes, record, rows, all_pages(rows));
        core.stage(std::move(writes));
        for (std::uint32_t i = 0; i < rows.size(); ++i)
            core.tell_outcome(outcome_of(record, rows[i], places[i], now), sent_as(record, rows[i], i + 1),
                              record.catalogue);
    });
}

Result<void> Link::write_prepared(Instant now, std::vector<std::uint64_t>& written) {
    std::vector<PackageRecord> prepared;
    XW_TRY(held, packages(store_.snapshot()));
    for (const PackageRecord& record : held)
        if (record.state == PackageState::prepared) prepared.push_back(record);
    std::reverse(prepared.begin(), prepared.end());  // oldest first
    for (const PackageRecord& record : prepared) {
        XW_TRY_VOID(write_out(record, now));
        written.push_back(record.number);
    }
    return {};
}

Result<std::vector<std::uint64_t>> Link::run_export(CutRule rule, Instant now) {
    const std::lock_guard lock(one_at_a_time_);
    std::vector<std::uint64_t> written;
    XW_TRY_VOID(write_prepared(now, written));
    XW_TRY_VOID(cut(rule, now));
    XW_TRY_VOID(write_prepared(now, written));
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
    const auto never_sent = [&] {
        return refuse(Code::feedback_unknown_package, answer.package,
                      answer.row == 0 ? answer.record->hex() : std::to_string(answer.row));
    };
    if (!number) return never_sent();
    if (!touched.contains(*number)) {
        XW_TRY(record, read_package(kept, *number));
        if (!record) return never_sent();
        XW_TRY(rows, read_rows(kept, *record));
        touched.emplace(*number, Answered{*record, std::move(rows), {}, {}});
    }
    Answered& package = touched.at(*number);
    const auto before = answer.row == 0 ? package.rows : std::vector<LedgerRow>();
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

Result<FeedbackTaken> Link::take_feedback(View file, std::string_view name, Instant now) {
    const std::lock_guard lock(one_at_a_time_);
    FeedbackTaken taken;
    auto feedback = parse_feedback(file, profile_);
    if (!feedback) {
        taken.findings.push_back({0, feedback.error()});
        taken.unreadable = feedback.error();
        XW_TRY_VOID(keep_file(file, name, now, taken));
        return taken;
    }
    taken.rows = feedback->rows.size() + feedback->findings.size();
    taken.findings = std::move(feedback->findings);
    std::map<std::uint64_t, Answered> touched;
    std::vector<std::pair<const Answered*, std::pair<std::size_t, EntryPlace>>> told;
    {
        const Snapshot kept = store_.snapshot();
        for (std::size_t i = 0; i < feedback->rows.size(); ++i) {
            const auto done = apply(kept, feedback->rows[i], touched, taken);
            if (!done && done.error().code == Code::store_corrupt) return tl::unexpected(done.error());
            if (!done) taken.findings.push_back({feedback->numbers[i], done.error()});
        }
        Places places(kept);
        for (const auto& [number, package] : touched)
            for (const std::size_t i : package.changed) {
                XW_TRY(place, places.of(package.rows[i].at));
                told.push_back({&package, {i, place}});
            }
    }
    taken.already = taken.changed == 0 && taken.unchanged > 0;
    if (!taken.findings.empty()) XW_TRY_VOID(keep_file(file, name, now, taken));
    XW_TRY_VOID(commit_([&](Core& core, Instant) {
        std::vector<Write> writes;
        for (const auto& [number, package] : touched) {
            if (package.changed.empty()) continue;
            writes.emplace_back(Put{Table::packages, number_key(number), package.record.write()});
            put_pages(writes, package.record, package.rows, package.pages);
        }
        core.stage(std::move(writes));
        for (const auto& [package, at] : told) {
            const LedgerRow& row = package->rows[at.first];
            core.tell_outcome(outcome_of(package->record, row, at.second, now),
                              sent_as(package->record, row, static_cast<std::uint32_t>(at.first + 1)),
                              package->record.catalogue);
        }
    }));
    return taken;
}

// The file first, then the row that names it: after a crash between the two it is taken again.
Result<void> Link::keep_file(View file, std::string_view name, Instant now, FeedbackTaken& taken) const {
    XW_TRY(kept, keep_in_quarantine(folders_.quarantine, file, name));
    SetAsideFile row{kept, std::string(name), now, taken.rows, taken.findings.size(), taken.findings};
    taken.kept_as = kept;
    return commit_([&](Core& core, Instant) { core.stage({set_aside_row(row)}); });
}

// Somebody has removed the file: it is settled.
Result<void> Link::forget_settled_files() {
    std::vector<Write> gone;
    {
        XW_TRY(files, read_set_aside(store_.snapshot()));
        std::error_code unsure;  // a folder that cannot be read settles nothing
        for (const SetAsideFile& file : files)
            if (!std::filesystem::exists(folders_.quarantine / file.kept_as, unsure) && !unsure)
                gone.emplace_back(no_set_aside_row(file.kept_as));
    }
    if (gone.empty()) return {};
    return commit_([&](Core& core, Instant) { core.stage(std::move(gone)); });
}

Result<std::size_t> Link::poll_inbox(Instant now) {
    XW_TRY_VOID(forget_settled_files());
    std::size_t files = 0;
    std::optional<Refusal> first;
    const auto take = [&](const std::string& name) -> Result<void> {
        XW_TRY(file, inbox_.take(name));
        XW_TRY_VOID(take_feedback(file.bytes, name, now));
        XW_TRY_VOID(inbox_.finish(file));
        ++files;
        return {};
    };
    XW_TRY(names, inbox_.settled(now));
    for (const std::string& name : names)
        if (const auto done = take(name); !done && !first) first = done.error();
    if (first) return tl::unexpected(*first);
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
