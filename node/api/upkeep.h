// The API's order to the edge for a backup, and the edge's result (API.md section 13); the documents of both
// long works, backup and verification.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "node/api/task.h"
#include "node/core/verify.h"

namespace xinwang::api {

struct BackupOrder {
    std::filesystem::path directory;  // absolute; new, or empty
    bool with_keys = false;           // off by default: whoever has the keys can act as the node
    bool same_disk = false;           // the backup may lie on the node's own disk
    std::uint64_t bytes_per_s_max = 0;
};

struct BackupMade {
    struct Log {
        std::string line;
        Seq size = 0;
    };
    Instant made;
    NodeId node;
    std::string code, name, tier;
    Incarnation incarnation;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    Hash256 hash;  // of store/data.mdb
    bool keys = false;
    std::vector<Log> logs;  // the node's own
};

using MakeBackup = std::function<Result<BackupMade>(const BackupOrder&, const Task::Tell&)>;

// Members of the two documents before there is an outcome, all null.
Json blank_verification();
Json blank_backup();
// The members `ok` to `findings` of xinwang.verify/1.
Json verification_json(const Verification& result, const Roster& roster);
Json backup_json(const BackupMade& made, Instant now);
// A task's document as a whole answer.
Json with_schema(const char* schema, const Json& document);

}  // namespace xinwang::api
