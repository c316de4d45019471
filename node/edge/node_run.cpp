#include "node/edge/node_run.h"

#include <spdlog/spdlog.h>

#include <ctime>

#include "node/edge/backup.h"
#include "node/edge/clock.h"
#include "node/edge/files.h"
#include "node/edge/node_dir.h"
#include "node/edge/spool_source.h"
#include "node/intake/paging.h"
#include "node/intake/run.h"

namespace xinwang {
namespace {

constexpr std::uint64_t small_store_bytes_max = 16u << 20;
constexpr Duration files_looked_for_every{15'000};
constexpr auto link_poll_every = std::chrono::seconds(5);
constexpr Duration export_every{3'600'000};  // what waits goes out at least so often; full packages at once

std::uint32_t today(Instant now) {
    const std::time_t seconds = now.ms / 1000;
    std::tm local{};
    localtime_r(&seconds, &local);
    return static_cast<std::uint32_t>((local.tm_year + 1900) * 10'000 + (local.tm_mon + 1) * 100 +
                                      local.tm_mday);
}

// Work of a thread of its own, tried again later: what the machine refuses it (descriptors, memory, a folder)
// is no reason to end the node.
template <class Work>
auto unless_refused(const char* name, const Work& work) -> decltype(work()) {
    try {
        return work();
    } catch (const std::system_error& failure) {
        return refuse(Code::machine_refuses, name, failure.what());
    } catch (const std::bad_alloc& failure) {
        return refuse(Code::machine_refuses, name, failure.what());
    }
}

// What an earlier life left in the spool: uploads cut short, and files whose submission never came to be or is
// finished.
Result<void> sweep_spool(const std::filesystem::path& spool, const Store& store) {
    clear_spool(spool);
    const Snapshot kept = store.snapshot();
    for (const auto& file : std::filesystem::directory_iterator(spool)) {
        const auto id = SubmissionId::parse_hex(file.path().filename().string());
        if (!id) continue;
        XW_TRY(bytes, kept.get(Table::submissions, id->view()));
        if (bytes) {
            XW_TRY(submission, decode_submission(*bytes));
            if (submission.open()) continue;
        }
        std::filesystem::remove(file.path());
    }
    return {};
}

}  // namespace

NodeRun::NodeRun(const std::filesystem::path& dir, std::unique_ptr<Store> store)
    : dir_(std::filesystem::absolute(dir)), started_(wall_now()), store_(std::move(store)), files_(dir_) {}

NodeRun::~NodeRun() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    ending_.notify_all();
    if (link_thread_.joinable()) link_thread_.join();
    if (retention_thread_.joinable()) retention_thread_.join();
    if (paging_thread_.joinable()) paging_thread_.join();
    server_.reset();
}

Result<std::unique_ptr<NodeRun>> NodeRun::open(const std::filesystem::path& dir, const Shared& shared) {
    XW_TRY(node, open_node(dir, shared.housing));
    auto run = std::unique_ptr<NodeRun>(new NodeRun(dir, std::move(node.store)));
    run->retention_ = node.retention;
    XW_TRY_VOID(run->wire(std::move(node.loop), node.profile_toml, shared.http));
    run->warm_up(shared.housing.hub != nullptr);
    if (auto ids = unpaged_submissions(run->store_->snapshot()); !ids.empty())
        run->paging_thread_ = std::thread([made = run.get(), ids = std::move(ids)] { made->page(ids); });
    if (node.retention_every > Duration(0))
        run->retention_thread_ =
            std::thread([made = run.get(), every = node.retention_every] { made->run_retention(every); });
    return run;
}

// A small hosted store is not worth a thread.
void NodeRun::warm_up(bool hosted) {
    if (hosted && store_->used_bytes() < small_store_bytes_max) return store_->warm_up({});
    warming_thread_ =
        std::jthread([store = store_.get()](const std::stop_token& stop) { store->warm_up(stop); });
}

Result<void> NodeRun::wire(LoopOptions options, const std::string& profile_toml,
                           const std::shared_ptr<HttpThread>& http) {
    std::optional<LinkProfile> profile;
    if (!profile_toml.empty()) {
        XW_TRY(parsed, parse_profile(profile_toml));
        profile = std::move(parsed);
    }
    XW_TRY(loop, Loop::create(
                     std::move(options), *store_, [this](const IntakeJob& job) { return intake(job); },
                     [this](const SubmissionId& id) {
                         std::error_code left;  // swept away at the next start
                         std::filesystem::remove(dir_ / "spool" / id.hex(), left);
                     }));
    loop_ = std::move(loop);
    reindexer_ = std::make_unique<Reindexer>(*store_, loop_->room(), [this] { loop_->wake(); });
    loop_->every_turn([this](Core& core, Instant now) { reindexer_->every_turn(core, now); });
    loop_->every_turn([this](Core&, Instant now) { look_for_files(now); });
    if (profile) open_link(std::move(*profile));
    return open_api(http);
}

Result<void> NodeRun::open_api(const std::shared_ptr<HttpThread>& http) {
    XW_TRY_VOID(make_dir(dir_ / "spool"));
    XW_TRY_VOID(sweep_spool(dir_ / "spool", *store_));
    api_ = std::make_unique<api::Api>(api_node());
    ServerRule rule;
    rule.socket = dir_ / "api.sock";
    rule.handler = [this](Request& request) { return api_->handle(request); };
    rule.upload = [this](const Request& request) { return api_->upload(request); };
    XW_TRY(server, HttpServer::open(std::move(rule), http));
    server_ = std::move(server);
    return {};
}

api::Node NodeRun::api_node() {
    return {[this](auto request) { return loop_->call(std::move(request)); },
            [this](auto at) { return look(at); },
            wall_now,
            [] { return today(wall_now()); },
            *store_,
            loop_->room(),
            dir_ / "spool",
            [this](const auto& order, const auto& tell) { return backup(order, tell); },
            link_.get(),
            retention_,
            [this](bool on) { return loop_->call([&](Core&, Instant) { loop_->drain(on); }); }};
}

// Once, after an upgrade.
void NodeRun::page(const std::vector<SubmissionId>& ids) {
    const auto call = [this](auto request) { return loop_->call(std::move(request)); };
    for (const SubmissionId& id : ids) {
        Result<void> done = refuse(Code::node_stopping);
        const auto bytes = store_->snapshot().get(Table::submissions, id.view());
        if (bytes && *bytes)
            if (const auto s = decode_submission(**bytes))
                done = page_submission(*store_, loop_->room(), *s, call);
        if (done) continue;
        if (done.error().code == Code::node_stopping) return;
        spdlog::warn("rows of submission {}: {}", id.hex(), done.error().line(Language::english));
        (void)loop_->call([&](Core& core, Instant) { core.suspect(done.error()); });
    }
}

void NodeRun::run_retention(Duration every) {
    const api::Node node = api_node();
    std::unique_lock lock(mutex_);
    while (!ending_.wait_for(lock, every, [this] { return ended_; })) {
        lock.unlock();
        const auto gone = unless_refused("retention", [&] {
            return api::plan_retention(node).and_then(
                [&](const RetentionPlan& plan) { return api::apply_retention(node, plan); });
        });
        if (!gone) spdlog::warn("retention: {}", gone.error().line(Language::english));
        if (gone && *gone > 0) spdlog::info("retention: the contents of {} batches were removed", *gone);
        lock.lock();
    }
}

void NodeRun::open_link(LinkProfile profile) {
    const auto folder = dir_ / "link";
    for (const char* name : {"outbox", "inbox", "spool", "quarantine"})
        std::filesystem::create_directories(folder / name);
    link_ = std::make_unique<Link>(
        std::move(profile),
        LinkFolders{folder / "outbox", folder / "inbox", folder / "spool", folder / "quarantine"}, *store_,
        loop_->room(), [this](auto request) { return loop_->call(std::move(request)); });
    link_thread_ = std::thread([this] { run_link(); });
}

// Full packages and settled answers every few seconds, everything that waits every hour.
void NodeRun::run_link() {
    Instant next_export = wall_now() + export_every;
    std::unique_lock lock(mutex_);
    while (!ending_.wait_for(lock, link_poll_every, [this] { return ended_; })) {
        lock.unlock();
        const Instant now = wall_now();
        const CutRule rule = next_export <= now ? CutRule::all : CutRule::full;
        if (rule == CutRule::all) next_export = now + export_every;
        const auto tell = [this](const Refusal& refusal) {
            spdlog::warn("link: {}", refusal.line(Language::english));
            (void)loop_->call([&](Core& core, Instant) { core.suspect(refusal); });
        };
        if (const auto done = unless_refused("link", [&] { return link_->run_export(rule, now); }); !done)
            tell(done.error());
        if (const auto done = unless_refused("link", [&] { return link_->poll_inbox(now); }); !done)
            tell(done.error());
        lock.lock();
    }
}

Result<void> NodeRun::look(const std::function<void(const api::Situation&)>& at) {
    return loop_->call([&](Core& core, Instant now) {
        std::error_code none;
        const auto space = std::filesystem::space(dir_, none);
        at({core, *store_, now, started_, XINWANG_VERSION, dir_.string(), loop_->parent_address(),
            loop_->link_refusal(), none ? 0 : space.available, gone_});
    });
}

// Whoever looks at the node's status sees it within the interval, and the process's log says it once.
void NodeRun::look_for_files(Instant now) {
    if (now < next_look_) return;
    next_look_ = now + files_looked_for_every;
    std::vector<Refusal> gone = files_->gone();
    if (gone != gone_)
        for (const Refusal& file : gone) spdlog::error("{}", file.line(Language::english));
    gone_ = std::move(gone);
}

IntakeStepped NodeRun::intake(const IntakeJob& job) const {
    auto file = SpoolSource::open(dir_ / "spool" / job.submission.hex());
    if (!file) return {job.submission, tl::unexpected(file.error())};
    try {
        return run_intake(job, **file, loop_->room(), today(wall_now()));
    } catch (const std::system_error& failure) {
        return {job.submission, refuse(Code::machine_refuses, job.submission.hex(), failure.what())};
    }
}

Result<api::BackupMade> NodeRun::backup(const api::BackupOrder& order, const api::Task::Tell& tell) const {
    XW_TRY(m, take_backup(dir_, *store_, order, wall_now(), tell));
    spdlog::info("backup of {} bytes in {}", m.bytes(), order.directory.string());
    api::BackupMade made{m.made,         m.node,    m.code, m.name,       m.tier, m.incarnation,
                         m.files.size(), m.bytes(), {},     m.has_keys(), {}};
    for (const auto& file : m.files)
        if (file.path == "store/data.mdb") made.hash = file.hash;
    for (const auto& log : m.logs) made.logs.push_back({log.line, log.size});
    return made;
}

void NodeRun::run() {
    spdlog::info("node {} of {} runs", loop_->options().identity.node.hex(), dir_.string());
    loop_->run();
    spdlog::info("node {} stops", loop_->options().identity.node.hex());
}

}  // namespace xinwang
