#include <chrono>
#include <thread>

#include "tools/bench/nodes.h"
#include "tools/bench/process.h"
#include "tools/bench/scenarios.h"

namespace xinwang::bench {
namespace {

constexpr auto settling = std::chrono::seconds(5);  // greetings and the directory are not idleness

}  // namespace

Result<Report> run_idle(const std::filesystem::path& dir, int seconds) {
    XW_TRY(dirs, make_chain(dir, 4));
    const std::string program = program_directory() + "/xinwang-node";
    std::vector<std::unique_ptr<Process>> nodes;
    for (const auto& node : dirs)
        nodes.push_back(std::make_unique<Process>(std::vector<std::string>{program, "--dir", node}));
    std::this_thread::sleep_for(settling);
    const pid_t village = nodes.back()->id();
    const Usage before = usage_of(village);
    std::this_thread::sleep_for(std::chrono::seconds(seconds));
    const Usage after = usage_of(village);
    Report report;
    report.add("seconds", seconds);
    report.add("rss_bytes", static_cast<double>(after.rss_bytes));
    report.add("anon_bytes", static_cast<double>(after.anon_bytes));
    report.add("cpu_percent", (after.cpu_s - before.cpu_s) / seconds * 100);
    while (!nodes.empty()) nodes.pop_back();
    return report;
}

}  // namespace xinwang::bench
