#include "protocol/entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <msgpack.hpp>

#include "protocol/base/check.h"
#include "protocol/base/limits.h"
#include "protocol/entry_scan.h"
#include "protocol/unicode.h"

namespace xinwang {
namespace {

constexpr std::uint32_t elements = 8;

// Writes into memory of the exact size, which encoded_bytes() told.
struct Sink {
    std::uint8_t* to;
    void write(const char* from, std::size_t size) { to = std::copy_n(from, size, to); }
};
using Packer = msgpack::packer<Sink>;

void pack(Packer& to, std::string_view s) {
    to.pack_str(static_cast<std::uint32_t>(s.size()));
    to.pack_str_body(s.data(), static_cast<std::uint32_t>(s.size()));
}

void pack(Packer& to, View b) {
    to.pack_bin(static_cast<std::uint32_t>(b.size()));
    to.pack_bin_body(reinterpret_cast<const char*>(b.data()), static_cast<std::uint32_t>(b.size()));
}

bool date_has_form(std::uint32_t date) {
    const std::uint32_t month = date / 100 % 100, day = date % 100;
    return date == 0 ||
           (date >= 1000'01'01 && date <= 9999'12'31 && month >= 1 && month <= 12 && day >= 1 && day <= 31);
}

Result<void> small(const char* field, std::size_t size, std::size_t limit) {
    if (size <= limit) return {};
    return refuse(Code::too_large, field, std::to_string(size), std::to_string(limit));
}

Result<void> readable(const char* field, std::string_view s) {
    if (valid_utf8(s)) return {};
    return refuse(Code::bad_text, field, s, "UTF-8");
}

std::size_t length_size(std::size_t size) {
    return size < 32 ? 1 : size < 256 ? 2 : 3;
}
std::size_t number_bytes(std::uint32_t number) {
    return number < 0x80 ? 1 : number < 0x100 ? 2 : number < 0x10000 ? 3 : 5;
}

std::size_t encoded_bytes(const Entry& e) {
    std::size_t bytes = 1 + 1 + (2 + RecordId::size) + length_size(e.subject.size()) + e.subject.size() +
                        number_bytes(e.date) + number_bytes(e.row) + length_size(e.catalogue.size()) +
                        e.catalogue.size() + number_bytes(e.catalogue_version);
    if (!about_record(e.kind)) return bytes + (e.body.size() < 256 ? 2 : 3) + e.body.size();
    bytes += e.fields.size() < 16 ? 1 : 3;
    for (const auto& field : e.fields) bytes += length_size(field.size()) + field.size();
    return bytes;
}

// The seven leading elements, which leave `scan` at the payload.
Result<EntryGlance> scan_front(EntryScan& scan) {
    EntryGlance e;
    const std::uint32_t count = scan.array("entry");
    const std::uint32_t kind = scan.number("kind");
    const View record = scan.binary("record");
    e.subject = scan.string("subject");
    e.date = scan.number("date");
    e.row = scan.number("row");
    e.catalogue = scan.string("catalogue");
    e.catalogue_version = scan.number("catalogue_version");
    XW_TRY_VOID(scan.verdict());
    if (count != elements) return refuse(Code::bad_entry, "entry", std::to_string(count), "8 elements");
    const auto known = parse_entry_kind(kind);
    if (!known) return refuse(Code::unknown_entry_kind, "kind", std::to_string(kind));
    e.kind = *known;
    if (record.size() != RecordId::size)
        return refuse(Code::bad_entry, "record", std::to_string(record.size()), "16 bytes");
    std::memcpy(e.record.bytes.data(), record.data(), RecordId::size);
    if (!date_has_form(e.date)) return refuse(Code::bad_entry, "date", std::to_string(e.date), "yyyymmdd or 0");
    XW_TRY_VOID(small("subject", e.subject.size(), limits::entry_subject_bytes_max));
    XW_TRY_VOID(small("catalogue", e.catalogue.size(), limits::entry_catalogue_bytes_max));
    return e;
}

Result<void> scan_fields(EntryScan& scan, std::vector<std::string>& fields) {
    const std::uint32_t count = scan.array("fields");
    XW_TRY_VOID(scan.verdict());
    XW_TRY_VOID(small("fields", count, limits::entry_fields_max));
    fields.resize(std::min<std::size_t>(count, scan.rest().size()));  // each takes a byte at least
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string_view field = scan.string("fields");
        if (!scan.good()) return scan.verdict();
        if (!valid_utf8(field)) return readable("fields", field);
        fields[i] = field;
    }
    return {};
}

}  // namespace

