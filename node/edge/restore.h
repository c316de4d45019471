// A node's directory made again from a backup.
//
//   marker ─▶ every file, checked against it ─▶ the store walked, signatures and index too ─▶ marked restored
//          ─▶ what was there before moved aside ─▶ moved into place, node.toml last
//
// All of it is prepared in DIR/.restoring, on the disk where it will stay; DIR is a node only at the very end,
// and again exactly when it all succeeded. The row `restored` (node/core/restored.h) makes the node open a new
// incarnation at its first start, before it numbers anything. Blocks its caller.
#pragma once

#include "node/core/verify.h"
#include "node/edge/backup.h"

namespace xinwang {

struct RestoreOptions {
    Path backup;
    Path keys;           // directory with the keys when the backup holds none; empty: the backup's
    bool force = false;  // what is in the directory is moved aside, into DIR/before-restore-<moment>
};

struct Restored {
    BackupManifest manifest;
    Path moved_aside;  // empty: nothing was there
    Verification verification;
};

// Refuses backup_incomplete, backup_malformed, backup_damaged, backup_without_keys, keys_of_another_node,
// already_a_node and place_taken (without force), store_locked when a node runs there, and what the walk found
// (store_corrupt), the first of it; then the directory is as it was.
Result<Restored> restore_backup(const Path& dir, const RestoreOptions& options, Instant now,
                                const CopyWatch& watch);

}  // namespace xinwang
