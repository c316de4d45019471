#include "node/intake/step.h"

#include <algorithm>
#include <unordered_map>

#include "node/intake/header.h"
#include "protocol/base/limits.h"
#include "protocol/unicode.h"

namespace xinwang {
namespace {

// What the beginning of the file says, found again at each step: encoding, separator, columns.
struct Opening {
    Encoding encoding = Encoding::utf8;
    char separator = ',';
    std::uint8_t header_rows = 1;
    Header header;
    CsvPosition data;                   // where the first row of data begins
    std::vector<std::string> headings;  // of the first header row
};

Result<TextStart> text_start(FileSource& file, std::uint8_t declared) {
    Bytes beginning(
        static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), limits::encoding_probe_bytes)));
    beginning.resize(file.read(0, beginning));
    return detect_text(beginning,
                       declared == 0 ? std::nullopt : std::optional(static_cast<Encoding>(declared)));
}

Result<CsvRow> header_row(CsvReader& reader, Encoding encoding) {
    CsvRow row;
    if (!reader.next(row)) return refuse(Code::file_empty, {}, {}, "表头/header");
    if (row.refusal && row.refusal->code == Code::row_encoding)
        return refuse(Code::file_encoding, "表头/header", row.refusal->value, encoding_name(encoding));
    if (row.refusal) return tl::unexpected(*row.refusal);
    row.cells.resize(row.count);
    return row;
}

// Of the first line with anything on it.
char separator_of(FileSource& file, Encoding encoding, std::uint64_t from) {
    LineReader lines(file, from);
    Decoder decoder(encoding);
    std::string decoded;
    for (Line line; lines.next(line);) {
        decoder.decode(line.raw, decoded);
        if (!trimmed(decoded).empty()) break;
    }
    return detect_separator(decoded);
}

Result<Opening> open_file(FileSource& file, const Catalogue& catalogue, Action action,
                          const IntakeCursor& cursor) {
    if (file.size() > limits::file_bytes_max)
        return refuse(Code::file_too_large, {}, std::to_string(file.size()),
                      std::to_string(limits::file_bytes_max));
    if (cursor.byte_offset > file.size())
        return refuse(Code::cursor_beyond_file, {}, std::to_string(cursor.byte_offset),
                      std::to_string(file.size()));
    XW_TRY(start, text_start(file, cursor.encoding));
    Opening out;
    out.encoding = start.encoding;
    const CsvPosition first{start.mark_bytes, 0, 0};
    out.separator = cursor.separator;
    if (out.separator == 0) out.separator = separator_of(file, out.encoding, first.offset);
    CsvReader reader(file, out.encoding, out.separator, first);
    XW_TRY(labels, header_row(reader, out.encoding));
    out.headings = labels.cells;
    out.data = reader.position();
    CsvRow second;
    const bool two = reader.next(second) && !second.refusal &&
                     is_header_row(catalogue, Cells(second.cells).first(second.count));
    if (two) out.data = reader.position();
    out.header_rows = two ? 2 : 1;
    out.data.rows = 0;
    second.cells.resize(two ? second.count : 0);
    XW_TRY(header, read_header(catalogue, labels.cells, second.cells, action));
    out.header = std::move(header);
    return out;
}

std::optional<Refusal> shifted(FileSource& file, const Catalogue& catalogue, const Opening& opening) {
    CsvReader reader(file, opening.encoding, opening.separator, opening.data);
    std::vector<Values> rows;
    CsvRow row;
    while (rows.size() < limits::shift_probe_rows && reader.next(row)) {
        if (row.refusal || row.count != opening.header.fields.size()) continue;
        rows.emplace_back(row.cells.begin(), row.cells.begin() + static_cast<std::ptrdiff_t>(row.count));
    }
    return looks_shifted(catalogue, opening.header, opening.headings, rows);
}

// One step's work on rows; the outcome grows in it.
class Step {
  public:
    Step(const Catalogue& catalogue, Action action, const Header& header, std::uint32_t today,
         const Known& known)
        : catalogue_(catalogue), action_(action), header_(header), today_(today), known_(known) {}

    void take(CsvRow& row) {
        ++outcome_.rows;
        if (auto refusal = misfit(row))
            return answer_refused(row, {{Severity::refusal, "", std::move(*refusal)}});
        if (action_ == Action::publish)
            publish(row);
        else
            withdraw(row);
    }
    IntakeOutcome& outcome() { return outcome_; }

