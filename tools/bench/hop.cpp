#include <chrono>
#include <cmath>
#include <sstream>
#include <stdexcept>

#include "tools/bench/entries.h"
#include "tools/bench/nodes.h"
#include "tools/bench/process.h"
#include "tools/bench/scenarios.h"

namespace xinwang::bench {
namespace {

struct ChildCounts {
    double wire_bytes = 0, commits = 0, batches = 0, used_bytes = 0;
};
struct ParentCounts {
    double commits = 0, used_bytes = 0;
};

ChildCounts child_counts(Process& child) {
    child.say("counts");
    std::istringstream line(child.hear());
    ChildCounts c;
    line >> c.wire_bytes >> c.commits >> c.batches >> c.used_bytes;
    return c;
}

ParentCounts parent_counts(Process& parent) {
    parent.say("counts");
    std::istringstream line(parent.hear());
    ParentCounts c;
    line >> c.commits >> c.used_bytes;
    return c;
}

}  // namespace

Result<Report> run_hop(const HopOptions& options) {
    XW_TRY(dirs, make_chain(options.dir, 2));
    const EntryFile entries = write_entries(options.dir / "entries", options.records);
    const std::string self = program_directory() + "/xinwang-bench";
    Process parent({self, "hop-parent", "--dir", dirs[0], "--entries", entries.path, "--records",
                    std::to_string(options.records)});
    parent.hear();
    Process child({self, "hop-child", "--dir", dirs[1], "--entries", entries.path, "--block",
                   std::to_string(options.block)});
    child.hear();

    const ChildCounts child_before = child_counts(child);
    const ParentCounts parent_before = parent_counts(parent);
    const double cpu_before = usage_of(child.id()).cpu_s + usage_of(parent.id()).cpu_s;
    parent.say("wait");
    const auto start = std::chrono::steady_clock::now();
    child.say("go");
    parent.hear();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    const Usage child_usage = usage_of(child.id()), parent_usage = usage_of(parent.id());
    const ChildCounts child_after = child_counts(child);
    const ParentCounts parent_after = parent_counts(parent);
    parent.say("check");
    if (const std::string wrong = parent.hear(); wrong != "0")
        throw std::runtime_error("the parent cannot read " + wrong + " of the records it acknowledged");

    const auto records = static_cast<double>(options.records);
    const double cpu_s = child_usage.cpu_s + parent_usage.cpu_s - cpu_before;
    Report report;
    report.add("records", records);
    report.add("record_bytes", entries.record_bytes);
    report.add("seconds", time.count());
    report.add("records_per_s", std::floor(records / time.count()));
    report.add("cpu_s_per_million", cpu_s / records * 1e6);
    report.add("wire_bytes_per_record", (child_after.wire_bytes - child_before.wire_bytes) / records);
    report.add("disk_bytes_per_record", (parent_after.used_bytes - parent_before.used_bytes) / records);
    report.add("child_disk_bytes_per_record", (child_after.used_bytes - child_before.used_bytes) / records);
    report.add("child_rss_bytes", static_cast<double>(child_usage.rss_bytes));
    report.add("child_anon_bytes", static_cast<double>(child_usage.anon_bytes));
    report.add("parent_rss_bytes", static_cast<double>(parent_usage.rss_bytes));
    report.add("parent_anon_bytes", static_cast<double>(parent_usage.anon_bytes));
    report.add("batches", child_after.batches - child_before.batches);
    report.add("child_commits", child_after.commits - child_before.commits);
    report.add("parent_commits", parent_after.commits - parent_before.commits);
    return report;
}

}  // namespace xinwang::bench
