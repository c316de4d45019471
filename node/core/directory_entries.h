// The entries of a trust log (node/DESIGN.md section 2): who is enrolled, which catalogues are in force, what a
// list of divisions changed, what the root says. Pure.
#pragma once

#include "protocol/catalogue.h"
#include "protocol/entry.h"
#include "topology/division_change.h"

namespace xinwang {

inline Entry enrol_entry(View certificate) {
    Entry entry;
    entry.kind = EntryKind::enrol;
    entry.body = to_bytes(certificate);
    return entry;
}

inline Entry rekey_entry(View certificate, View request) {
    Writer body;
    body.bytes16(certificate);
    body.bytes16(request);
    Entry entry;
    entry.kind = EntryKind::rekey;
    entry.body = body.take();
    return entry;
}

inline Entry directory_entry(View statement) {
    Entry entry;
    entry.kind = EntryKind::directory;
    entry.body = to_bytes(statement);
    return entry;
}

inline Entry catalogue_entry(const Catalogue& catalogue, std::string_view toml) {
    Entry entry;
    entry.kind = EntryKind::catalogue;
    entry.catalogue = catalogue.id;
    entry.catalogue_version = catalogue.version;
    entry.body = to_bytes(view(toml));
    return entry;
}

inline Entry division_entry(const DivisionEntry& division) {
    Entry entry;
    entry.kind = EntryKind::division;
    entry.body = encode(division);
    return entry;
}

}  // namespace xinwang
