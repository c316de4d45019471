// An entry: one line of a log, about one record.
#pragma once

#include <string>
#include <vector>

#include "protocol/base/ids.h"

namespace xinwang {

enum class EntryKind : std::uint8_t { publish = 1, correct = 2, withdraw = 3 };

struct Entry {
    EntryKind kind = EntryKind::publish;
    RecordId record;
    std::string subject;     // unified social credit code, citizen number or ""
    std::uint32_t date = 0;  // yyyymmdd or 0
    std::uint32_t row = 0;
    std::string catalogue;
    std::uint32_t catalogue_version = 0;
    std::vector<std::string> fields;  // of records: values in the catalogue's order
    Bytes body;                       // of other kinds
    bool operator==(const Entry&) const = default;
};

}  // namespace xinwang
