// Scenario `restart`: the real program on a filled store, from its start until it answers a look-up over its
// API.
#include <chrono>
#include <thread>

#include "node/api/http.h"
#include "protocol/base/check.h"
#include "tools/bench/filled.h"
#include "tools/bench/process.h"
#include "tools/bench/scenarios.h"

namespace xinwang::bench {
namespace {

constexpr auto patience = std::chrono::seconds(60);

// Until the node gives the record.
double seconds_to_serve(const std::filesystem::path& node, const std::string& record) {
    const auto start = std::chrono::steady_clock::now();
    const Process program({program_directory() + "/xinwang-node", "--dir", node});
    for (;;) {
        const auto answer = HttpClient(node / "api.sock").request("GET", "/v1/records/" + record);
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
        if (answer && answer->status == 200) return taken.count();
        XW_CHECK(taken < patience);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

}  // namespace

Result<Report> run_restart(const LookupOptions& options) {
    std::filesystem::path node = options.node;
    if (node.empty()) {
        XW_TRY(made, make_filled(options.dir, options.records));
        node = made;
    }
    const std::string record = FilledRecords(options.records).entry(options.records / 2).record.hex();
    Report report;
    report.add("records", static_cast<double>(options.records));
    report.add("serving_s", seconds_to_serve(node, record));
    report.add("serving_again_s", seconds_to_serve(node, record));
    return report;
}

}  // namespace xinwang::bench
