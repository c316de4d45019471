// Shows that a store survives a crash at any of its writes: scripts run under the shim, and every state that a
// crash could leave on the disk is opened and compared with what was acknowledged (states.h).
//
//     crash_check states [--script NAME] [--seeds N] [--at-least N] [--break X] [--fault F] [--flip]
//     crash_check faults [--script NAME] [--first N]      an I/O error at each of the first N syncs and writes
//
// Exits 0 when nothing was found, 1 when something was, 2 when there were fewer states than asked for.
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/crash/room.h"
#include "tests/crash/states.h"

using namespace xinwang;
using namespace xinwang::crash;

namespace {

struct Options {
    RunOptions run;
    StateOptions states;
    std::string only;
    std::uint64_t at_least = 0;
    unsigned first = 30;
};

int check_all_states(const Options& options) {
    const Room room;
    std::uint64_t states = 0, checked = 0, damaged = 0;
    for (const Script& script : scripts()) {
        if (options.only.empty() ? !script.crashed : script.name != options.only) continue;
        const Run run = run_workload(script, options.run, room.path());
        if (run.exit != 0) throw std::runtime_error("the workload ended with " + std::to_string(run.exit));
        const StateReport report = check_states(script, run, options.states, room.path());
        std::printf("%s: %llu operations, %llu states, %llu checked", script.name.data(),
                    static_cast<unsigned long long>(report.operations),
                    static_cast<unsigned long long>(report.states),
                    static_cast<unsigned long long>(report.checked));
        for (std::size_t i = 0; i < std::size(losses); ++i)
            std::printf(", %s %llu", name_of(losses[i]), static_cast<unsigned long long>(report.by_loss[i]));
        std::printf(": %llu wrong\n", static_cast<unsigned long long>(report.damaged));
        for (const std::string& finding : report.findings) std::printf("  %s\n", finding.c_str());
        states += report.states;
        checked += report.checked;
        damaged += report.damaged;
    }
    std::printf("%llu states, part %llu/%llu: %llu checked, %llu wrong\n",
                static_cast<unsigned long long>(states),
                static_cast<unsigned long long>(options.states.part.number),
                static_cast<unsigned long long>(options.states.part.parts),
                static_cast<unsigned long long>(checked), static_cast<unsigned long long>(damaged));
    if (damaged > 0) return 1;
    return states < options.at_least ? 2 : 0;
}

// One run with one fault: the process must have ended, and what it left must be one of the two states, where it
// lies and after a loss of power.
std::string check_fault(const Script& script, const RunOptions& options, const Room& room, bool& reached) {
    const Run run = run_workload(script, options, room.path());
    const OperationLog log(run.log);
    const Truths truths(script, log);
    Allowed allowed;
    Disk disk;
    for (const Operation& operation : log.operations()) {
        disk.apply(operation);
        if (operation.kind == Kind::mark) allowed.read(operation.bytes);
    }
    reached = run.exit != 0;
    if (!reached) return allowed.under_way ? "it went on" : "";
    if (run.exit != 7) return "it ended with " + std::to_string(run.exit);
    auto wrong = check_store(script, run.store, truths, allowed, Depth::whole);
    for (const Loss loss : {Loss::all, Loss::pages, Loss::sectors}) {
        const auto state = disk.after(loss, log.operations().size(), Disk::Want::files);
        if (!state || !wrong.empty()) continue;
        materialise(*state, room.path() / "state", log.operations().size());
        wrong = check_store(script, room.path() / "state", truths, allowed, Depth::whole);
        if (!wrong.empty()) wrong = std::string(name_of(loss)) + ": " + wrong;
    }
    return wrong;
}

int check_all_faults(const Options& options) {
    const Room room;
    const Script& script = find_script(options.only.empty() ? "growth" : options.only);
    unsigned runs = 0, wrong = 0;
    for (const char* kind : {"sync", "write", "cut", "meta", "meta-false"}) {
        unsigned ended = 0;
        for (unsigned number = 1; number <= options.first; ++number, ++runs) {
            RunOptions faulty = options.run;
            faulty.fault = kind + (":" + std::to_string(number));
            bool reached = false;
            const std::string found = check_fault(script, faulty, room, reached);
            ended += reached;
            if (found.empty()) continue;
            ++wrong;
            std::printf("  %s: %s\n", faulty.fault.c_str(), found.c_str());
        }
        std::printf("%s: %u runs, %u ended by it\n", kind, options.first, ended);
        if (ended != options.first) ++wrong;
    }
    std::printf("%u runs, %u wrong\n", runs, wrong);
    return wrong > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    const auto here = std::filesystem::canonical("/proc/self/exe").parent_path();
    options.run.workload = here / "crash_workload";
    options.run.shim = here / "libxinwang_shim.so";
    CLI::App app{"Crash states of the store"};
    app.require_subcommand(1);
    auto* states = app.add_subcommand("states", "every state that a crash could leave");
    states->add_option("--seeds", options.states.seeds, "random states for each operation and loss");
    states
        ->add_option("--part", options.states.part, "K/N: check the first few states, and every N-th from K on")
        ->envname("XINWANG_PART");
    states->add_option("--at-least", options.at_least, "so many states must be found");
    states->add_option("--fault", options.run.fault, "of the shim: sync-lies:1+, meta-lazy:1+");
    states->add_flag("--until-found", options.states.until_found, "the first finding is enough");
    states->add_flag("--flip", options.states.flip, "turn over a bit of each image");
    auto* faults = app.add_subcommand("faults", "an I/O error at each of the first syncs and writes");
    faults->add_option("--first", options.first, "how many");
    for (auto* sub : {states, faults}) {
        sub->add_option("--script", options.only, "this one alone");
        sub->add_option("--break", options.run.broken, "of the workload: ack-first, two-commits, go-on");
    }
    CLI11_PARSE(app, argc, argv);
    try {
        std::setvbuf(stdout, nullptr, _IOLBF, 0);
        if (sodium_init() < 0) return 3;
        const int result = *states ? check_all_states(options) : check_all_faults(options);
        std::printf("%.1f s of CPU\n", cpu_seconds());
        return result;
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "crash_check: %s\n", failure.what());
        return 3;
    }
}
