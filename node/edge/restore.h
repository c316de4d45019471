// Makes a node's directory again from a backup.
//
//   marker ─▶ every file, checked against it ─▶ the store walked, signatures and index too ─▶ marked restored
//          ─▶ what was there before moved aside ─▶ moved into place, node.toml last
//
// The whole directory is prepared in DIR/.restoring, on the disk where it will stay; DIR becomes a node's at
// the very end, and only when every step has succeeded. The row `restored` (node/core/restored.h) makes the
// node open a new incarnation at its first start, before it numbers anything. Blocks its caller.
#pragma once

#include "node/core/verify.h"
#include "node/edge/backup.h"

namespace xinwang {

struct RestoreOptions {
    Path backup;
    Path keys;           // directory of the keys when the backup holds none; empty: the backup's keys
    bool force = false;  // the directory's old content is moved aside, into DIR/before-restore-<moment>
};

struct Restored {
    BackupManifest manifest;
    Path moved_aside;  // empty: the directory held nothing before
    Verification verification;
};

// Restores `dir`. Refuses backup_incomplete, backup_malformed, backup_damaged, backup_without_keys,
// keys_of_another_node, already_a_node and place_taken (without force), store_locked when a node runs there,
// and the first finding of the walk (store_corrupt); after a refusal the directory is as it was.
Result<Restored> restore_backup(const Path& dir, const RestoreOptions& options, Instant now,
                                const CopyWatch& watch);

}  // namespace xinwang
