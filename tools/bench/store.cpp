// Scenario `store`: batches of sealed records and their three indexes into one store, every commit synced.
#include <unistd.h>

#include <cmath>

#include "tools/bench/filled.h"
#include "tools/bench/process.h"
#include "tools/bench/scenarios.h"

namespace xinwang::bench {
namespace {

constexpr std::uint64_t edge_records = 5'000'000;

}  // namespace

Result<Report> run_store(const StoreOptions& options) {
    XW_TRY(files, make_unfilled(options.dir, options.records));
    XW_TRY(node, FilledNode::open(options.dir / "0"));
    const std::uint64_t edge = std::min(edge_records, options.records / 4);
    const Usage before = usage_of(::getpid());
    FillTimes times;
    {
        SealedReader reader(files);
        times = fill(*node.store, reader, options.commit_records, edge);
    }
    const Usage after = usage_of(::getpid());
    const KvSizes sizes = node.store->sizes().bytes;
    const auto records = static_cast<double>(times.records);
    for (const SealedFile& file : files) std::filesystem::remove(file.path);
    Report report;
    report.add("records", records);
    report.add("record_bytes", (files[0].record_bytes + files[1].record_bytes) / 2);
    report.add("seconds", times.seconds);
    report.add("records_per_s", std::floor(records / times.seconds));
    report.add("edge_records", static_cast<double>(edge));
    report.add("first_edge_records_per_s", std::floor(times.first_per_s));
    report.add("last_edge_records_per_s", std::floor(times.last_per_s));
    report.add("last_to_first_ratio", times.last_per_s / times.first_per_s);
    report.add("commit_ms_max", times.commit_ms_max);
    report.add("commit_ms_p99", times.commit_ms_p99);
    report.add("cpu_s_per_million", (after.cpu_s - before.cpu_s) / records * 1e6);
    report.add("file_bytes", static_cast<double>(sizes.file_bytes));
    report.add("disk_bytes_per_record", static_cast<double>(sizes.used_bytes) / records);
    report.add("anon_bytes", static_cast<double>(after.anon_bytes));
    return report;
}

}  // namespace xinwang::bench
