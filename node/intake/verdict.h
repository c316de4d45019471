// The answer to one row, as its sender sees it and as the store keeps it. Pure.
#pragma once

#include "protocol/row.h"

namespace xinwang {

struct RowAnswer {
    std::uint32_t row = 0;   // from 1; 0 is the file
    std::uint32_t line = 0;  // physical line it begins at, from 1
    std::string rule;        // catalogue and version it was judged by: "xzxk/1"
    std::vector<RowFinding> findings;
    std::string
        excerpt;  // of the row as it came, at most limits::row_excerpt_bytes_max, printable; "" when accepted
    bool operator==(const RowAnswer&) const = default;
};

// Writes u8 1 | u32 row | u32 line | text16 rule | u16 n | n × (u8 severity | u16 number | text16 field |
// text16 what | text16 value | text16 limit) | text16 excerpt. Texts are UTF-8.
void write(Writer& out, const RowAnswer& answer);
// Reads an answer. Refuses truncated, bad_number (an unknown version, severity or refusal number), too_large.
Result<RowAnswer> read_row_answer(Reader& in);

}  // namespace xinwang
