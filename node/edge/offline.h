// A node's directory while no node runs on it: what `xinwang verify`, `restore` and `repair` work on. The
// store's lock is held for as long as this lives, so no node starts meanwhile.
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

// Refuses not_a_node_directory, store_locked while a node runs there, and what is wrong with its keys or its
// store.
Result<OfflineNode> open_offline(const Path& dir, Access access);

// The store alone, without taking its place: a backup's copy, for instance.
Result<std::unique_ptr<Store>> open_store_at(const Path& store, Access access);

}  // namespace xinwang
