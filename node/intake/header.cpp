#include "node/intake/header.h"

#include <algorithm>

#include "protocol/unicode.h"

namespace xinwang {
namespace {

bool is_reason(std::string_view folded) {
    return folded == "撤回原因" || folded == "REASON";
}
bool is_dropped(const Catalogue& catalogue, std::string_view folded) {
    return std::find(catalogue.dropped.begin(), catalogue.dropped.end(), folded) != catalogue.dropped.end();
}
bool is_heading(const Catalogue& catalogue, std::string_view cell) {
    const std::string folded = column_name(cell);
    return catalogue.find(cell).has_value() || is_dropped(catalogue, folded) || is_reason(folded);
}
std::string_view cell_at(Cells cells, std::size_t i) {
    return i < cells.size() ? std::string_view(cells[i]) : std::string_view();
}

// The field of one column, or one of Header's other meanings; refuses an unknown heading.
Result<std::int32_t> meaning(const Catalogue& catalogue, std::size_t column, std::string_view cell,
                             Action action) {
    const std::string folded = column_name(cell);
    if (folded.empty()) return Header::blank;
    if (const auto field = catalogue.find(cell)) return *field;
    if (action == Action::withdraw && is_reason(folded)) return Header::reason;
    if (is_dropped(catalogue, folded)) return Header::dropped;
    return refuse(Code::column_unknown, std::to_string(column + 1), cell, catalogue.rule_version());
}

// One column of two header rows.
Result<std::int32_t> agreed(const Catalogue& catalogue, std::size_t column, std::string_view one,
                            std::string_view other, Action action) {
    XW_TRY(a, meaning(catalogue, column, one, action));
    XW_TRY(b, meaning(catalogue, column, other, action));
    if (a == Header::blank) return b;
    if (b == Header::blank || a == b) return a;
    return refuse(Code::header_rows_disagree, std::to_string(column + 1), one, other);
}

Result<void> all_needed(const Catalogue& catalogue, const Header& header, Action action) {
    std::string missing;
    for (std::uint16_t i = 0; i < catalogue.fields.size(); ++i) {
        const bool key = std::find(catalogue.key.begin(), catalogue.key.end(), i) != catalogue.key.end();
        const bool needed = action == Action::withdraw ? key : catalogue.fields[i].need == Need::always;
        if (!needed || std::find(header.fields.begin(), header.fields.end(), i) != header.fields.end())
            continue;
        if (!missing.empty()) missing += "、";
        missing += catalogue.fields[i].label + "(" + catalogue.fields[i].code + ")";
    }
    if (missing.empty()) return {};
    return refuse(Code::column_missing, {}, missing,
                  catalogue.rule_version() + (action == Action::withdraw ? " 撤回/withdrawal" : ""));
}

// How a value stands to a field's form: text says nothing, the rest fits or not.
enum class Fit { silent, fits, differs };
Fit fit(const Catalogue& catalogue, std::int32_t at, const std::string& raw) {
    if (at < 0 || trimmed(raw).empty()) return Fit::silent;
    const Field& field = catalogue.fields[static_cast<std::size_t>(at)];
    if (field.type == FieldType::text || field.type_when) return Fit::silent;
    Values values(catalogue.fields.size());
    values[static_cast<std::size_t>(at)] = raw;
    normalise_row(catalogue, values);
    const std::uint16_t only[] = {static_cast<std::uint16_t>(at)};
    return validate_only(catalogue, only, values, 0).accepted() ? Fit::fits : Fit::differs;
}

// For each column of one row, how its cell stands to the field `shift` columns to its left.
std::vector<Fit> fits(const Catalogue& catalogue, const Header& header, const Values& row, int shift) {
    std::vector<Fit> out(row.size(), Fit::silent);
    for (std::size_t i = 0; i < row.size(); ++i) {
        const auto from = static_cast<std::ptrdiff_t>(i) - shift;
        if (from >= 0 && from < static_cast<std::ptrdiff_t>(header.fields.size()))
            out[i] = fit(catalogue, header.fields[static_cast<std::size_t>(from)], row[i]);
    }
    return out;
}

// The first column from which on the shift explains every row, if there is one.
std::optional<std::size_t> shifted_from(const std::vector<std::vector<Fit>>& as_is,
                                        const std::vector<std::vector<Fit>>& moved) {
    constexpr std::size_t evidence =
        4;  // cells of each row that speak for the shift: wrong as they stand, or right if moved
    const std::size_t columns = as_is.front().size();
    std::size_t from = 0;
    for (const auto& row : moved)
        for (std::size_t i = 0; i < columns; ++i)
            if (row[i] == Fit::differs) from = std::max(from, i + 1);
    for (std::size_t r = 0; r < as_is.size(); ++r) {
        for (std::size_t i = 0; i < from; ++i)
            if (as_is[r][i] == Fit::differs) return std::nullopt;
        std::size_t seen = 0, wrong = 0;
        for (std::size_t i = from; i < columns; ++i) {
            wrong += as_is[r][i] == Fit::differs;
            seen += as_is[r][i] == Fit::differs || (moved[r][i] == Fit::fits && as_is[r][i] == Fit::silent);
        }
        if (seen < evidence || wrong == 0) return std::nullopt;
    }
    return from;
}

}  // namespace

bool is_header_row(const Catalogue& catalogue, Cells cells) {
    std::size_t filled = 0, known = 0;
    for (const auto& cell : cells) {
        if (trimmed(cell).empty()) continue;
        ++filled;
        known += is_heading(catalogue, cell);
    }
    return known != 0 && known * 2 >= filled;
}

Result<Header> read_header(const Catalogue& catalogue, Cells first, Cells second, Action action) {
    Header out;
    const std::size_t columns = std::max(first.size(), second.size());
    for (std::size_t i = 0; i < columns; ++i) {
        const std::string_view one = cell_at(first, i), other = cell_at(second, i);
        XW_TRY(field, agreed(catalogue, i, one, other, action));
        const auto same = std::find(out.fields.begin(), out.fields.end(), field);
        if (field >= 0 && same != out.fields.end())
            return refuse(Code::column_doubled, std::to_string(i + 1), one.empty() ? other : one,
                          std::to_string(same - out.fields.begin() + 1));
        if (field == Header::dropped)
            out.warnings.push_back({Severity::warning, "",
                                    Refusal(Code::column_dropped, std::to_string(i + 1),
                                            one.empty() ? other : one, catalogue.rule_version())});
        out.fields.push_back(field);
    }
    XW_TRY_VOID(all_needed(catalogue, out, action));
    return out;
}

std::optional<Refusal> looks_shifted(const Catalogue& catalogue, const Header& header, Cells headings,
                                     std::span<const Values> rows) {
    if (rows.empty()) return std::nullopt;
    std::vector<std::vector<Fit>> as_is;
    for (const auto& row : rows) as_is.push_back(fits(catalogue, header, row, 0));
    for (const int shift : {1, -1}) {
        std::vector<std::vector<Fit>> moved;
        for (const auto& row : rows) moved.push_back(fits(catalogue, header, row, shift));
        auto from = shifted_from(as_is, moved);
        if (!from) continue;
        // Name the first column where the evidence is.
        while (as_is[0][*from] != Fit::differs && *from + 1 < as_is[0].size()) ++*from;
        const auto like = static_cast<std::ptrdiff_t>(*from) - shift;
        const std::string_view label = like >= 0 ? cell_at(headings, static_cast<std::size_t>(like)) : "";
        return Refusal(Code::columns_shifted, std::to_string(*from + 1), cell_at(headings, *from), label);
    }
    return std::nullopt;
}

}  // namespace xinwang
