// backup, restore, verify and repair: the care of a node's store. backup and verify are tasks of a running node
// that are watched from here; restore, repair, and verify when no node runs, are done here.
#include <fmt/format.h>

#include <thread>

#include "node/api/answer.h"
#include "node/api/upkeep.h"
#include "node/edge/clock.h"
#include "node/edge/offline.h"
#include "node/edge/repair.h"
#include "node/edge/restore.h"
#include "tools/cli/print.h"
#include "tools/cli/text.h"

namespace xinwang::cli {
namespace {

constexpr std::chrono::milliseconds poll_first{20};
constexpr std::chrono::milliseconds poll_max{1000};

using Look = std::function<Outcome<Document>()>;

void show_progress(const Json& document, const Terminal& terminal) {
    if (!terminal.progress) return;
    const Json& progress = at(document, "progress");
    const auto bytes = [&](const char* member) {
        return bytes_text(static_cast<std::uint64_t>(number_of(at(progress, member))));
    };
    const Json& eta = at(progress, "eta_s");
    terminal.err << fmt::format("\r\x1b[K{} / {}  {}/s  {} {}", bytes("done_bytes"), bytes("total_bytes"),
                                bytes("bytes_per_s"), terminal.say("剩余", "left"),
                                eta.is_null() ? "-" : age_text(number_of(eta)))
                 << std::flush;
}

// Until the task is no longer running: its last document, or the refusal it ended with.
Outcome<Document> watch_task(const Look& look, const Terminal& terminal) {
    auto pause = poll_first;
    for (;;) {
        auto got = look();
        if (!got) return got;
        const bool running = text_of(at(got->json, "state")) == "running";
        if (running) show_progress(got->json, terminal);
        if (!running && terminal.progress) terminal.err << "\r\x1b[K" << std::flush;
        if (!running) {
            const Json& refusal = at(got->json, "refusal");
            if (!refusal.is_null()) return tl::unexpected(failure_of_json(refusal, terminal));
            return got;
        }
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, poll_max);
    }
}

// Started by `first`; looked at by GETs.
Outcome<Document> run_on_node(const NodeClient& node, Outcome<Document> first, const char* target,
                              const Terminal& terminal) {
    if (!first) return first;
    bool started = false;
    return watch_task(
        [&]() -> Outcome<Document> {
            if (std::exchange(started, true)) return node.get(target);
            return first;
        },
        terminal);
}

// The same for work done in this process.
Outcome<Document> run_here(const char* name, const char* schema, Json blank, Json about, api::Task::Work work,
                           const Terminal& terminal) {
    api::Task task(name, wall_now, std::move(blank));
    if (const auto started = task.start(std::move(about), std::move(work)); !started)
        return tl::unexpected(failure_of(started.error(), terminal));
    return watch_task(
        [&]() -> Outcome<Document> {
            const Json document = api::with_schema(schema, task.document());
            return Document{document.dump(-1, ' ', false, Json::error_handler_t::replace), document};
        },
        terminal);
}

Outcome<Document> verify_here(const Arguments& arguments, const Terminal& terminal) {
    auto node = open_offline(arguments.dir, Access::read);
    if (!node) return tl::unexpected(failure_of(node.error(), terminal));
    return run_here(
        "verify", "xinwang.verify/1", api::blank_verification(), Json::object(),
        [&](const api::Task::Tell& tell) -> Result<Json> {
            XW_TRY(result, verify_node(*node->store, node->roster, *node->room, tell));
            return api::verification_json(result, node->roster);
        },
        terminal);
}

Json blank_restore() {
    Json out;
    for (const char* member : {"node", "code", "name", "tier", "directory", "made_at", "made_age_s",
                               "moved_aside", "bytes", "batches", "entries"})
        out[member] = nullptr;
    return out;
}

Json restored_json(const Restored& restored, const std::string& dir) {
    const BackupManifest& m = restored.manifest;
    Json out{{"node", m.node.hex()}, {"code", m.code}, {"name", m.name}, {"tier", m.tier}, {"directory", dir}};
    api::put_moment(out, "made", m.made, wall_now());
    out["moved_aside"] = restored.moved_aside.empty() ? Json(nullptr) : Json(restored.moved_aside.string());
    out["bytes"] = m.bytes();
    out["batches"] = restored.verification.batches;
    out["entries"] = restored.verification.entries;
    return out;
}

Json blank_repair() {
    Json out;
    for (const char* member : {"resumed", "batches", "records", "entries_before", "entries_after", "missing",
                               "wrong", "unreadable", "records_per_s"})
        out[member] = nullptr;
    out["findings"] = Json::array();
    return out;
}

Json repair_json(const Repaired& repaired, std::chrono::duration<double> taken) {
    Json findings = Json::array();
    for (const auto& unreadable : repaired.first_unreadable) {
        Json item = refusal_json(unreadable.refusal);
        item["ordinal"] = unreadable.ordinal;
        findings.push_back(std::move(item));
    }
    Json out{{"resumed", repaired.resumed}, {"batches", repaired.batches}, {"records", repaired.records}};
    out["entries_before"] = repaired.before ? Json(*repaired.before) : Json(nullptr);
    out["entries_after"] = repaired.after;
    out["missing"] = repaired.missing;
    out["wrong"] = repaired.wrong;
    out["unreadable"] = repaired.unreadable;
    out["records_per_s"] =
        static_cast<std::uint64_t>(static_cast<double>(repaired.records) / std::max(taken.count(), 1e-3));
    out["findings"] = std::move(findings);
    return out;
}

}  // namespace

