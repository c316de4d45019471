// What a new node's store begins with (FORMAT.md): who it is, whom it believes, what it knows of the city.
#pragma once

#include <memory>

#include "node/edge/files.h"
#include "node/edge/node_dir.h"
#include "storage/lmdb_kv.h"
#include "storage/store.h"

namespace xinwang {

// Statements number 1 first; certificates in any order. Requires that a roster has taken them all.
std::vector<Write> first_writes(const RootId& root, const NodeId& self, const std::vector<Bytes>& statements,
                                const std::vector<Bytes>& certificates);
// The store of the node in `dir`, made when there is none.
Result<std::unique_ptr<Store>> open_node_store(const Path& dir, const LmdbOptions& options);
// A new node's first commit; the disk space held in reserve is taken when it first runs.
Result<void> make_store(const Path& dir, std::span<const Write> writes);
NodeDirSummary summary_of(const Certificate& certificate);

}  // namespace xinwang
