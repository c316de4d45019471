#include <unistd.h>

#include <chrono>
#include <cmath>
#include <fstream>

#include "protocol/base/check.h"
#include "protocol/base/random.h"
#include "tools/bench/nodes.h"
#include "tools/bench/process.h"
#include "tools/bench/scenarios.h"
#include "tools/gen/core_catalogues.h"
#include "tools/gen/sample.h"

namespace xinwang::bench {
namespace {

std::uint64_t write_csv(const std::filesystem::path& path, const Catalogue& catalogue, std::uint64_t rows) {
    const Sampler sampler(catalogue, {});
    std::ofstream file(path, std::ios::binary);
    file << csv_header(catalogue, HeaderRows::labels);
    for (std::uint64_t i = 0; i < rows; ++i) file << csv_line(sampler.row(i).values);
    file.close();
    XW_CHECK(file);
    return std::filesystem::file_size(path);
}

}  // namespace

Result<Report> run_intake_rows(const std::filesystem::path& dir, std::uint64_t rows) {
    XW_TRY(dirs, make_chain(dir, 1));
    XW_TRY(catalogue, parse_catalogue(licence_catalogue_toml()));
    const auto id = *SubmissionId::from(random_bytes(SubmissionId::size));
    std::filesystem::create_directories(dirs[0] / "spool");
    const std::uint64_t bytes = write_csv(dirs[0] / "spool" / id.hex(), catalogue, rows);
    XW_TRY(node, RunningNode::open(dirs[0]));
    const Usage before = usage_of(::getpid());
    const auto start = std::chrono::steady_clock::now();
    Result<SubmissionTaken> taken = refuse(Code::node_stopping);
    node->ask([&](Core& core, Instant now) {
        taken = core.submit(now, {id, "bench.csv", catalogue.id, Action::publish, bytes, {}});
    });
    if (!taken) return tl::unexpected(taken.error());
    node->wait_until([&](Core& core) { return !core.submissions().at(id).open(); });
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    Submission done;
    node->ask([&](Core& core, Instant) { done = core.submissions().at(id); });
    if (done.refusal) return tl::unexpected(*done.refusal);
    Report report;
    report.add("rows", static_cast<double>(done.rows.read));
    report.add("accepted", static_cast<double>(done.rows.accepted));
    report.add("file_bytes", static_cast<double>(bytes));
    report.add("seconds", time.count());
    report.add("rows_per_s", std::floor(static_cast<double>(rows) / time.count()));
    report.add("cpu_s_per_million",
               (usage_of(::getpid()).cpu_s - before.cpu_s) / static_cast<double>(rows) * 1e6);
    return report;
}

}  // namespace xinwang::bench
