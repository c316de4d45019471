#include "tools/sim/submitter.h"

#include <fmt/format.h>

#include "protocol/base/check.h"
#include "protocol/base/hash.h"

namespace xinwang::sim {
namespace {

// The subject's name, a key field in both core catalogues.
std::uint16_t name_field(const Catalogue& catalogue) {
    for (const std::uint16_t at : catalogue.key)
        if (catalogue.fields[at].label.find("名称") != std::string::npos) return at;
    XW_CHECK(false);
    return 0;
}

std::uint16_t remark_field(const Catalogue& catalogue) {
    const auto at = catalogue.find("BZ");
    XW_CHECK(at);
    return *at;
}

SubmissionId id_of(const File& file) {
    Writer head;
    head.text16(file.head.catalogue);
    head.u8(static_cast<std::uint8_t>(file.head.action));
    return hash<SubmissionId>("XW-submission", {head.bytes(), view(file.content)});
}

}  // namespace

Expected expected_of(const Entry& entry) {
    return {entry.kind, entry.record, entry.row, entry.fields};
}

Submitter::Submitter(std::vector<const Catalogue*> catalogues, std::uint64_t seed, const std::string& division)
    : catalogues_(std::move(catalogues)), seed_(seed), division_(division) {}

const File& Submitter::write_file(Random& random, std::uint32_t today) {
    if (!files_.empty() && random.chance(0.12)) {
        auto it = files_.begin();
        std::advance(it, static_cast<std::ptrdiff_t>(random.below(files_.size())));
        return it->second;
    }
    if (issued_.size() > 3 && random.chance(0.2)) return keep(withdraw_file(random));
    return keep(publish_file(random, *catalogues_[random.below(catalogues_.size())], today));
}

const File& Submitter::keep(File file) {
    file.head.file_bytes = file.content.size();
    file.head.id = id_of(file);
    return files_.insert_or_assign(file.head.id, std::move(file)).first->second;
}

// One row to publish: a new record, a changed one, or one that is known already.
PlannedRow Submitter::plan(Random& random, const Catalogue& catalogue, std::uint32_t today, Values& cells) {
    const bool again = !issued_.empty() && random.chance(0.3);
    if (again) {
        Issued& known = issued_[random.below(issued_.size())];
        if (known.catalogue == &catalogue) {
            if (random.chance(0.7))
                known.values[remark_field(catalogue)] = fmt::format("更正{}", random.below(1000));
            cells = known.values;
            return {known.record, cells, false};
        }
    }
    SampleOptions options;
    options.seed = seed_;
    options.bad_percent = 10;
    options.persons_percent = 30;
    options.division = division_;
    options.today = today;
    SampleRow row = Sampler(catalogue, options).row(next_row_++);
    const std::uint16_t name = name_field(catalogue);
    if (!row.defect)
        row.values[name] = fmt::format("{}{:016x}{}", canary, seed_ * 1'000'003 + next_row_, row.values[name]);
    cells = row.values;
    if (row.defect) return {{}, {}, true};
    const RecordId record = record_id(catalogue, cells);
    issued_.push_back({&catalogue, record, cells});
    return {record, cells, false};
}

File Submitter::publish_file(Random& random, const Catalogue& catalogue, std::uint32_t today) {
    File file;
    file.head.name = fmt::format("{}.csv", next_file_++);
    file.head.catalogue = catalogue.id;
    file.head.action = Action::publish;
    file.content = csv_header(catalogue, random.chance(0.5) ? HeaderRows::labels : HeaderRows::codes);
    const std::uint64_t rows = 1 + random.below(random.chance(0.2) ? 40 : 10);
    for (std::uint64_t i = 0; i < rows; ++i) {
        Values cells;
        file.rows.push_back(plan(random, catalogue, today, cells));
        file.content += csv_line(cells);
    }
    return file;
}

File Submitter::withdraw_file(Random& random) {
    const std::uint64_t first = random.below(issued_.size());
    const Catalogue& catalogue = *issued_[first].catalogue;
    File file;
    file.head.name = fmt::format("{}-withdraw.csv", next_file_++);
    file.head.catalogue = catalogue.id;
    file.head.action = Action::withdraw;
    std::vector<std::string> columns;
    for (const std::uint16_t at : catalogue.key) columns.push_back(catalogue.fields[at].code);
    columns.emplace_back("REASON");
    file.content = csv_line(columns);
    const std::uint64_t rows = 1 + random.below(4);
    for (std::uint64_t i = 0; i < rows; ++i) {
        const Issued& known = issued_[i == 0 ? first : random.below(issued_.size())];
        if (known.catalogue != &catalogue) continue;
        PlannedRow row{known.record, Values(catalogue.fields.size()), false};
        std::vector<std::string> cells;
        for (const std::uint16_t at : catalogue.key) {
            cells.push_back(known.values[at]);
            row.fields[at] = known.values[at];
        }
        cells.push_back(fmt::format("撤回{}", random.below(100)));
        row.fields.push_back(cells.back());
        file.content += csv_line(cells);
        file.rows.push_back(std::move(row));
    }
    return file;
}

void Submitter::taken(const SubmissionId& id) {
    XW_CHECK(ids_taken_.insert(id).second);
    const File& file = files_.at(file_of(id));
    TakenFile taken;
    taken.id = id;
    for (const PlannedRow& row : file.rows) {
        const std::uint32_t number = ++taken.rows;
        const auto known = latest_.find(row.record);
        const bool seen = !row.bad && known != latest_.end();
        const bool live = seen && known->second.kind != EntryKind::withdraw;
        const bool withdraws = file.head.action == Action::withdraw;
        if (row.bad || (withdraws && !seen)) {
            ++taken.refused;
            continue;
        }
        if (withdraws ? !live : live && known->second.fields == row.fields) {
            ++taken.unchanged;
            continue;
        }
        const EntryKind kind = withdraws ? EntryKind::withdraw : live ? EntryKind::correct : EntryKind::publish;
        const Expected expected{kind, row.record, number, row.fields};
        latest_[row.record] = expected;
        taken.outstanding.insert(expected);
    }
    queue_.push_back(std::move(taken));
}

const SubmissionId& Submitter::file_of(const SubmissionId& id) const {
    const auto it = handed_in_.find(id);
    return it == handed_in_.end() ? id : it->second;
}

bool Submitter::appeared(const Entry& entry) {
    if (queue_.empty()) return false;
    auto& outstanding = queue_.front().outstanding;
    const auto it = outstanding.find(expected_of(entry));
    if (it == outstanding.end()) return false;
    outstanding.erase(it);
    ++entries_;
    return true;
}

std::string Submitter::done(const Submission& s) {
    if (queue_.empty() || queue_.front().id != s.id) return "done out of turn";
    const TakenFile taken = std::move(queue_.front());
    queue_.pop_front();
    if (s.state == SubmissionState::refused)
        return "the whole file was refused: " + (s.refusal ? s.refusal->line(Language::english) : "");
    if (!taken.outstanding.empty())
        return fmt::format("{} accepted rows are in no log", taken.outstanding.size());
    if (s.rows.read != taken.rows || s.rows.refused != taken.refused || s.rows.unchanged != taken.unchanged)
        return fmt::format("read {}, refused {}, unchanged {} instead of {}, {}, {}", s.rows.read,
                           s.rows.refused, s.rows.unchanged, taken.rows, taken.refused, taken.unchanged);
    return {};
}

}  // namespace xinwang::sim
