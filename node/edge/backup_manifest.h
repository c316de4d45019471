// The marker of a backup, `backup.toml`: names the node, its logs, and every file of the backup with its
// hash. The marker is written and synced after all these files, so a backup without a marker is incomplete
// and is never restored.
//
// Beside it lie store/data.mdb (one commit's state, Kv::copy_to), node.toml, profile.toml at the city, spool/
// with the files whose rows were not all read yet, and keys/ when the order asked for the keys. A hash is
// BLAKE2b-256, as `b2sum -l 256` prints it.
#pragma once

#include <string>
#include <vector>

#include "node/edge/files.h"
#include "protocol/base/ids.h"
#include "protocol/base/time.h"
#include "storage/rows.h"

namespace xinwang {

struct BackupManifest {
    struct Log {
        std::string line;  // of the node's own logs
        Seq size = 0;
        std::string last;  // batch id
    };
    struct File {
        std::string path;  // relative, without dots
        std::uint64_t bytes = 0;
        Hash256 hash;
    };

    std::string program;
    Instant made;
    NodeId node;
    std::string code;
    std::string name;
    std::string tier;
    Incarnation incarnation;
    std::vector<Log> logs;
    std::vector<File> files;

    bool has_keys() const;
    std::uint64_t bytes() const;
};

inline constexpr const char* backup_marker = "backup.toml";

// Writes the marker; it is durable on return.
Result<void> write_manifest(const Path& backup, const BackupManifest& manifest);
// Reads the marker. Refuses backup_incomplete when there is none, backup_malformed, and schema_newer.
Result<BackupManifest> read_manifest(const Path& backup);

}  // namespace xinwang
