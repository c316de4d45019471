// xinwang-bench: how fast, how large. Never part of a timed test; README.md says how to run it and what it
// means.
#include <sodium.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "node/edge/heap.h"
#include "tools/bench/entries.h"
#include "tools/bench/scenarios.h"

namespace {

using namespace xinwang;
using namespace xinwang::bench;

// A new directory under `parent`, gone with this object.
class Scratch {
  public:
    explicit Scratch(const std::string& parent) {
        std::string name = (std::filesystem::path(parent) / "xinwang-bench-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
        path_ = name;
    }
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

struct Arguments {
    std::string dir = std::filesystem::temp_directory_path().string();
    std::string entries, node, form = "table", out, records_form = "entries";
    std::uint64_t records = 0, looks = LookupOptions{}.looks, commit = StoreOptions{}.commit_records;
    std::size_t block = HopOptions{}.block, tiers = HopOptions{}.tiers;
    int seconds = 30;
};

Result<Report> run_scenario(const std::string& name, const Arguments& a) {
    if (name == "envelope") return run_envelope(a.records == 0 ? 200'000 : a.records);
    if (name == "fill") return run_fill(a.dir, a.records == 0 ? LookupOptions{}.records : a.records);
    const Scratch scratch(a.dir);
    const LookupOptions look{scratch.path(), a.records == 0 ? LookupOptions{}.records : a.records, a.looks,
                             a.node};
    if (name == "store") return run_store({scratch.path(), look.records, a.commit});
    if (name == "lookup") return run_lookup(look);
    if (name == "subject") return run_subject(look);
    if (name == "restart") return run_restart(look);
    if (name == "hop" || name == "road")
        return run_hop(
            {scratch.path(), a.records == 0 ? 1'000'000 : a.records, a.block, name == "hop" ? 2u : 4u});
    if (name == "idle") return run_idle(scratch.path(), a.seconds);
    return run_intake_rows(scratch.path(), a.records == 0 ? 100'000 : a.records);
}

int fail(const Refusal& refusal) {
    std::cerr << "xinwang-bench: " << refusal.line(Language::english) << '\n';
    return 1;
}

// What the peers of peers.sh carry: the records of a hop, as a file.
Report write_records(const Arguments& a) {
    const std::uint64_t records = a.records == 0 ? 1'000'000 : a.records;
    const EntryFile file = a.records_form == "csv" ? write_csv(a.out, records) : write_entries(a.out, records);
    Report report;
    report.add("records", static_cast<double>(file.records));
    report.add("record_bytes", file.record_bytes);
    return report;
}

int run(const std::string& name, const Arguments& a) {
    if (name.starts_with("hop-")) {
        const auto done = name == "hop-child"     ? run_hop_child(a.dir, a.entries, a.block)
                          : name == "hop-carrier" ? run_hop_carrier(a.dir)
                                                  : run_hop_parent(a.dir, a.entries, a.records, a.tiers);
        return done ? 0 : fail(done.error());
    }
    const auto report = name == "entries" ? Result<Report>(write_records(a)) : run_scenario(name, a);
    if (!report) return fail(report.error());
    std::cout << report->text(a.form == "json" ? Form::json : Form::table);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    CLI::App app{"Measures this build on this machine.", "xinwang-bench"};
    app.require_subcommand(1);
    const auto scenario = [&](const char* name, const char* what) {
        CLI::App* sub = app.add_subcommand(name, what);
        sub->add_option("--dir", a.dir, "where to make the nodes: on the disk to be measured");
        sub->add_option("-o", a.form, "table (default) or json")->check(CLI::IsMember({"table", "json"}));
        return sub;
    };
    const auto chain = [&](const char* name, const char* what) {
        CLI::App* sub = scenario(name, what);
        sub->add_option("--records", a.records, "how many (default 1000000)")->check(CLI::PositiveNumber);
        sub->add_option("--block", a.block, "records handed to the lowest node at once (default 8000)")
            ->check(CLI::PositiveNumber);
    };
    chain("hop", "child to parent: sealed there, readable and synced here");
    chain("road", "village to city over two carriers: sealed there, readable and synced here");
    CLI::App* store = scenario("store", "sealed batches and their indexes into one store");
    store->add_option("--commit", a.commit, "records a commit (default 40000)")->check(CLI::PositiveNumber);
    CLI::App* fill =
        scenario("fill", "leave a filled node directory below --dir, for lookup, subject and restart");
    for (CLI::App* sub : {store, fill, scenario("lookup", "find and open a record while batches come in"),
                          scenario("subject", "find and open all records of a subject while batches come in"),
                          scenario("restart", "from the program's start until it serves a filled store")}) {
        sub->add_option("--records", a.records, "in the store (default 1000000)")->check(CLI::PositiveNumber);
        if (sub == store || sub == fill) continue;
        sub->add_option("--looks", a.looks, "how many look-ups (default 20000)")
            ->check(CLI::Range(100, 10'000'000));
        sub->add_option("--node", a.node, "a node directory that `fill` left, of as many records");
    }
    scenario("idle", "an idle village node")
        ->add_option("--seconds", a.seconds, "how long to watch (default 30)")
        ->check(CLI::PositiveNumber);
    scenario("intake", "a CSV file, until its last row is sealed and durable")
        ->add_option("--rows", a.records, "how many (default 100000)")
        ->check(CLI::PositiveNumber);
    scenario("envelope", "seal, verify, open and glance, on one core")
        ->add_option("--records", a.records, "how many (default 200000)")
        ->check(CLI::PositiveNumber);
    CLI::App* entries = app.add_subcommand("entries", "the records of a hop as a file, for other systems");
    entries->add_option("--records", a.records, "how many (default 1000000)")->check(CLI::PositiveNumber);
    entries->add_option("--out", a.out, "file to write")->required();
    entries->add_option("--form", a.records_form, "entries (default: u32 length | entry) or csv")
        ->check(CLI::IsMember({"entries", "csv"}));
    entries->add_option("-o", a.form, "table (default) or json")->check(CLI::IsMember({"table", "json"}));
    for (const char* role : {"hop-child", "hop-carrier", "hop-parent"}) {
        CLI::App* sub = scenario(role, "one node of a hop or road, started by it")->group("");
        sub->add_option("--entries", a.entries);
        sub->add_option("--records", a.records);
        sub->add_option("--block", a.block);
        sub->add_option("--tiers", a.tiers);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (sodium_init() < 0) return 7;
    tune_heap();  // as the node does
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run(app.get_subcommands().front()->get_name(), a);
    } catch (const std::exception& error) {
        std::cerr << "xinwang-bench: " << error.what() << '\n';
        return 1;
    }
}
