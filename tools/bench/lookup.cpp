// Scenarios `lookup` and `subject`: records found and opened while batches keep coming in.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>

#include "node/core/judged.h"
#include "protocol/base/check.h"
#include "protocol/base/random.h"
#include "tools/bench/filled.h"
#include "tools/bench/scenarios.h"

namespace xinwang::bench {
namespace {

constexpr std::uint64_t ingest_records = 3'000'000;

// Three million more at full speed beside what is measured.
class Ingest {
  public:
    Ingest(const std::filesystem::path& dir, FilledNode& node)
        : file_(seal_to_file(dir / "ingest", FilledRecords(ingest_records, random_number()), 0, ingest_records,
                             node.room)),
          reader_({file_}, ingest_records),
          store_(*node.store) {}
    ~Ingest() {
        if (thread_.joinable()) stop();
    }
    // Out of memory: reading files would take a processor's time that no node needs.
    void start() {
        reader_.wait_until_ahead();
        thread_ = std::thread([this] { times_ = fill(store_, reader_, 20'000, ingest_records, &stop_); });
    }
    double stop() {
        stop_ = true;
        thread_.join();
        std::filesystem::remove(file_.path);
        return static_cast<double>(times_.records) / times_.seconds;
    }

  private:
    SealedFile file_;
    SealedReader reader_;
    Store& store_;
    FillTimes times_;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

void add_quantiles(Report& report, const std::string& name, std::vector<double> us) {
    std::sort(us.begin(), us.end());
    report.add(name + "_us_p50", us[us.size() / 2]);
    report.add(name + "_us_p99", us[us.size() * 99 / 100]);
    report.add(name + "_us_max", us.back());
}

// Runs `look` for `count` random numbers below `bound`, while batches come in. Returns microseconds of each.
template <class Look>
std::vector<double> time_looks(std::uint64_t count, std::uint64_t bound, const Look& look) {
    std::mt19937_64 random(20261125);
    std::vector<double> us;
    for (std::uint64_t i = 0; i < count; ++i) us.push_back(look(random() % bound));
    return us;
}

double us_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

// What xinwang-node does in the background after its start. Returns milliseconds.
double warm_up(const FilledNode& node) {
    const auto start = std::chrono::steady_clock::now();
    node.store->warm_up({});
    return us_since(start) / 1000;
}

Result<std::filesystem::path> filled_dir(const LookupOptions& options) {
    if (!options.node.empty()) return options.node;
    return make_filled(options.dir, options.records);
}

}  // namespace

Result<Report> run_lookup(const LookupOptions& options) {
    XW_TRY(dir, filled_dir(options));
    XW_TRY(node, FilledNode::open(dir));
    const double warm_up_ms = warm_up(node);
    const FilledRecords source(options.records);
    Ingest ingest(options.dir, node);
    ingest.start();
    std::vector<double> index_us;
    const auto us = time_looks(options.looks, options.records, [&](std::uint64_t number) {
        const Entry wanted = source.entry(number);
        const auto start = std::chrono::steady_clock::now();
        const Snapshot kept = node.store->snapshot();
        const auto found = kept.find_record(wanted.record);
        index_us.push_back(us_since(start));
        XW_CHECK(found && !found->empty());
        const auto read = read_entry(kept, found->back(), node.room);
        const double taken = us_since(start);
        XW_CHECK(read && read->entry && read->entry->record == wanted.record);
        return taken;
    });
    Report report;
    report.add("records", static_cast<double>(options.records));
    report.add("looks", static_cast<double>(options.looks));
    report.add("ingest_records_per_s", std::floor(ingest.stop()));
    report.add("warm_up_ms", warm_up_ms);
    add_quantiles(report, "lookup", us);
    add_quantiles(report, "index", std::move(index_us));
    return report;
}

Result<Report> run_subject(const LookupOptions& options) {
    XW_TRY(dir, filled_dir(options));
    XW_TRY(node, FilledNode::open(dir));
    const double warm_up_ms = warm_up(node);
    const FilledRecords source(options.records);
    Ingest ingest(options.dir, node);
    ingest.start();
    double records = 0;
    const auto us = time_looks(options.looks / 10, source.subjects(), [&](std::uint64_t number) {
        const std::string subject = source.entry(number).subject;
        const auto start = std::chrono::steady_clock::now();
        const Snapshot kept = node.store->snapshot();
        const auto found = kept.find_subject(subject);
        XW_CHECK(found);
        std::size_t of_subject = 0;
        for (const Locator& where : *found) {
            const auto read = read_entry(kept, where, node.room);
            XW_CHECK(read && read->entry);
            of_subject += read->entry->subject == subject ? 1 : 0;
        }
        const double taken = us_since(start);
        XW_CHECK(of_subject >= options.records / source.subjects());
        records += static_cast<double>(of_subject);
        return taken;
    });
    Report report;
    report.add("records", static_cast<double>(options.records));
    report.add("looks", static_cast<double>(us.size()));
    report.add("records_per_subject", records / static_cast<double>(us.size()));
    report.add("ingest_records_per_s", std::floor(ingest.stop()));
    report.add("warm_up_ms", warm_up_ms);
    add_quantiles(report, "subject", us);
    return report;
}

}  // namespace xinwang::bench
