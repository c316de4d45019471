#include "topology/division_list.h"

#include <algorithm>

#include "protocol/base/codec.h"
#include "protocol/base/hash.h"
#include "protocol/base/limits.h"
#include "topology/list_line.h"

namespace xinwang {
namespace {

Result<std::vector<std::string>> split(std::string_view line, std::size_t number) {
    LineFields split = split_line(line);
    if (split.fault) return refuse(Code::list_line_broken, std::to_string(number), split.fault->what);
    return std::move(split.fields);
}

struct ListColumns {
    std::size_t count = 0;
    std::optional<std::size_t> code, name, tier, parent;

    static Result<ListColumns> find(const std::vector<std::string>& header) {
        const ListColumns c{header.size(), column_of(header, "code"), column_of(header, "name"),
                            column_of(header, "tier"), column_of(header, "parent_code")};
        if (!c.code) return refuse(Code::list_columns, "1", "code");
        if (!c.name) return refuse(Code::list_columns, "1", "name");
        return c;
    }
};

struct Row {
    Division division;
    std::size_t line = 0;
};

Result<Row> read_row(const std::vector<std::string>& fields, const ListColumns& columns, std::size_t line) {
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
    std::string_view rest = without_mark(csv);
    XW_TRY(header, split(take_line(rest), 1));
    XW_TRY(columns, ListColumns::find(header));
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
        if (previous && !code.parent())
            return refuse(Code::list_second_city, std::to_string(row.line), code.text(),
                          tree.divisions_.front().code.text());
        if (previous && find_in(tree.divisions_, *code.parent()) == nullptr)
            return refuse(Code::list_parent_missing, std::to_string(row.line), code.text(),
                          code.parent()->text());
        tree.divisions_.push_back(row.division);
        previous = &row;
    }
    return tree;
}

DivisionTree DivisionTree::of(std::vector<Division> divisions) {
    DivisionTree tree;
    tree.divisions_ = std::move(divisions);
    return tree;
}

Hash256 DivisionTree::hash() const {
    Blake2b whole(Hash256::size);
    whole.add(view("XW-divisions"));
    for (const Division& d : divisions_) {
        Writer row;
        row.u64(d.code.number());
        row.text16(d.name);
        whole.add(row.bytes());
    }
    Hash256 out;
    whole.finish(out.bytes);
    return out;
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
