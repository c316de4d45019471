// The place of one entry, in a form that every node understands: the batch by its log and number, and the
// entry's position in it. The city's answers name entries in this way (WIRE.md section 16) and are kept under
// it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/ids.h"

namespace xinwang {

struct EntryPlace {
    LogId log;
    Seq seq = 0;
    std::uint32_t position = 0;
    auto operator<=>(const EntryPlace&) const = default;
};

// "<incarnation>/<lane>/<seq>/<position>", at most 60 bytes: the place in a log of a node that is known, toward
// none.
std::string place_text(const EntryPlace& place);
// Empty when the text is not written exactly so, or names lane `trust`, which holds no records.
std::optional<EntryPlace> parse_place_text(std::string_view text, const NodeId& origin);

// The key of the answer kept about an entry of a record: record 16 | BLAKE2b-128("XW-answer" | log id | seq |
// position u32). The record alone as prefix finds all of its answers.
Bytes answer_key(const RecordId& record, const EntryPlace& place);

}  // namespace xinwang
