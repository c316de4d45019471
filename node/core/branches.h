// Branches: own logs of ended incarnations that their parent holds otherwise (WIRE.md section 7.6), each with
// the first batch from which on this node may be the only holder. Entries from there on stay in the log and
// in the index, and count for no record: whoever hands their rows in again has them sealed anew. Rows of
// `meta` (FORMAT.md).
#pragma once

#include <map>

#include "protocol/base/ids.h"
#include "storage/store.h"

namespace xinwang {

using Branches = std::map<LogId, Seq>;

// Throws StoreCorrupt.
Branches read_branches(const Snapshot& kept);
Put branch_row(const LogId& log, Seq from);

inline bool on_branch(const Branches& branches, const LogId& log, Seq seq) {
    const auto it = branches.find(log);
    return it != branches.end() && seq >= it->second;
}

}  // namespace xinwang
