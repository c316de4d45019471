#include "storage/kv.h"

#include "protocol/base/check.h"

namespace xinwang {

// The names of the LMDB databases, too: never changed.
const char* table_name(Table table) {
    static constexpr const char* names[] = {"",
                                            "format",
                                            "meta",
                                            "logs",
                                            "positions",
                                            "batches",
                                            "by_record",
                                            "by_subject",
                                            "heads",
                                            "receipts",
                                            "certificates",
                                            "catalogues",
                                            "submissions",
                                            "rows",
                                            "outcomes",
                                            "pending",
                                            "invitations",
                                            "quarantine",
                                            "packages",
                                            "peers",
                                            "package_rows",
                                            "index_runs",
                                            "index_blocks",
                                            "index_state",
                                            "divisions",
                                            "statements",
                                            "orders",
                                            "verdicts",
                                            "answers",
                                            "row_notes",
                                            "row_pages",
                                            "tallies"};
    static_assert(std::size(names) == tables_max + 1);
    const auto number = static_cast<std::size_t>(table);
    XW_CHECK(number >= 1 && number <= tables_max);
    return names[number];
}

Result<Copied> Kv::copy_to(const std::filesystem::path& directory, const CopyRule&) const {
    return refuse(Code::store_unusable, "store", directory.string(), "tables in memory");
}

}  // namespace xinwang
