// Text for a terminal: its width in columns, and short forms of ages and sizes. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace xinwang::cli {

// Columns that UTF-8 text takes: East Asian wide and fullwidth characters (Unicode 15, UAX 11: W and F) two,
// combining marks and zero-width characters none, all others one. A byte that is not UTF-8 takes one.
std::size_t display_width(std::string_view text);

// An age: "3s", "12m", "5h", "40d"; "-5s" does not exist: ages are never negative.
std::string age_text(std::int64_t seconds);
// A size: "512 B", "8.0 MB": powers of ten.
std::string bytes_text(std::uint64_t bytes);
// Parses bytes per second as rclone writes them: "512k", "10M", "1G", a bare number in KiB, powers of 1024; 0
// for "off". Nothing for any other text.
std::optional<std::uint64_t> parse_rate(std::string_view text);

}  // namespace xinwang::cli
