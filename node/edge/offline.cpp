#include "node/edge/offline.h"

#include "node/core/roster_rows.h"
#include "node/edge/node_files.h"
#include "node/edge/node_keys.h"

namespace xinwang {

Result<std::unique_ptr<Store>> open_store_at(const Path& store, Access access) {
    LmdbOptions options;
    options.read_only = access == Access::read;
    if (!std::filesystem::exists(store / "data.mdb"))
        return refuse(Code::file_missing, (store / "data.mdb").string());
    XW_TRY(kv, open_lmdb_kv(store, options));
    return Store::open(std::move(kv));
}

Result<OfflineNode> open_offline(const Path& dir, Access access) {
    XW_TRY_VOID(check_node_files(dir));
    XW_TRY(key_store, KeyStore::open(dir / "keys"));
    OfflineNode node;
    XW_TRY(store, open_store_at(dir / "store", access));
    node.store = std::move(store);
    const Snapshot kept = node.store->snapshot();
    XW_TRY(id, kept.get(Table::meta, view("node")));
    XW_TRY(incarnation, kept.get(Table::meta, view("incarnation")));
    if (!id || !incarnation) return refuse(Code::not_a_node_directory, "store", (dir / "store").string());
    node.incarnation = *Incarnation::from(*incarnation);
    const NodeId self = *NodeId::from(*id);
    XW_TRY(roster, read_roster(kept));
    if (roster.find(self) == nullptr)
        return refuse(Code::not_a_node_directory, "store", (dir / "store").string());
    XW_TRY(keys, keys_in_force(key_store, *roster.find(self)));
    node.roster = std::move(roster);
    node.room = std::make_unique<JobRoom>(JobRoom{self, keys.sign, keys.open, node.store.get()});
    return node;
}

}  // namespace xinwang
