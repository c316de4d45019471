// An entry: one line of a log, about one record or one node.
//
// An encoded entry is one msgpack array of eight (WIRE.md section 3) in one canonical form: shortest integers
// and lengths, no extension types, no floats, nothing after it. Bytes that decode are the bytes that the
// entry encodes to. Decoding is bounded by limits::entry_bytes_max and by the bytes given. Pure.
#pragma once

#include <string>
#include <vector>

#include "protocol/base/ids.h"

namespace xinwang {

// Tags are never reused. Tags up to 6 are about records (fields), from 16 about nodes and catalogues, 32
// answers (body).
enum class EntryKind : std::uint8_t {
    publish = 1,
    correct = 2,
    withdraw = 3,
    dispute = 4,  // reserved: accepted as entries, acted on by nobody yet
    resolve = 5,  // reserved
    repair = 6,   // reserved
    enrol = 16,
    rekey = 17,
    move = 18,
    revoke = 19,
    catalogue = 20,
    directory = 21,
    division = 22,
    evidence = 23,
    verdict = 24,   // the city's verdict on others' entries (verdict.h)
    transfer = 25,  // records go to another owner (transfer.h)
    feedback = 32,
};
const char* entry_kind_name(EntryKind kind);
std::optional<EntryKind> parse_entry_kind(std::uint32_t number);
// True when the payload is `fields`, false when it is `body`.
inline bool about_record(EntryKind kind) {
    return kind <= EntryKind::repair;
}

struct Entry {
    EntryKind kind = EntryKind::publish;
    RecordId record;
    std::string subject;     // unified social credit code, citizen number or ""
    std::uint32_t date = 0;  // yyyymmdd or 0
    std::uint32_t row = 0;   // in the entry's submission, or 0
    std::string catalogue;
    std::uint32_t catalogue_version = 0;
    std::vector<std::string> fields;  // of records: values in the catalogue's order, trailing empty ones kept
    Bytes body;                       // of other kinds, each in its own codec
    bool operator==(const Entry&) const = default;
};

// The parts of an entry that an index needs; the texts look into the encoded bytes.
struct EntryGlance {
    EntryKind kind = EntryKind::publish;
    RecordId record;
    std::string_view subject;
    std::uint32_t date = 0;
    std::uint32_t row = 0;
    std::string_view catalogue;
    std::uint32_t catalogue_version = 0;
};

// Requires the limits of WIRE.md section 3 (encodable() tells), valid UTF-8, and an empty `body` or `fields`,
// whichever the kind does not use.
Bytes encode(const Entry& entry);
// Checks what encode() requires. Refuses too_large for an entry that is over a limit, bad_entry or bad_text
// otherwise.
Result<void> encodable(const Entry& entry);

// Refuses bad_entry, unknown_entry_kind, not_canonical, too_large, bad_text, trailing_bytes.
Result<Entry> decode_entry(View encoded);
// Decodes into an existing entry and reuses its memory: for a caller that reads a million entries. After a
// refusal the content of `entry` is unspecified.
Result<void> decode_entry_into(View encoded, Entry& entry);
// Decodes the seven leading elements, with the same refusals; checks neither the payload nor the UTF-8 of the
// texts. Allocates nothing when it accepts.
Result<EntryGlance> glance(View encoded);

}  // namespace xinwang
