// Many nodes in one process: every node directory below one directory, each with its own keys, store and API
// socket, sharing ZeroMQ's threads, the workers, the API's thread, the ballast, and a few threads that run
// their turns. A county may run its villages on one machine this way.
//
// A directory that appears (`xinwang join` below it) is opened within seconds; one that cannot be opened is
// named in the log and tried again later, and the others run meanwhile. Threads: run() opens nodes; stop()
// may be called from any.
#pragma once

#include <set>

#include "node/edge/host_thread.h"

namespace xinwang {

struct HostOptions {
    int threads = 4;  // run the nodes' turns: mostly they wait for the disk
    int workers = 2;  // for jobs
};

class Host {
  public:
    // Refuses not_a_host_directory when there is no such directory.
    static Result<std::unique_ptr<Host>> open(const std::filesystem::path& dir, const HostOptions& options);
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    void run();
    void stop();

  private:
    Host(std::filesystem::path dir, const HostOptions& options);
    void look();
    void open_node_at(const std::filesystem::path& dir);
    Result<std::unique_ptr<NodeRun>> open_run(const std::filesystem::path& dir) const;

    const std::filesystem::path dir_;
    NodeRun::Shared shared_;
    std::map<std::filesystem::path, Instant> retry_at_;  // directories that could not be opened
    std::set<std::filesystem::path> open_;
    std::filesystem::file_time_type looked_at_{};  // the directory's time when every node in it was known
    std::mutex mutex_;
    std::condition_variable ending_;
    bool ended_ = false;
    std::vector<std::unique_ptr<HostThread>> threads_;  // last: nodes end before what they share
};

// The directories below `dir` that hold a node, in order.
std::vector<std::filesystem::path> node_dirs_below(const std::filesystem::path& dir);

}  // namespace xinwang
