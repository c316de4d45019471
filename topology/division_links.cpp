#include "topology/division_links.h"

#include <map>

#include "protocol/base/limits.h"
#include "topology/list_line.h"

namespace xinwang {
namespace {

struct LinkColumns {
    std::size_t count = 0;
    std::optional<std::size_t> from, to, kind;
};

Result<LinkColumns> find_columns(std::string_view line) {
    const LineFields header = split_line(line);
    if (header.fault) return refuse(Code::links_line_broken, "1", header.fault->what);
    const LinkColumns c{header.fields.size(), column_of(header.fields, "old_code"),
                        column_of(header.fields, "new_code"), column_of(header.fields, "kind")};
    if (!c.from) return refuse(Code::links_line_broken, "1", "old_code?");
    if (!c.to) return refuse(Code::links_line_broken, "1", "new_code?");
    return c;
}

Result<DivisionCode> read_code(const std::string& text, const std::string& at) {
    const auto code = DivisionCode::parse(text);
    if (!code) return refuse(Code::links_code_bad, at, text, code.error().number());
    return *code;
}

Result<DivisionLink> read_link(std::string_view line, const LinkColumns& columns, std::size_t number) {
    const std::string at = std::to_string(number);
    const LineFields row = split_line(line);
    if (row.fault) return refuse(Code::links_line_broken, at, row.fault->what);
    if (row.fields.size() != columns.count)
        return refuse(Code::links_line_broken, at, std::to_string(row.fields.size()));
    XW_TRY(from, read_code(row.fields[*columns.from], at));
    XW_TRY(to, read_code(row.fields[*columns.to], at));
    DivisionLink link{from, to, {}, number};
    if (columns.kind && !row.fields[*columns.kind].empty()) {
        link.kind = parse_change_kind(row.fields[*columns.kind]);
        if (!link.kind || *link.kind < DivisionChangeKind::recoded)
            return refuse(Code::links_kind_unknown, at, row.fields[*columns.kind]);
    }
    return link;
}

}  // namespace

Result<std::vector<DivisionLink>> load_division_links(std::string_view csv) {
    if (csv.size() > limits::division_list_bytes_max)
        return refuse(Code::too_large, "links", std::to_string(csv.size()),
                      std::to_string(limits::division_list_bytes_max));
    std::string_view rest = without_mark(csv);
    XW_TRY(columns, find_columns(take_line(rest)));
    std::vector<DivisionLink> links;
    std::map<std::pair<DivisionCode, DivisionCode>, std::size_t> seen;
    for (std::size_t number = 2; !rest.empty(); ++number) {
        const std::string_view line = take_line(rest);
        if (line.empty()) continue;
        if (links.size() == limits::division_list_rows_max)
            return refuse(Code::too_large, "links", ">" + std::to_string(links.size()),
                          std::to_string(links.size()));
        XW_TRY(link, read_link(line, columns, number));
        const auto [earlier, fresh] = seen.emplace(std::pair(link.from, link.to), number);
        if (!fresh)
            return refuse(Code::links_twice, std::to_string(number), link.from.text() + "," + link.to.text(),
                          std::to_string(earlier->second));
        links.push_back(link);
    }
    return links;
}

}  // namespace xinwang
