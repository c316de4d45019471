// The workloads that are crashed: functions of a script's name, a step's number and what was committed before,
// so that the process that writes and the one that checks know the same without telling each other.
//
// A step is one commit. Beside what it is about it puts its own number into the table `meta`, so that a store
// says by itself which step was its last.
#pragma once

#include <string_view>

#include "storage/lmdb_kv.h"
#include "tests/crash/truth.h"

namespace xinwang::crash {

struct Script {
    std::string_view name;
    std::uint64_t steps;
    std::uint64_t reopen_every;  // steps
    LmdbOptions options;
    std::vector<Write> (*writes)(std::uint64_t step, const Truth& before);
    bool crashed = false;  // at each of its operations, by crash_check
};
const std::vector<Script>& scripts();
// Throws std::runtime_error when there is none.
const Script& find_script(std::string_view name);

// The writes of a step, its number included. Steps count from 1.
std::vector<Write> step_writes(const Script& script, std::uint64_t step, const Truth& before);
// 0 when the store has seen no step. Throws StoreFailure.
std::uint64_t last_step(const Store& store);
Result<std::unique_ptr<Store>> open_store(const Script& script, const std::filesystem::path& directory);

}  // namespace xinwang::crash
