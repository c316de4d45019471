#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "tools/bench/entries.h"
#include "tools/bench/nodes.h"
#include "tools/bench/process.h"
#include "tools/bench/scenarios.h"

namespace xinwang::bench {
namespace {

// What one node of the chain has done.
struct Counts {
    double wire_bytes = 0, commits = 0, batches = 0, used_bytes = 0;
    Usage usage;
};

Counts counts_of(Process& node) {
    Counts c;
    c.usage = usage_of(node.id());
    node.say("counts");
    std::istringstream line(node.hear());
    line >> c.wire_bytes >> c.commits >> c.batches >> c.used_bytes;
    return c;
}

// The nodes as processes, the city first, all connected and known to the city.
using Chain = std::vector<std::unique_ptr<Process>>;
Chain start_chain(const HopOptions& options, const std::vector<std::filesystem::path>& dirs,
                  const std::filesystem::path& entries) {
    const std::string self = program_directory() + "/xinwang-bench";
    Chain chain;
    for (std::size_t i = 0; i < dirs.size(); ++i) {
        const char* role = i == 0 ? "hop-parent" : i + 1 == dirs.size() ? "hop-child" : "hop-carrier";
        chain.push_back(std::make_unique<Process>(std::vector<std::string>{
            self, role, "--dir", dirs[i], "--entries", entries, "--records", std::to_string(options.records),
            "--block", std::to_string(options.block), "--tiers", std::to_string(options.tiers)}));
        chain.back()->hear();
    }
    chain.front()->say("enrolled");
    chain.front()->hear();
    return chain;
}

std::vector<Counts> counts_of(const Chain& chain) {
    std::vector<Counts> counts;
    for (const auto& node : chain) counts.push_back(counts_of(*node));
    return counts;
}

// From the first block until the city has committed the last record; then the city shows that it can read them.
std::chrono::duration<double> measure(const Chain& chain) {
    Process& city = *chain.front();
    city.say("wait");
    const auto start = std::chrono::steady_clock::now();
    chain.back()->say("go");
    city.hear();
    return std::chrono::steady_clock::now() - start;
}

void check(Process& city) {
    city.say("check");
    if (const std::string wrong = city.hear(); wrong != "0")
        throw std::runtime_error("the city cannot read " + wrong + " of the records it acknowledged");
}

// Of one node, in the words of its place: the city is the parent, the lowest the child.
void add_node(Report& report, const std::string& name, const Counts& before, const Counts& after,
              double records) {
    report.add(name + "_cpu_s_per_million", (after.usage.cpu_s - before.usage.cpu_s) / records * 1e6);
    report.add(name + "_disk_bytes_per_record", (after.used_bytes - before.used_bytes) / records);
    report.add(name + "_rss_bytes", static_cast<double>(after.usage.rss_bytes));
    report.add(name + "_anon_bytes", static_cast<double>(after.usage.anon_bytes));
    report.add(name + "_commits", after.commits - before.commits);
}

}  // namespace

Result<Report> run_hop(const HopOptions& options) {
    XW_TRY(dirs, make_chain(options.dir, options.tiers));
    const EntryFile entries = write_entries(options.dir / "entries", options.records);
    const Chain chain = start_chain(options, dirs, entries.path);
    const auto before = counts_of(chain);
    const auto time = measure(chain);
    const auto after = counts_of(chain);
    check(*chain.front());

    const auto records = static_cast<double>(options.records);
    double cpu_s = 0;
    for (std::size_t i = 0; i < chain.size(); ++i) cpu_s += after[i].usage.cpu_s - before[i].usage.cpu_s;
    const Counts &child = after.back(), &child_before = before.back();
    Report report;
    report.add("records", records);
    report.add("record_bytes", entries.record_bytes);
    report.add("seconds", time.count());
    report.add("records_per_s", std::floor(records / time.count()));
    report.add("cpu_s_per_million", cpu_s / records * 1e6);
    report.add("wire_bytes_per_record", (child.wire_bytes - child_before.wire_bytes) / records);
    report.add("disk_bytes_per_record", (after.front().used_bytes - before.front().used_bytes) / records);
    report.add("batches", child.batches - child_before.batches);
    const std::array names = {"parent", "county", "township"};
    for (std::size_t i = 0; i + 1 < chain.size(); ++i) add_node(report, names[i], before[i], after[i], records);
    add_node(report, "child", child_before, child, records);
    return report;
}

}  // namespace xinwang::bench