const char* entry_kind_name(EntryKind kind) {
    switch (kind) {
        case EntryKind::publish:
            return "publish";
        case EntryKind::correct:
            return "correct";
        case EntryKind::withdraw:
            return "withdraw";
        case EntryKind::dispute:
            return "dispute";
        case EntryKind::resolve:
            return "resolve";
        case EntryKind::repair:
            return "repair";
        case EntryKind::enrol:
            return "enrol";
        case EntryKind::rekey:
            return "rekey";
        case EntryKind::move:
            return "move";
        case EntryKind::revoke:
            return "revoke";
        case EntryKind::catalogue:
            return "catalogue";
        case EntryKind::division:
            return "division";
        case EntryKind::evidence:
            return "evidence";
        case EntryKind::verdict:
            return "verdict";
        case EntryKind::transfer:
            return "transfer";
        case EntryKind::directory:
            return "directory";
        case EntryKind::feedback:
            return "feedback";
    }
    return "?";
}

std::optional<EntryKind> parse_entry_kind(std::uint32_t number) {
    if ((number >= 1 && number <= 6) || (number >= 16 && number <= 25) || number == 32)
        return static_cast<EntryKind>(number);
    return std::nullopt;
}

Result<void> encodable(const Entry& entry) {
    XW_TRY_VOID(small("entry", encoded_bytes(entry), limits::entry_bytes_max));
    XW_TRY_VOID(small("subject", entry.subject.size(), limits::entry_subject_bytes_max));
    XW_TRY_VOID(small("catalogue", entry.catalogue.size(), limits::entry_catalogue_bytes_max));
    XW_TRY_VOID(small("fields", entry.fields.size(), limits::entry_fields_max));
    if (!date_has_form(entry.date))
        return refuse(Code::bad_entry, "date", std::to_string(entry.date), "yyyymmdd or 0");
    const bool one_payload = about_record(entry.kind) ? entry.body.empty() : entry.fields.empty();
    if (!one_payload) return refuse(Code::bad_entry, "payload", entry_kind_name(entry.kind), "fields or body");
    XW_TRY_VOID(readable("subject", entry.subject));
    XW_TRY_VOID(readable("catalogue", entry.catalogue));
    for (const auto& field : entry.fields) XW_TRY_VOID(readable("fields", field));
    return {};
}

Bytes encode(const Entry& entry) {
    XW_CHECK(encodable(entry).has_value());
    Bytes out(encoded_bytes(entry));
    Sink sink{out.data()};
    Packer to(sink);
    to.pack_array(elements);
    to.pack_uint8(static_cast<std::uint8_t>(entry.kind));
    pack(to, entry.record.view());
    pack(to, std::string_view(entry.subject));
    to.pack_uint32(entry.date);
    to.pack_uint32(entry.row);
    pack(to, std::string_view(entry.catalogue));
    to.pack_uint32(entry.catalogue_version);
    if (about_record(entry.kind)) {
        to.pack_array(static_cast<std::uint32_t>(entry.fields.size()));
        for (const auto& field : entry.fields) pack(to, std::string_view(field));
    } else {
        pack(to, View(entry.body));
    }
    XW_CHECK(sink.to == out.data() + out.size());
    return out;
}

Result<EntryGlance> glance(View encoded) {
    XW_TRY_VOID(small("entry", encoded.size(), limits::entry_bytes_max));
    EntryScan scan(encoded);
    return scan_front(scan);
}

Result<void> decode_entry_into(View encoded, Entry& entry) {
    XW_TRY_VOID(small("entry", encoded.size(), limits::entry_bytes_max));
    EntryScan scan(encoded);
    XW_TRY(front, scan_front(scan));
    XW_TRY_VOID(readable("subject", front.subject));
    XW_TRY_VOID(readable("catalogue", front.catalogue));
    entry.kind = front.kind;
    entry.record = front.record;
    entry.subject = front.subject;
    entry.date = front.date;
    entry.row = front.row;
    entry.catalogue = front.catalogue;
    entry.catalogue_version = front.catalogue_version;
    entry.body.clear();
    if (about_record(entry.kind)) {
        XW_TRY_VOID(scan_fields(scan, entry.fields));
    } else {
        entry.fields.clear();
        entry.body = to_bytes(scan.binary("body"));
        XW_TRY_VOID(scan.verdict());
    }
    if (!scan.rest().empty()) return refuse(Code::trailing_bytes, "entry", std::to_string(scan.rest().size()));
    return {};
}

Result<Entry> decode_entry(View encoded) {
    Entry entry;
    XW_TRY_VOID(decode_entry_into(encoded, entry));
    return entry;
}

}  // namespace xinwang
