// The marker of a backup, `backup.toml`: what it is of, and every file it is made of with its hash. It is
// written and synced after all of them, so a backup without it is incomplete and is never restored.
//
// Beside it lie store/data.mdb (one commit's state, Kv::copy_to), node.toml, profile.toml at the city, spool/
// with the files whose rows were not all read yet, and keys/ when they were asked for. A hash is BLAKE2b-256,
// what `b2sum -l 256` prints.
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

// Durable.
Result<void> write_manifest(const Path& backup, const BackupManifest& manifest);
// Refuses backup_incomplete when there is none, backup_malformed, and schema_newer.
Result<BackupManifest> read_manifest(const Path& backup);

}  // namespace xinwang
