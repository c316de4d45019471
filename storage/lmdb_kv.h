// Tables in LMDB 0.9 (node/DESIGN.md section 7.2): default synchronisation and nothing less, one environment
// per directory and process, locked against a second process.
//
// Thread rule: write() and the writer's life by one thread at a time; read() by any, and a reader may move
// between threads. A flipped bit is caught by the framing above (value.h); damage to LMDB's own pages may end
// the process (SIGABRT, SIGBUS), which is a stop and not a wrong answer. Nothing else in the process may open
// data.mdb, not even to copy or hash it: closing it would drop LMDB's locks (rule 2).
#pragma once

#include <filesystem>

#include "storage/kv.h"

namespace xinwang {

struct LmdbOptions {
    std::uint64_t map_bytes = 64ull << 30;  // address space reserved, not disk
    // The limit of the pages in use; has_room() is false from here on. The space between quota_bytes and
    // map_bytes is for control.
    std::uint64_t quota_bytes = 60ull << 30;
    // A file of this size is given up when the disk is full, so that control and pruning go on. It lies beside
    // the store, or where `ballast_file` says: stores on one disk may share one.
    std::uint64_t ballast_bytes = 256ull << 20;
    std::filesystem::path ballast_file{};
    // The disk space that has_room() wants free, besides the ballast.
    std::uint64_t reserve_bytes = 64ull << 20;
    unsigned readers_max = 126;
    // Makes and writes nothing, not even LMDB's own lock file: for checking a store that must not change. A
    // missing table reads as empty. write() may not be called.
    bool read_only = false;
};

// Makes the directory when it is missing. Refuses store_locked (the store is open already, here or in another
// process) and store_unusable.
Result<std::unique_ptr<Kv>> open_lmdb_kv(const std::filesystem::path& directory,
                                         const LmdbOptions& options = {});

}  // namespace xinwang
