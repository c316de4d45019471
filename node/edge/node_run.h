// One node running: its store, its loop, its API and, at the city, its provincial link, wired together.
//
// Threads: run() is the loop's; the API has a thread of its own or its host's, the link another, retention a
// third when it runs by itself. stop() may be called from any.
#pragma once

#include <atomic>
#include <condition_variable>
#include <thread>

#include "node/api/api.h"
#include "node/edge/loop.h"
#include "node/edge/node_dir.h"
#include "node/edge/node_files.h"
#include "node/edge/reindexer.h"

namespace xinwang {

class NodeRun {
  public:
    // Resources that the nodes of a host share; empty for a node that runs alone.
    struct Shared {
        Housing housing;
        std::shared_ptr<HttpThread> http;
    };
    // Opens the node. Refuses as open_node() does, and for listening addresses that do not work and a profile
    // that does not parse.
    static Result<std::unique_ptr<NodeRun>> open(const std::filesystem::path& dir, const Shared& shared = {});
    // Requires that run() has returned, or that the host's thread has let it go.
    ~NodeRun();

    void run();
    void stop() { loop_->stop(); }
    // The loop, for the thread that runs many nodes (host_thread.h).
    Loop& loop() { return *loop_; }
    const std::filesystem::path& dir() const { return dir_; }

  private:
    NodeRun(const std::filesystem::path& dir, std::unique_ptr<Store> store);
    void warm_up(bool hosted);
    Result<void> wire(LoopOptions options, const std::string& profile_toml,
                      const std::shared_ptr<HttpThread>& http);
    Result<void> open_api(const std::shared_ptr<HttpThread>& http);
    api::Node api_node();
    void run_retention(Duration every);
    void page(const std::vector<SubmissionId>& ids);
    void open_link(LinkProfile profile);
    void run_link();
    void look_for_files(Instant now);
    Result<void> look(const std::function<void(const api::Situation&)>& at);
    IntakeStepped intake(const IntakeJob& job) const;
    Result<api::BackupMade> backup(const api::BackupOrder& order, const api::Task::Tell& tell) const;

    std::filesystem::path dir_;
    Instant started_;
    RetentionSetting retention_;
    std::unique_ptr<Store> store_;
    std::optional<NodeFiles> files_;  // as they were when the store was opened
    Instant next_look_;
    std::vector<Refusal> gone_;
    std::unique_ptr<Loop> loop_;
    std::unique_ptr<Reindexer> reindexer_;
    std::unique_ptr<Link> link_;
    std::unique_ptr<api::Api> api_;
    std::unique_ptr<HttpServer> server_;
    std::mutex mutex_;
    std::condition_variable ending_;
    bool ended_ = false;
    std::thread link_thread_;
    std::thread retention_thread_;
    std::thread paging_thread_;
    std::jthread warming_thread_;  // ends by itself; stopped and joined before what stands above it goes
};

}  // namespace xinwang
