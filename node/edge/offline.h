// A node's directory while no node runs on it; `xinwang verify`, `restore` and `repair` work on one. An
// OfflineNode holds the store's lock for as long as it lives, so no node starts meanwhile.
#pragma once

#include <memory>

#include "node/core/jobs.h"
#include "node/edge/files.h"
#include "storage/lmdb_kv.h"
#include "topology/roster.h"

namespace xinwang {

enum class Access : std::uint8_t { read, write };

struct OfflineNode {
    std::unique_ptr<Store> store;
    Roster roster;
    std::unique_ptr<JobRoom> room;  // keys and store, as the jobs of a running node have them
    Incarnation incarnation;
    const Certificate& certificate() const { return *roster.find(room->self); }
};

// Opens the directory. Refuses not_a_node_directory, store_locked while a node runs there, and each fault in
// its keys or its store.
Result<OfflineNode> open_offline(const Path& dir, Access access);

// Opens a store alone, without the rest of a node's directory: a backup's copy, for instance.
Result<std::unique_ptr<Store>> open_store_at(const Path& store, Access access);

}  // namespace xinwang
