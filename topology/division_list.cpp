#include "topology/division_list.h"

#include <algorithm>

#include "protocol/base/limits.h"

namespace xinwang {
namespace {

// One line without its end; `from` moves past it.
std::string_view take_line(std::string_view& from) {
    const std::size_t end = from.find('\n');
    std::string_view line = from.substr(0, end);
    from.remove_prefix(end == from.npos ? from.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

// One field of RFC 4180, quoted or not; `line` moves past it and its comma. Empty when quotes are wrong. A
// quoted field may not hold a line end: no name does.
std::optional<std::string> take_field(std::string_view& line, bool& more) {
    std::string field;
    if (line.empty() || line.front() != '"') {
        const std::size_t end = std::min(line.find(','), line.size());
        field = std::string(line.substr(0, end));
        line.remove_prefix(end);
    } else {
        line.remove_prefix(1);
        for (;;) {
            const std::size_t end = line.find('"');
            if (end == line.npos) return std::nullopt;
            field += line.substr(0, end);
            line.remove_prefix(end + 1);
            if (line.empty() || line.front() != '"') break;
            field += '"';
            line.remove_prefix(1);
        }
        if (!line.empty() && line.front() != ',') return std::nullopt;
    }
    more = !line.empty();
    if (more) line.remove_prefix(1);
    return field;
}

Result<std::vector<std::string>> split(std::string_view line, std::size_t number) {
    std::vector<std::string> fields;
    for (bool more = true; more;) {
        auto field = take_field(line, more);
        if (!field) return refuse(Code::list_line_broken, std::to_string(number), "\"");
        fields.push_back(std::move(*field));
        if (fields.size() > limits::row_columns_max)
            return refuse(Code::list_line_broken, std::to_string(number), std::to_string(fields.size()));
    }
    return fields;
}

struct Columns {
    std::size_t count = 0;
    std::optional<std::size_t> code, name, tier, parent;

    static Result<Columns> find(const std::vector<std::string>& header) {
        const auto at = [&](std::string_view label) -> std::optional<std::size_t> {
            const auto it = std::find(header.begin(), header.end(), label);
            if (it == header.end()) return std::nullopt;
            return static_cast<std::size_t>(it - header.begin());
        };
        const Columns c{header.size(), at("code"), at("name"), at("tier"), at("parent_code")};
        if (!c.code) return refuse(Code::list_columns, "1", "code");
        if (!c.name) return refuse(Code::list_columns, "1", "name");
        return c;
    }
};

struct Row {
    Division division;
    std::size_t line = 0;
};

Result<Row> read_row(const std::vector<std::string>& fields, const Columns& columns, std::size_t line) {
    const std::string at = std::to_string(line);
    if (fields.size() != columns.count)
        return refuse(Code::list_line_broken, at, std::to_string(fields.size()));
    const std::string& text = fields[*columns.code];
    const auto code = DivisionCode::parse(text);
    if (!code) return refuse(Code::list_code_bad, at, text, code.error().number());
    const std::string& name = fields[*columns.name];
    XW_TRY_VOID(check_name(name, at));
    if (columns.tier && fields[*columns.tier] != tier_name(code->tier()))
        return refuse(Code::list_tier_wrong, at, fields[*columns.tier], tier_name(code->tier()));
    if (columns.parent) {
        const std::string& given = fields[*columns.parent];
        const auto parent = code->parent();
        const bool right = parent ? given == parent->text() : given.empty() || DivisionCode::is_province(given);
        if (!right) return refuse(Code::list_parent_wrong, at, given, parent ? parent->text() : "");
    }
    return Row{{*code, name}, line};
}

Result<std::vector<Row>> read_rows(std::string_view csv) {
    std::string_view rest = csv;
    if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
    XW_TRY(header, split(take_line(rest), 1));
    XW_TRY(columns, Columns::find(header));
    std::vector<Row> rows;
    for (std::size_t line = 2; !rest.empty(); ++line) {
        const std::string_view text = take_line(rest);
        if (text.empty()) continue;
        if (rows.size() == limits::division_list_rows_max)
            return refuse(Code::too_large, "rows", ">" + std::to_string(rows.size()),
                          std::to_string(rows.size()));
        XW_TRY(fields, split(text, line));
        XW_TRY(row, read_row(fields, columns, line));
        rows.push_back(std::move(row));
    }
    if (rows.empty()) return refuse(Code::list_empty);
    return rows;
}

const Division* find_in(const std::vector<Division>& divisions, DivisionCode code) {
    const auto it = std::lower_bound(divisions.begin(), divisions.end(), code,
                                     [](const Division& d, DivisionCode c) { return d.code < c; });
    return it != divisions.end() && it->code == code ? &*it : nullptr;
}

}  // namespace

Result<DivisionTree> DivisionTree::load(std::string_view csv) {
    if (csv.size() > limits::division_list_bytes_max)
        return refuse(Code::too_large, "list", std::to_string(csv.size()),
                      std::to_string(limits::division_list_bytes_max));
    XW_TRY(rows, read_rows(csv));
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.division.code < b.division.code; });
    DivisionTree tree;
    const Row* previous = nullptr;
    for (const Row& row : rows) {
        const DivisionCode code = row.division.code;
        if (previous && previous->division.code == code)
            return refuse(Code::list_code_twice, std::to_string(row.line), code.text(),
                          std::to_string(previous->line));
        // Everything but the top, which is the first in code order, hangs on something before it.
        if (previous && (!code.parent() || find_in(tree.divisions_, *code.parent()) == nullptr))
            return refuse(Code::list_parent_missing, std::to_string(row.line), code.text(),
                          code.parent() ? code.parent()->text() : "");
        tree.divisions_.push_back(row.division);
        previous = &row;
    }
    return tree;
}

const Division* DivisionTree::find(DivisionCode code) const {
    return find_in(divisions_, code);
}

std::vector<DivisionCode> DivisionTree::children(DivisionCode code) const {
    std::vector<DivisionCode> children;
    const Division* self = find(code);
    if (self == nullptr) return children;
    for (const Division* d = self + 1; d != divisions_.data() + divisions_.size() && d->code.is_within(code);
         ++d)
        if (d->code.parent() == code) children.push_back(d->code);
    return children;
}

std::size_t DivisionTree::count(Tier tier) const {
    return static_cast<std::size_t>(std::count_if(divisions_.begin(), divisions_.end(),
                                                  [&](const Division& d) { return d.code.tier() == tier; }));
}

}  // namespace xinwang
