// A workload that ran under the shim: what it did to its directory, what it said it did, and what a store may
// therefore hold after each operation.
#pragma once

#include <optional>

#include "tests/crash/operations.h"
#include "tests/crash/script.h"

namespace xinwang::crash {

struct RunOptions {
    std::filesystem::path workload;  // the programs
    std::filesystem::path shim;
    std::string broken;  // of the workload; empty: sound
    std::string fault;   // of the shim; empty: none
};
struct Run {
    std::filesystem::path store;  // the directory as the workload left it
    std::filesystem::path log;
    int exit = 0;  // -1: a signal
};
// Runs a script's workload in a fresh directory below `room`.
Run run_workload(const Script& script, const RunOptions& options, const std::filesystem::path& room);

// After which step a store may be found, at some place in the log.
struct Allowed {
    std::uint64_t acknowledged = 0;          // the last step that was said to be done
    std::optional<std::uint64_t> under_way;  // begun, and nothing said yet
    bool includes(std::uint64_t step) const { return step == acknowledged || step == under_way; }
    // Takes a mark in. Throws std::runtime_error for an unknown one.
    void read(std::string_view mark);
};

// What holds after each step, whether it was done or is only the next. Steps that were refused as full hold
// nothing.
class Truths {
  public:
    Truths(const Script& script, const OperationLog& log);
    // Empty: no such step was ever begun, or the store refused it.
    const Truth* after(std::uint64_t step) const;

  private:
    std::map<std::uint64_t, Truth> after_;
};

}  // namespace xinwang::crash
