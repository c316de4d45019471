// The scenarios of xinwang-bench. README.md says what each figure means. A refusal is a fault of the bench or
// of the machine, and ends the program with its sentence; scenarios leave nothing behind in `dir` except what
// they made under a new name.
#pragma once

#include <filesystem>

#include "protocol/base/refusal.h"
#include "tools/bench/report.h"

namespace xinwang::bench {

struct HopOptions {
    std::filesystem::path dir;  // on the disk to be measured
    std::uint64_t records = 1'000'000;
    std::size_t block = 8'000;  // records handed to the lowest node at once
    std::size_t tiers = 2;      // 2: county and city; 4: village, township, county and city
};
// Measures the way from the lowest node to the city: each node a process, CURVE on loopback, every commit
// synced.
Result<Report> run_hop(const HopOptions& options);
// Runs one node of run_hop() as a process that obeys lines on its standard input: the lowest, one between,
// the city.
Result<void> run_hop_child(const std::filesystem::path& node, const std::filesystem::path& entries,
                           std::size_t block);
Result<void> run_hop_carrier(const std::filesystem::path& node);
Result<void> run_hop_parent(const std::filesystem::path& node, const std::filesystem::path& entries,
                            std::uint64_t records, std::size_t tiers);

// Measures an idle village node: the real program under a real parent.
Result<Report> run_idle(const std::filesystem::path& dir, int seconds);

// Measures a CSV file at one node, from its submission until its last row is sealed and durable.
Result<Report> run_intake_rows(const std::filesystem::path& dir, std::uint64_t rows);

struct StoreOptions {
    std::filesystem::path dir;
    std::uint64_t records = 1'000'000;
    std::uint64_t commit_records = 40'000;
};
// Measures the writing of sealed batches and their indexes into one store.
Result<Report> run_store(const StoreOptions& options);

struct LookupOptions {
    std::filesystem::path dir;
    std::uint64_t records = 1'000'000;  // in the store
    std::uint64_t looks = 20'000;
    std::filesystem::path
        node;  // a directory that `fill` made for the same number of records; empty: one is made and removed
};
// Measures finding and opening a record, or all records of a subject, while batches come in.
Result<Report> run_lookup(const LookupOptions& options);
Result<Report> run_subject(const LookupOptions& options);
// Measures the time from the start of the real program until it answers.
Result<Report> run_restart(const LookupOptions& options);
// Makes and leaves a filled node directory, `dir`/0, for the three scenarios above.
Result<Report> run_fill(const std::filesystem::path& dir, std::uint64_t records);

// Measures the envelope alone, in memory, on one core.
Result<Report> run_envelope(std::uint64_t records);

}  // namespace xinwang::bench
