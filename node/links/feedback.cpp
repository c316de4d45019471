#include "node/links/feedback.h"

#include <charconv>

#include "node/intake/csv.h"
#include "node/links/xml_rows.h"
#include "protocol/base/limits.h"

namespace xinwang {
namespace {

constexpr std::size_t bad_bytes_max = 10'000;  // in an XML answer, before the whole file is given up
constexpr char bad_byte_mark = '\x01';         // stands for each: no XML holds it, so its row is refused

// One row's cells, whatever the format. Empty and absent are the same.
struct Cells {
    std::string_view package, row, record, result, reason, message;
};

Result<FeedbackRow> understand(const Cells& cells, const FeedbackLayout& layout) {
    FeedbackRow row;
    if (cells.package.empty()) return refuse(Code::feedback_row_incomplete, layout.package);
    row.package = printable(cells.package, limits::link_reason_bytes_max);
    if (!cells.row.empty()) {
        const auto* end = cells.row.data() + cells.row.size();
        const auto [last, error] = std::from_chars(cells.row.data(), end, row.row);
        if (error != std::errc{} || last != end || row.row == 0)
            return refuse(Code::feedback_row_incomplete, layout.row, cells.row);
    }
    if (!cells.record.empty()) {
        row.record = RecordId::parse_hex(cells.record);
        if (!row.record) return refuse(Code::feedback_row_incomplete, layout.record, cells.record);
    }
    if (row.row == 0 && !row.record)
        return refuse(Code::feedback_row_incomplete, layout.row.empty() ? layout.record : layout.row);
    const auto result = layout.results.find(cells.result);
    if (result == layout.results.end())
        return refuse(Code::feedback_result_unknown, layout.result, cells.result);
    row.result = result->second;
    row.reason_code = printable(cells.reason, limits::link_reason_bytes_max);
    row.message = printable(cells.message, limits::link_message_bytes_max);
    return row;
}

std::string_view trimmed(std::string_view s) {
    constexpr std::string_view spaces = " \t\r\n";
    const auto first = s.find_first_not_of(spaces);
    return first == s.npos ? std::string_view{} : s.substr(first, s.find_last_not_of(spaces) - first + 1);
}

// Gathers rows and findings up to the limit.
class Collector {
  public:
    Result<void> add(Result<FeedbackRow> row) {
        if (++number_ > limits::feedback_rows_max)
            return refuse(Code::too_large, "feedback rows", std::to_string(number_),
                          std::to_string(limits::feedback_rows_max));
        if (row) {
            feedback_.rows.push_back(std::move(*row));
            feedback_.numbers.push_back(number_);
        } else {
            feedback_.findings.push_back({number_, std::move(row.error())});
        }
        return {};
    }
    Feedback take() { return std::move(feedback_); }

