// The table `divisions` (FORMAT.md section 8): the newest listing, at the city the list in force, and
// everywhere the changes, which are found by each of their codes. Rows are not kept in memory: a process may
// host thousands of nodes, and each reads them seldom.
#pragma once

#include "storage/store.h"
#include "topology/division_change.h"

namespace xinwang {

Put listing_row(const DivisionListing& listing);
Put division_row(const Division& division);
Erase no_division_row(DivisionCode code);
std::vector<Write> change_rows(const DivisionChange& change);
// The row of a node that had the code and goes on under another.
Put former_holder_row(DivisionCode code, const NodeId& node);

// The readers below refuse store_corrupt, or throw StoreCorrupt, for damaged rows.
Result<std::optional<DivisionListing>> read_listing(const Snapshot& kept);
// The list in force. Empty away from the city, and at a city that has none.
Result<DivisionTree> read_divisions(const Snapshot& kept);
Result<std::optional<Division>> read_division(const Snapshot& kept, DivisionCode code);
// Changes that name the code, the oldest list first.
Result<std::vector<DivisionChange>> changes_of(const Snapshot& kept, DivisionCode code);
// All changes that are held, the oldest list first.
std::vector<DivisionChange> read_changes(const Snapshot& kept);
std::vector<NodeId> former_holders(const Snapshot& kept, DivisionCode code);

// Asks whether a node may be invited for this code. Refuses division_gone for a code that a list took away,
// and, at the city, division_unlisted for a code that the list in force lacks.
Result<void> check_invited(const Snapshot& kept, bool at_city, DivisionCode code);
// The note for an operator about a node's code or name: node_code_gone, node_code_followed, node_renamed, and
// at the city node_unlisted. Empty when there is nothing to do.
Result<std::optional<Refusal>> note_about(const Snapshot& kept, bool at_city, DivisionCode code,
                                          const std::string& name);

}  // namespace xinwang
