// Tables in memory, with the crash behaviour of a disk: committed rows outlive the node, others are gone.
// Single-threaded, for the simulator and for tests of everything above the store: a reader sees the current
// committed state, and the views it gives live until the next commit.
#pragma once

#include <array>
#include <map>

#include "storage/kv.h"

namespace xinwang {

struct BytesLess {
    using is_transparent = void;
    bool operator()(View a, View b) const {
        return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
    }
};

// The state that outlives a crash. `fail_next_commit` makes the next commit fail as a disk might.
struct MemoryDisk {
    enum class Fault {
        none,
        full,
        lost,  // StoreFailure, and the commit did not take effect
        kept,  // StoreFailure, and it did
    };
    std::array<std::map<Bytes, Bytes, BytesLess>, tables_max + 1> tables;
    Fault fail_next_commit = Fault::none;
    std::uint64_t bytes = 0;            // of all keys and values
    std::uint64_t bytes_max = ~0ull;    // a commit that would pass this is store_full
    std::uint64_t bytes_quota = ~0ull;  // has_room() below this
    std::uint64_t commits = 0;
};

std::unique_ptr<Kv> make_memory_kv(std::shared_ptr<MemoryDisk> disk);

}  // namespace xinwang
