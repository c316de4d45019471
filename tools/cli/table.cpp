#include "tools/cli/table.h"

#include <fmt/format.h>

#include "protocol/base/check.h"
#include "tools/cli/text.h"

namespace xinwang::cli {
namespace {

constexpr std::size_t cell_bytes_max = 4096;

const char* colour_of(Tone tone) {
    switch (tone) {
        case Tone::good:
            return "32";
        case Tone::warn:
            return "33";
        case Tone::bad:
            return "31";
        case Tone::faint:
            return "2";
        case Tone::plain:
            break;
    }
    return "";
}

}  // namespace

std::string toned(const Terminal& terminal, Tone tone, std::string_view text) {
    if (!terminal.colour || tone == Tone::plain) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", colour_of(tone), text);
}

void Table::add(std::vector<Cell> row) {
    XW_CHECK(row.size() == columns_.size());
    for (auto& cell : row) cell.text = printable(cell.text, cell_bytes_max);
    rows_.push_back(std::move(row));
}

void Table::print(const Terminal& terminal) const {
    std::vector<std::size_t> widths;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        widths.push_back(display_width(columns_[c].heading));
        for (const auto& row : rows_) widths[c] = std::max(widths[c], display_width(row[c].text));
    }
    const auto line = [&](const auto& text_of, const auto& tone_of) {
        std::string out;
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            const std::string text = text_of(c);
            const std::string space(widths[c] - display_width(text), ' ');
            const bool right = columns_[c].align == Align::right;
            if (right) out += space;
            out += toned(terminal, tone_of(c), text);
            if (c + 1 == columns_.size()) break;
            if (!right) out += space;
            out += "  ";
        }
        terminal.out << out << '\n';
    };
    line([&](std::size_t c) { return columns_[c].heading; }, [](std::size_t) { return Tone::faint; });
    for (const auto& row : rows_)
        line([&](std::size_t c) { return row[c].text; }, [&](std::size_t c) { return row[c].tone; });
}

}  // namespace xinwang::cli
