// Where one entry stands, said so that every node understands it: the batch by its log and number, and the
// entry's position in it. What the city answers names entries in this way (WIRE.md section 16), and the answers
// are kept under it. Pure.
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
// Empty when it is not written exactly so, or names lane `trust`, which holds no records.
std::optional<EntryPlace> parse_place_text(std::string_view text, const NodeId& origin);

// The key of what is kept about an entry of a record: record 16 | BLAKE2b-128("XW-answer" | log id | seq |
// position u32). With the record alone as prefix all of a record's are found.
Bytes answer_key(const RecordId& record, const EntryPlace& place);

}  // namespace xinwang
