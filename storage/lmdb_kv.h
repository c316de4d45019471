// Tables in LMDB 0.9 (RELIABILITY.md section 2): default synchronisation and nothing less, one environment per
// directory and process, opened once and locked against a second process.
//
// Thread rule: write() by one thread at a time; read() by any. Read transactions are not bound to threads. A flipped
// bit is caught by the framing above (value.h); damage to LMDB's own pages may end the process, which the start-up
// gate of the node treats as a crash.
#pragma once

#include <filesystem>

#include "storage/kv.h"

namespace xinwang {

struct LmdbOptions {
    std::uint64_t map_bytes = 64ull << 30;    // reserved address space, not disk
    std::uint64_t quota_bytes = 60ull << 30;  // of the file; below map_bytes
    // A file of this size beside the store is given up when the disk is full, so that control and pruning go on.
    std::uint64_t ballast_bytes = 256ull << 20;
    unsigned readers_max = 126;
};

// Makes the directory when it is missing. Refuses store_locked (another process has it open), store_unusable.
Result<std::unique_ptr<Kv>> open_lmdb_kv(const std::filesystem::path& directory, const LmdbOptions& options = {});

}  // namespace xinwang
