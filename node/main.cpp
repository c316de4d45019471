// xinwang-node: one node as a process. It reads its directory, runs until SIGTERM or SIGINT, and leaves nothing
// to do on the way out: what matters is in the store already (crash-only).
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <thread>

#include "node/api/api.h"
#include "node/edge/clock.h"
#include "node/edge/heap.h"
#include "node/edge/node_dir.h"
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

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"One node of the network. 信网节点"};
    std::string dir = "/var/lib/xinwang";
    bool check = false;
    app.add_option("--dir", dir, "the node's directory")->envname("XINWANG_DIR");
    app.add_flag("--check", check, "read the configuration, say whether it holds, and end");
    app.set_version_flag("--version", XINWANG_VERSION);
    CLI11_PARSE(app, argc, argv);
    if (sodium_init() < 0) {
        std::fprintf(stderr, "xinwang-node: libsodium does not start on this machine\n");
        return 7;
    }
    harden();
    tune_heap();

    // The signals are taken by one thread that waits for them; everyone else never sees them.
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);
    try {
        auto node = NodeRun::open(dir);
        if (!node) return fail(unless_healing(node.error()));
        if (check) return 0;
        std::thread([&ending, run = node->get()] {
            int signal = 0;
            sigwait(&ending, &signal);
            run->stop();
        }).detach();
        (*node)->run();
        return 0;
    } catch (const StoreCorrupt& damaged) {
        std::_Exit(fail(unless_healing(damaged.refusal())));
    } catch (const std::exception& failure) {
        // The machine failed, or the outcome of a commit is unknown: only a restart can tell (RELIABILITY, rule
        // 4).
        std::fprintf(stderr, "xinwang-node: %s\n", failure.what());
        std::_Exit(7);
    }
}
