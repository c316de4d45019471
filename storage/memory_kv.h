// Tables in memory, with the crash behaviour of a disk: what was committed survives the node, what was not is gone.
// Single-threaded, for the simulator and for tests of everything above the store.
#pragma once

#include <array>
#include <map>

#include "storage/kv.h"

namespace xinwang {

// What outlives a crash. `fail_next_commit` makes the next commit end as the disk might.
struct MemoryDisk {
    enum class Fault { none, full, lost, kept };  // lost, kept: StoreFailure before or after the write took effect
    std::array<std::map<Bytes, Bytes>, tables_max + 1> tables;
    Fault fail_next_commit = Fault::none;
    std::uint64_t bytes = 0;
    std::uint64_t bytes_max = ~0ull;
    std::uint64_t commits = 0;
};

std::unique_ptr<Kv> make_memory_kv(std::shared_ptr<MemoryDisk> disk);

}  // namespace xinwang
