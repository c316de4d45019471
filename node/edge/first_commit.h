// The first rows of a new node's store (FORMAT.md): its identity, the root that it believes, and the city's
// directory as it knows it.
#pragma once

#include <memory>

#include "node/edge/files.h"
#include "node/edge/node_dir.h"
#include "storage/lmdb_kv.h"
#include "storage/store.h"

namespace xinwang {

// The rows of the first commit. `statements` begin with number 1; `certificates` in any order. Requires that
// a roster has taken them all.
std::vector<Write> first_writes(const RootId& root, const NodeId& self, const std::vector<Bytes>& statements,
                                const std::vector<Bytes>& certificates);
// Opens the store of the node in `dir`, or makes it when there is none.
Result<std::unique_ptr<Store>> open_node_store(const Path& dir, const LmdbOptions& options);
// Makes a new node's store with its first commit; the disk space held in reserve is taken when the node first
// runs.
Result<void> make_store(const Path& dir, std::span<const Write> writes);
NodeDirSummary summary_of(const Certificate& certificate);

}  // namespace xinwang
