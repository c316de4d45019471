#include "topology/list_line.h"

#include <algorithm>

#include "protocol/base/limits.h"

namespace xinwang {
namespace {

// One field, quoted or not; `line` moves past it and its comma. Empty when quotes are wrong.
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

}  // namespace

std::string_view take_line(std::string_view& from) {
    const std::size_t end = from.find('\n');
    std::string_view line = from.substr(0, end);
    from.remove_prefix(end == from.npos ? from.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

std::string_view without_mark(std::string_view file) {
    if (file.starts_with("\xEF\xBB\xBF")) file.remove_prefix(3);
    return file;
}

LineFields split_line(std::string_view line) {
    LineFields out;
    for (bool more = true; more;) {
        auto field = take_field(line, more);
        if (!field) return {{}, LineFault{"\""}};
        out.fields.push_back(std::move(*field));
        if (out.fields.size() > limits::row_columns_max)
            return {{}, LineFault{std::to_string(out.fields.size())}};
    }
    return out;
}

std::optional<std::size_t> column_of(const std::vector<std::string>& header, std::string_view label) {
    const auto it = std::find(header.begin(), header.end(), label);
    if (it == header.end()) return std::nullopt;
    return static_cast<std::size_t>(it - header.begin());
}

}  // namespace xinwang