  private:
    // What is wrong with the row's shape, before its values.
    std::optional<Refusal> misfit(const CsvRow& row) const {
        if (row.refusal) return row.refusal;
        const std::size_t columns = header_.fields.size();
        if (row.count < columns || !rest_is_blank(row, columns))
            return Refusal(Code::row_column_count, std::to_string(row.number), std::to_string(row.count),
                           std::to_string(columns));
        for (std::size_t i = 0; i < columns; ++i)
            if (header_.fields[i] == Header::blank && !trimmed(row.cells[i]).empty())
                return Refusal(Code::column_unknown, std::to_string(i + 1), row.cells[i],
                               catalogue_.rule_version());
        return std::nullopt;
    }
    static bool rest_is_blank(const CsvRow& row, std::size_t from) {
        for (std::size_t i = from; i < row.count; ++i)
            if (!trimmed(row.cells[i]).empty()) return false;
        return true;
    }
    Values values_of(CsvRow& row, std::string* reason) const {
        Values values(catalogue_.fields.size());
        for (std::size_t i = 0; i < header_.fields.size(); ++i) {
            if (header_.fields[i] >= 0)
                values[static_cast<std::size_t>(header_.fields[i])].swap(row.cells[i]);
            else if (header_.fields[i] == Header::reason && reason != nullptr)
                *reason = std::string(trimmed(row.cells[i]));
        }
        return values;
    }

    void publish(CsvRow& row) {
        Values values = values_of(row, nullptr);
        normalise_row(catalogue_, values);
        RowVerdict verdict = validate(catalogue_, values, today_);
        if (!verdict.accepted()) return answer_refused(row, std::move(verdict.findings));
        Entry entry = entry_of(row, EntryKind::publish, record_id(catalogue_, values));
        const auto held = held_entry(entry.record);
        const bool live = held && held->latest.kind != EntryKind::withdraw;
        const bool same = live && held->latest.fields == values;
        if (held && held->foreign) {
            const Code code = same ? Code::record_held_same : Code::record_held_other;
            return answer_refused(
                row, {{Severity::refusal, "", Refusal(code, held->foreign->field, held->foreign->value)}});
        }
        if (same) {
            outcome_.unchanged.push_back(row.number);
        } else {
            if (live) entry.kind = EntryKind::correct;
            entry.subject = std::string(subject_identifier(catalogue_, values));
            entry.date = parse_date(value_of(values, catalogue_.decision_date), {}).value_or(0);
            const std::uint16_t policy = policy_of(catalogue_, values);
            entry.fields = std::move(values);
            keep(std::move(entry), policy);
        }
        answer_warned(row, std::move(verdict.findings));
    }

    void withdraw(CsvRow& row) {
        std::string reason;
        const Values given = values_of(row, &reason);
        Values values(catalogue_.fields.size());
        for (const std::uint16_t i : catalogue_.key) values[i] = given[i];
        normalise_row(catalogue_, values);
        RowVerdict verdict = validate_only(catalogue_, catalogue_.key, values, today_);
        if (characters(reason) > limits::withdraw_reason_characters_max)
            verdict.findings.push_back(
                {Severity::refusal, "",
                 Refusal(Code::field_too_long, "撤回原因(REASON)", std::to_string(characters(reason)),
                         std::to_string(limits::withdraw_reason_characters_max))});
        if (!verdict.accepted()) return answer_refused(row, std::move(verdict.findings));
        Entry entry = entry_of(row, EntryKind::withdraw, record_id(catalogue_, values));
        const auto held = held_entry(entry.record);
        if (!held) return answer_refused(row, {{Severity::refusal, "", not_held(values)}});
        if (held->foreign)
            return answer_refused(row, {{Severity::refusal, "",
                                         Refusal(Code::not_the_owner, held->foreign->field,
                                                 held->foreign->value, entry_kind_name(EntryKind::withdraw))}});
        if (held->latest.kind == EntryKind::withdraw) {
            outcome_.unchanged.push_back(row.number);
            return;
        }
        entry.subject = held->latest.subject;
        entry.date = held->latest.date;
        entry.fields = std::move(values);
        entry.fields.push_back(std::move(reason));
        keep(std::move(entry), policy_of(catalogue_, held->latest.fields));
        answer_warned(row, std::move(verdict.findings));
    }