Outcome<Exit> backup(const Arguments& arguments, const Terminal& terminal) {
    const auto rate = parse_rate(arguments.rate);
    if (!rate)
        return tl::unexpected(
            failure_of(Refusal(Code::bad_number, "--limit", arguments.rate, "10M, 512k, off"), terminal));
    const Json order{{"directory", std::filesystem::absolute(arguments.file).lexically_normal().string()},
                     {"with_keys", arguments.with_keys},
                     {"same_disk", arguments.same_disk},
                     {"bytes_per_s_max", *rate}};
    const NodeClient node(arguments.dir, terminal);
    auto done =
        run_on_node(node, node.post("/v1/backup", order.dump(-1, ' ', false, Json::error_handler_t::replace)),
                    "/v1/backup", terminal);
    if (!done) return tl::unexpected(done.error());
    print(*done, terminal);
    if (terminal.output == Output::table && !true_of(at(at(done->json, "backup"), "keys")))
        terminal.err << terminal.say("备份不含密钥：恢复时需要另外保存的keys目录\n",
                                     "without keys: restoring it needs the copy of keys/ that is kept apart\n");
    return Exit::ok;
}

Outcome<Exit> restore(const Arguments& arguments, const Terminal& terminal) {
    const RestoreOptions options{arguments.file, arguments.keys, arguments.force};
    auto done = run_here(
        "restore", "xinwang.restored/1", blank_restore(), Json::object(),
        [&](const api::Task::Tell& tell) -> Result<Json> {
            XW_TRY(restored, restore_backup(arguments.dir, options, wall_now(), tell));
            return restored_json(restored, arguments.dir);
        },
        terminal);
    if (!done) return tl::unexpected(done.error());
    print(*done, terminal);
    terminal.err
        << terminal.say(
               "首次启动时，节点会开启新的世代，先从上级取回备份之后的批，再继续受理：xinwang-node --dir ",
               "when it first starts, the node opens a new incarnation and takes back from its parent what it "
               "sealed after "
               "the backup, before it goes on: xinwang-node --dir ")
        << arguments.dir << '\n';
    return Exit::ok;
}

Outcome<Exit> verify(const Arguments& arguments, const Terminal& terminal) {
    const NodeClient node(arguments.dir, terminal);
    auto done = run_on_node(node, node.post("/v1/verify"), "/v1/verify", terminal);
    // No node runs there, or none can be: its store is looked at from here, under the same lock.
    if (!done && done.error().exit == Exit::unreachable &&
        std::filesystem::exists(std::filesystem::path(arguments.dir) / "node.toml"))
        done = verify_here(arguments, terminal);
    if (!done) return tl::unexpected(done.error());
    print(*done, terminal);
    return true_of(at(done->json, "ok")) ? Exit::ok : Exit::fatal;
}

Outcome<Exit> repair(const Arguments& arguments, const Terminal& terminal) {
    auto node = open_offline(arguments.dir, Access::write);
    if (!node) return tl::unexpected(failure_of(node.error(), terminal));
    const unsigned threads = std::max(2u, std::thread::hardware_concurrency());
    auto done = run_here(
        "repair", "xinwang.repair/1", blank_repair(), Json::object(),
        [&](const api::Task::Tell& tell) -> Result<Json> {
            const auto started = std::chrono::steady_clock::now();
            XW_TRY(repaired, repair_index(*node->store, *node->room, threads, tell));
            return repair_json(repaired, std::chrono::steady_clock::now() - started);
        },
        terminal);
    if (!done) return tl::unexpected(done.error());
    print(*done, terminal);
    // The index is whole; what no batch could give it is for xinwang verify and the neighbours.
    return number_of(at(done->json, "unreadable")) > 0 ? Exit::fatal : Exit::ok;
}

}  // namespace xinwang::cli
