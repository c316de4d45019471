// Lines and fields of the small CSV files that operators hand in: lists of divisions and of links. LF or
// CRLF, fields of RFC 4180 in quotes where needed. A quoted field may not hold a line end, because no name
// does. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xinwang {

// One line without its end; `from` moves past the line.
std::string_view take_line(std::string_view& from);
// A file without its byte order mark.
std::string_view without_mark(std::string_view file);

// The fault of a line: a quote, or its number of fields.
struct LineFault {
    std::string what;
};
struct LineFields {
    std::vector<std::string> fields;
    std::optional<LineFault> fault;
};
// At most limits::row_columns_max fields.
LineFields split_line(std::string_view line);

// The place of the column with this label; empty when there is none.
std::optional<std::size_t> column_of(const std::vector<std::string>& header, std::string_view label);

}  // namespace xinwang