    Refusal not_held(const Values& values) const {
        std::string key;
        for (const std::uint16_t i : catalogue_.key) key += (key.empty() ? "" : " / ") + values[i];
        return Refusal(Code::record_not_held, {}, key, catalogue_.rule_version());
    }
    Entry entry_of(const CsvRow& row, EntryKind kind, const RecordId& record) const {
        Entry entry;
        entry.kind = kind;
        entry.record = record;
        entry.row = row.number;
        entry.catalogue = catalogue_.id;
        entry.catalogue_version = catalogue_.version;
        return entry;
    }
    // What this step has made of the record, or else what is held of it.
    std::optional<KnownRecord> held_entry(const RecordId& record) const {
        if (const auto made = made_.find(record); made != made_.end())
            return KnownRecord(outcome_.entries[made->second]);
        return known_(record);
    }
    void keep(Entry entry, std::uint16_t policy) {
        made_[entry.record] = outcome_.entries.size();
        outcome_.entries.push_back(std::move(entry));
        outcome_.policies.push_back(policy);
    }
    void answer_refused(const CsvRow& row, std::vector<RowFinding> findings) {
        outcome_.refused.push_back({row.number, row.line, catalogue_.rule_version(), std::move(findings),
                                    printable(row.text, limits::row_excerpt_bytes_max)});
    }
    void answer_warned(const CsvRow& row, std::vector<RowFinding> findings) {
        if (!findings.empty())
            outcome_.warned.push_back(
                {row.number, row.line, catalogue_.rule_version(), std::move(findings), {}});
    }

    const Catalogue& catalogue_;
    const Action action_;
    const Header& header_;
    const std::uint32_t today_;
    const Known& known_;
    IntakeOutcome outcome_;
    std::unordered_map<RecordId, std::size_t, BlockHash> made_;
};

}  // namespace

IntakeCursor IntakeCursor::declared(Encoding encoding) {
    IntakeCursor out;
    out.encoding = static_cast<std::uint8_t>(encoding);
    return out;
}

void IntakeCursor::write(Writer& out) const {
    out.u64(byte_offset);
    out.u32(rows_done);
    out.u32(lines_done);
    out.u8(encoding);
    out.u8(static_cast<std::uint8_t>(separator));
    out.u8(header_rows);
}

Result<IntakeCursor> IntakeCursor::read(Reader& in) {
    IntakeCursor out;
    out.byte_offset = in.u64();
    out.rows_done = in.u32();
    out.lines_done = in.u32();
    out.encoding = in.u8();
    out.separator = static_cast<char>(in.u8());
    out.header_rows = in.u8();
    XW_TRY_VOID(in.so_far());
    if (out.encoding > 2) return refuse(Code::bad_number, "encoding", std::to_string(out.encoding), "0-2");
    if (out.header_rows > 2)
        return refuse(Code::bad_number, "header_rows", std::to_string(out.header_rows), "0-2");
    if (std::string_view("\0,\t;", 4).find(out.separator) == std::string_view::npos)
        return refuse(Code::bad_number, "separator", std::string(1, out.separator), ", ; TAB");
    return out;
}

Result<IntakeOutcome> intake_step(FileSource& file, const Catalogue& catalogue, Action action,
                                  const IntakeCursor& cursor, std::size_t rows_max, std::uint32_t today,
                                  const Known& known) {
    XW_TRY(opening, open_file(file, catalogue, action, cursor));
    const bool start = cursor.byte_offset == 0;
    if (start && action == Action::publish)
        if (auto refusal = shifted(file, catalogue, opening)) return tl::unexpected(std::move(*refusal));
    Step step(catalogue, action, opening.header, today, known);
    IntakeOutcome& out = step.outcome();
    if (start && !opening.header.warnings.empty())
        out.warned.push_back({0, 1, catalogue.rule_version(), opening.header.warnings, {}});
    const CsvPosition from =
        start ? opening.data : CsvPosition{cursor.byte_offset, cursor.lines_done, cursor.rows_done};
    CsvReader reader(file, opening.encoding, opening.separator, from);
    CsvRow row;
    while (out.rows < rows_max && !out.end) {
        if (from.rows + out.rows == limits::file_rows_max) {
            if (out.rows != 0) break;  // what was read first; the next step refuses the rest
            if (!reader.next(row)) {
                out.end = true;
                break;
            }
            return refuse(Code::file_too_many_rows, {}, std::to_string(row.number),
                          std::to_string(limits::file_rows_max));
        }
        if (reader.next(row))
            step.take(row);
        else
            out.end = true;
    }
    const CsvPosition at = reader.position();
    out.next = {at.offset,         at.rows,
                at.lines,          static_cast<std::uint8_t>(opening.encoding),
                opening.separator, opening.header_rows};
    return std::move(out);
}

}  // namespace xinwang
