#include "node/intake/csv.h"

#include <algorithm>

#include "protocol/base/limits.h"

namespace xinwang {

char detect_separator(std::string_view header) {
    std::size_t counts[3] = {0, 0, 0};
    constexpr char candidates[3] = {',', '\t', ';'};
    bool quoted = false;
    for (const char c : header) {
        if (c == '"') quoted = !quoted;
        for (std::size_t i = 0; i < 3; ++i) counts[i] += !quoted && c == candidates[i];
    }
    return candidates[std::max_element(counts, counts + 3) - counts];
}

CsvReader::CsvReader(FileSource& source, Encoding encoding, char separator, CsvPosition from)
    : lines_(source, from.offset), decoder_(encoding), separator_(separator), position_(from) {}

bool CsvReader::next(CsvRow& row) {
    const auto blank = [&] {
        return !row.refusal &&
               std::all_of(
                   row.cells.begin(), row.cells.begin() + static_cast<std::ptrdiff_t>(row.count),
                   [](const std::string& cell) { return cell.find_first_not_of(" \t") == std::string::npos; });
    };
    do {
        if (!read(row)) return false;
    } while (blank());
    ++position_.rows;
    return true;
}

bool CsvReader::read(CsvRow& row) {
    Line line;
    if (!lines_.next(line)) return false;
    row.number = position_.rows + 1;
    row.line = position_.lines + 1;
    row.count = 0;
    row.text.clear();
    row.refusal.reset();
    quoted_ = false;
    const std::uint64_t start = line.offset;
    position_ = {line.end, position_.lines + 1, position_.rows};
    const CsvPosition after_first = position_;
    if (line.oversize) {
        refuse_row(row, Code::row_bytes_over, std::to_string(line.end - line.offset),
                   std::to_string(limits::row_bytes_max));
        return true;
    }
    begin_cell(row);
    Ended ended = take_line(line, row);
    while (ended == Ended::open) {
        if (!lines_.next(line)) {
            give_up(row, after_first, "\"… EOF");
            return true;
        }
        if (line.end - start > limits::row_bytes_max) {
            position_ = after_first;
            lines_.seek(after_first.offset);
            row.refusal.reset();
            refuse_row(row, Code::row_bytes_over, std::to_string(line.end - start),
                       std::to_string(limits::row_bytes_max));
            return true;
        }
        position_.offset = line.end;
        ++position_.lines;
        ended = take_line(line, row);
    }
    if (ended == Ended::broken) give_up(row, after_first, "\"…\"…");
    return true;
}

// The row ends with its first line; reading goes on behind that.
void CsvReader::give_up(CsvRow& row, const CsvPosition& after_first, std::string_view why) {
    position_ = after_first;
    lines_.seek(after_first.offset);
    row.refusal.reset();
    refuse_row(row, Code::row_quotes, why, "RFC 4180");
}

CsvReader::Ended CsvReader::take_line(const Line& line, CsvRow& row) {
    const bool first = row.text.empty() && row.count == 1 && !quoted_;
    std::string& decoded = first ? row.text : scratch_;
    if (const auto wrong = decoder_.decode(line.raw, decoded)) {
        refuse_row(row, Code::row_encoding, line.raw.substr(*wrong, 64), encoding_name(decoder_.encoding()));
        if (first) row.text = printable(line.raw, limits::row_excerpt_bytes_max);
        // Only the quotes still matter, to find the row's end; none of them is part of a longer character.
        return split(line.raw, row);
    }
    return split(decoded, row);
}

CsvReader::Ended CsvReader::split(std::string_view text, CsvRow& row) {
    std::size_t at = 0;
    if (!quoted_ && text.starts_with('"')) quoted_ = true, at = 1;
    for (;;) {
        if (quoted_) {
            const Ended ended = close_quoted(text, at, row);
            if (ended != Ended::row) return ended;
        } else {
            const std::size_t end = std::min(text.find(separator_, at), text.size());
            put(text.substr(at, end - at), row);
            at = end;
        }
        if (at == text.size()) return Ended::row;
        ++at;  // the separator
        begin_cell(row);
        if (at < text.size() && text[at] == '"') quoted_ = true, ++at;
    }
}

// Reads on to the closing quote; `at` is then at a separator or the end.
CsvReader::Ended CsvReader::close_quoted(std::string_view text, std::size_t& at, CsvRow& row) {
    for (;;) {
        const std::size_t quote = text.find('"', at);
        put(text.substr(at, quote - at), row);
        if (quote == std::string_view::npos) {
            put("\n", row);
            return Ended::open;
        }
        at = quote + 1;
        if (at < text.size() && text[at] == '"') {
            put("\"", row);
            ++at;
            continue;
        }
        quoted_ = false;
        return at == text.size() || text[at] == separator_ ? Ended::row : Ended::broken;
    }
}

void CsvReader::begin_cell(CsvRow& row) {
    if (row.count == limits::row_columns_max)
        return refuse_row(row, Code::row_columns_over, {}, std::to_string(limits::row_columns_max));
    if (row.count == row.cells.size()) row.cells.emplace_back();
    row.cells[row.count++].clear();
}

void CsvReader::put(std::string_view text, CsvRow& row) {
    std::string& cell = row.cells[row.count - 1];
    if (cell.size() + text.size() <= limits::field_bytes_max)
        cell += text;
    else
        refuse_row(row, Code::row_field_over, std::to_string(row.count),
                   std::to_string(limits::field_bytes_max));
}

void CsvReader::refuse_row(CsvRow& row, Code code, std::string_view value, std::string_view limit) {
    if (!row.refusal) row.refusal = Refusal(code, std::to_string(row.number), value, limit);
}

}  // namespace xinwang