  private:
    Feedback feedback_;
    std::uint32_t number_ = 0;
};

Encoding encoding_of(const FeedbackLayout& layout) {
    return layout.encoding == TextEncoding::gb18030 ? Encoding::gb18030 : Encoding::utf8;
}

// The layout's names, in the order of Cells.
struct CellPlace {
    const std::string FeedbackLayout::*name;
    std::string_view Cells::*cell;
    bool required;
};
constexpr CellPlace places[] = {
    {&FeedbackLayout::package, &Cells::package, true}, {&FeedbackLayout::row, &Cells::row, false},
    {&FeedbackLayout::record, &Cells::record, false},  {&FeedbackLayout::result, &Cells::result, true},
    {&FeedbackLayout::reason, &Cells::reason, false},  {&FeedbackLayout::message, &Cells::message, false}};

// Which column each place stands in. Refuses when a required one, or both names of a row, are missing.
Result<std::array<std::optional<std::size_t>, std::size(places)>> find_columns(const CsvRow& heading,
                                                                               const FeedbackLayout& layout) {
    std::array<std::optional<std::size_t>, std::size(places)> columns;
    for (std::size_t p = 0; p < columns.size(); ++p) {
        const auto& name = layout.*places[p].name;
        for (std::size_t i = 0; i < heading.count && !name.empty(); ++i)
            if (trimmed(heading.cells[i]) == name) columns[p] = i;
        if (!columns[p] && places[p].required) return refuse(Code::feedback_column_missing, name);
    }
    if (!columns[1] && !columns[2])
        return refuse(Code::feedback_column_missing, layout.row.empty() ? layout.record : layout.row);
    return columns;
}

Result<Feedback> parse_csv(View file, std::size_t mark_bytes, const FeedbackLayout& layout) {
    MemorySource source(to_bytes(file));
    CsvReader reader(source, encoding_of(layout), ',', {.offset = mark_bytes});
    CsvRow row;
    if (!reader.next(row)) return refuse(Code::feedback_column_missing, layout.package);
    if (row.refusal) return tl::unexpected(*row.refusal);
    XW_TRY(columns, find_columns(row, layout));
    Collector collector;
    while (reader.next(row)) {
        if (row.refusal) {
            XW_TRY_VOID(collector.add(tl::unexpected(*row.refusal)));
            continue;
        }
        Cells cells;
        for (std::size_t p = 0; p < columns.size(); ++p)
            if (columns[p] && *columns[p] < row.count) cells.*places[p].cell = trimmed(row.cells[*columns[p]]);
        XW_TRY_VOID(collector.add(understand(cells, layout)));
    }
    return collector.take();
}

// Bytes that are no text become marks, so that only their rows suffer.
Result<std::string> decode(View file, Encoding encoding) {
    Decoder decoder(encoding);
    std::string all, part;
    for (std::size_t bad = 0;; ++bad) {
        const auto stop = decoder.decode(text(file), part);
        all += part;
        if (!stop) return all;
        if (bad == bad_bytes_max)
            return refuse(Code::bad_text, "feedback", "byte " + std::to_string(*stop), encoding_name(encoding));
        all += bad_byte_mark;
        file = file.subspan(*stop + 1);
    }
}

Result<FeedbackRow> understand_xml(const XmlRows::Row& row, const FeedbackLayout& layout) {
    Cells cells;
    for (const auto& [name, value] : row) {
        if (value.find(bad_byte_mark) != value.npos)
            return refuse(Code::bad_text, name, value, encoding_name(encoding_of(layout)));
        for (const auto& place : places)
            if (!name.empty() && layout.*place.name == name) cells.*place.cell = trimmed(value);
    }
    return understand(cells, layout);
}

Result<Feedback> parse_xml(View file, const FeedbackLayout& layout) {
    XW_TRY(decoded, decode(file, encoding_of(layout)));
    XmlRows rows(decoded, layout.row_element);
    XW_TRY_VOID(rows.begin());
    Collector collector;
    while (auto row = rows.next()) {
        if (*row)
            XW_TRY_VOID(collector.add(understand_xml(**row, layout)));
        else
            XW_TRY_VOID(collector.add(tl::unexpected(row->error())));
    }
    return collector.take();
}

}  // namespace

Result<Feedback> parse_feedback(View file, const LinkProfile& profile) {
    if (file.size() > limits::feedback_bytes_max)
        return refuse(Code::too_large, "feedback", std::to_string(file.size()),
                      std::to_string(limits::feedback_bytes_max));
    const auto& layout = profile.feedback;
    // A mark is passed over whether the profile expects one or not.
    const bool marked = text(file).starts_with("\xEF\xBB\xBF") && encoding_of(layout) == Encoding::utf8;
    const std::size_t mark_bytes = marked ? 3 : 0;
    if (layout.format == LinkFormat::csv) return parse_csv(file, mark_bytes, layout);
    return parse_xml(file.subspan(mark_bytes), layout);
}

}  // namespace xinwang
