#include "node/edge/host.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>

#include "node/edge/clock.h"

namespace xinwang {
namespace {

constexpr std::chrono::seconds look_every{2};
constexpr Duration retry_after{10'000};
constexpr int nodes_max = 9'000;  // as many sockets as libzmq's limit allows
constexpr std::size_t jobs_waiting_max = 1u << 20;

// Ten for each node: store, API, sockets, and the other end of each connection.
void allow_many_files() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

std::vector<std::filesystem::path> node_dirs_below(const std::filesystem::path& dir) {
    std::vector<std::filesystem::path> found;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(dir, failed))
        if (std::filesystem::exists(entry.path() / "node.toml", failed)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

Result<std::unique_ptr<Host>> Host::open(const std::filesystem::path& dir, const HostOptions& options) {
    std::error_code failed;
    if (!std::filesystem::is_directory(dir, failed))
        return refuse(Code::not_a_host_directory, "directory", dir.string());
    allow_many_files();
    return std::unique_ptr<Host>(new Host(std::filesystem::absolute(dir), options));
}

Host::Host(std::filesystem::path dir, const HostOptions& options) : dir_(std::move(dir)) {
    shared_.housing.hub = std::make_shared<TransportHub>(1, nodes_max);
    shared_.housing.workers =
        std::make_shared<Workers>(static_cast<std::size_t>(options.workers), jobs_waiting_max);
    shared_.housing.ballast_file = dir_ / "ballast";
    shared_.http = std::make_shared<HttpThread>();
    for (int i = 0; i < options.threads; ++i) threads_.push_back(std::make_unique<HostThread>());
}

Host::~Host() = default;

void Host::run() {
    std::unique_lock lock(mutex_);
    do {
        lock.unlock();
        look();
        lock.lock();
    } while (!ending_.wait_for(lock, look_every, [this] { return ended_; }));
}

void Host::stop() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    ending_.notify_all();
}

void Host::look() {
    for (const auto& thread : threads_)
        for (const auto& node : thread->take_fallen()) {
            open_.erase(node->dir());
            retry_at_[node->dir()] = wall_now() + retry_after;
        }
    std::error_code failed;
    const auto changed = std::filesystem::last_write_time(dir_, failed);
    if (changed == looked_at_ && retry_at_.empty()) return;
    const std::size_t before = open_.size();
    std::size_t entries = 0;
    for (const auto& entry : std::filesystem::directory_iterator(dir_, failed)) {
        if (!entry.is_directory(failed)) continue;
        ++entries;
        if (!open_.contains(entry.path()) && std::filesystem::exists(entry.path() / "node.toml", failed))
            open_node_at(entry.path());
    }
    // A directory whose node is still being made is looked at again.
    if (open_.size() == entries) looked_at_ = changed;
    if (open_.size() != before) spdlog::info("host: {} nodes run below {}", open_.size(), dir_.string());
}

// One damaged store is one node's affair.
Result<std::unique_ptr<NodeRun>> Host::open_run(const std::filesystem::path& dir) const {
    try {
        return NodeRun::open(dir, shared_);
    } catch (const StoreCorrupt& damaged) {
        return tl::unexpected(damaged.refusal());
    } catch (const StoreFailure& failure) {
        return refuse(Code::store_unusable, "store", dir.string(), failure.what());
    }
}

void Host::open_node_at(const std::filesystem::path& dir) {
    const auto retry = retry_at_.find(dir);
    if (retry != retry_at_.end() && wall_now() < retry->second) return;
    auto node = open_run(dir);
    if (!node) {
        if (retry == retry_at_.end())
            spdlog::error("host: {}: {}", dir.string(), node.error().line(Language::english));
        retry_at_[dir] = wall_now() + retry_after;
        return;
    }
    retry_at_.erase(dir);
    open_.insert(dir);
    const auto idlest = std::min_element(threads_.begin(), threads_.end(),
                                         [](const auto& a, const auto& b) { return a->size() < b->size(); });
    (*idlest)->add(std::move(*node));
}

}  // namespace xinwang
