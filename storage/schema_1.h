// The indexes of schema 1, kept readable until the indexes are built again (FORMAT.md section 6): index
// entries as keys of `by_record` and `by_subject`, or gathered in runs of `index_runs`, under hashes of
// BLAKE2b.
#pragma once

#include <string_view>
#include <vector>

#include "storage/index.h"
#include "storage/kv.h"

namespace xinwang::schema_1 {

inline constexpr Table tables[] = {Table::by_record, Table::by_subject, Table::index_runs};

// Appends the places that schema 1 holds for the record or the subject. Neither is checked against rot,
// because a look-up opens the entry anyway.
void find_record(const KvReader& reader, View secret, const RecordId& record, std::vector<Locator>& into);
void find_subject(const KvReader& reader, View secret, std::string_view subject, std::vector<Locator>& into);

}  // namespace xinwang::schema_1
