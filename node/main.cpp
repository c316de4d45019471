// xinwang-node: one node as a process, or with --host every node below a directory. It runs until SIGTERM or
// SIGINT, and leaves nothing to do on the way out: what matters is in the store already (crash-only).
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <thread>

#include "node/api/api.h"
#include "node/edge/clock.h"
#include "node/edge/file_limit.h"
#include "node/edge/heap.h"
#include "node/edge/host.h"
#include "node/edge/node_run.h"

namespace {

using namespace xinwang;

int fail(const Refusal& refusal) {
    std::fprintf(stderr, "xinwang-node: %s\n", refusal.line(Language::english).c_str());
    switch (refusal.code) {
        case Code::bad_config:
        case Code::bad_address:
            return 2;
        case Code::file_not_permitted:
            return 4;
        case Code::store_locked:
        case Code::address_taken:
            return 5;
        case Code::damage_stays:
        case Code::schema_newer:
            return 7;
        default:
            return 1;
    }
}

// A node that does not start fetches nothing: what is damaged in what it knows of itself is its operator's to
// mend.
Refusal unless_healing(const Refusal& r) {
    return r.code == Code::store_corrupt ? Refusal(Code::damage_stays, r.field, r.value, r.limit) : r;
}

// Secrets stay out of core dumps and of other processes' reach.
void harden() {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    std::signal(SIGPIPE, SIG_IGN);
}

// Runs what was opened, a node or a host, until one of `signals` comes.
template <class Runs>
int run_to_the_end(Result<std::unique_ptr<Runs>> opened, const sigset_t& signals) {
    if (!opened) return fail(unless_healing(opened.error()));
    std::thread([&signals, run = opened->get()] {
        int signal = 0;
        sigwait(&signals, &signal);
        run->stop();
    }).detach();
    (*opened)->run();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"One node of the network. 信网节点"};
    std::string dir = "/var/lib/xinwang";
    std::string host_dir;
    HostOptions host_options;
    bool check = false;
    app.add_option("--dir", dir, "the node's directory")->envname("XINWANG_DIR");
    auto* host = app.add_option("--host", host_dir, "run every node directory below this one, in one process");
    app.add_option("--threads", host_options.threads, "with --host: threads that turn nodes (default 4)")
        ->needs(host)
        ->check(CLI::Range(1, 256));
    app.add_option("--workers", host_options.workers, "with --host: threads for jobs (default 2)")
        ->needs(host)
        ->check(CLI::Range(1, 256));
    app.add_flag("--check", check, "read the configuration, say whether it holds, and end")->excludes(host);
    app.set_version_flag("--version", XINWANG_VERSION);
    CLI11_PARSE(app, argc, argv);
    if (sodium_init() < 0) {
        std::fprintf(stderr, "xinwang-node: libsodium does not start on this machine\n");
        return 7;
    }
    harden();
    tune_heap();
    raise_file_limit();

    // The signals are taken by one thread that waits for them; everyone else never sees them.
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);
    try {
        if (!host_dir.empty()) return run_to_the_end(Host::open(host_dir, host_options), ending);
        auto node = NodeRun::open(dir);
        if (node && check) return 0;
        return run_to_the_end(std::move(node), ending);
    } catch (const StoreCorrupt& damaged) {
        std::_Exit(fail(unless_healing(damaged.refusal())));
    } catch (const std::exception& failure) {
        // The machine failed, or the outcome of a commit is unknown: only a restart can tell
        // (node/DESIGN.md, D3).
        std::fprintf(stderr, "xinwang-node: %s\n", failure.what());
        std::_Exit(7);
    }
}
