// The roster as a node keeps it: the root key in `meta` and the table of certificates, folded again.
#pragma once

#include "storage/store.h"
#include "topology/roster.h"

namespace xinwang {

// Refuses store_corrupt when the rows do not make one roster: the store has checked every value, so the
// program that wrote them was wrong. Throws StoreCorrupt for a damaged value.
Result<Roster> read_roster(const Snapshot& kept);

}  // namespace xinwang
