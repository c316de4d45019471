// A backup of a running node, made beside its turns (node/DESIGN.md, D8).
//
//   spool ─▶ store, one commit's state ─▶ spool again ─▶ settings, keys ─▶ the marker, last of all
//
// The store is copied by the process that has it open, on its caller's thread, while the loop goes on; one
// read transaction is held as long as the store's copy takes. The spool is copied before and after, so that
// every file which the copied store still has to read is in the backup. Every file and its directory are
// synced before the marker; the files of a refused backup are removed.
#pragma once

#include "node/api/upkeep.h"
#include "node/edge/backup_manifest.h"
#include "storage/store.h"

namespace xinwang {

using BackupOptions = api::BackupOrder;

// Takes the bytes done and the bytes expected; false ends the backup (copy_stopped).
using CopyWatch = std::function<bool(std::uint64_t done, std::uint64_t total)>;

// Takes a backup. Refuses place_taken, backup_on_same_disk, disk_full, file_not_permitted.
Result<BackupManifest> take_backup(const Path& node_dir, const Store& store, const BackupOptions& options,
                                   Instant now, const CopyWatch& watch);

}  // namespace xinwang
