// Long work of the node beside its turns and beside the API's one handler (a backup, a verification): a POST
// starts the work, a GET reads its progress, and its outcome is kept until the next work begins.
//
// Threads: one for the work, while there is work; start() and document() are called by the handler. An
// exception of the work becomes its refusal and does not end the node, because the work only reads and
// changes nothing. The destructor asks the work to stop and waits for it.
#pragma once

#include <mutex>
#include <thread>

#include "node/api/json.h"

namespace xinwang::api {

class Task {
  public:
    // Takes the bytes done and expected from the work; false asks the work to end early.
    using Tell = std::function<bool(std::uint64_t done, std::uint64_t total)>;
    using Work = std::function<Result<Json>(const Tell&)>;

    // `blank`: the members of an outcome, all null, for documents before the first outcome. `name` is for
    // refusals.
    Task(std::string name, std::function<Instant()> now, Json blank)
        : name_(std::move(name)), now_(std::move(now)), blank_(std::move(blank)), outcome_(blank_) {}
    ~Task();
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;

    // Starts the work. `about`: members of every document about this run. Refuses task_under_way.
    Result<void> start(Json about, Work work);
    // The task's state (none, running, done, refused), started, seconds, progress, refusal, then the
    // outcome's members.
    Json document() const;

  private:
    void run(const Work& work);
    bool tell(std::uint64_t done, std::uint64_t total);
    Json progress(Duration taken) const;

    const std::string name_;
    const std::function<Instant()> now_;
    const Json blank_;
    std::thread thread_;  // the handler's alone

    mutable std::mutex mutex_;  // guards what follows
    const char* state_ = "none";
    bool stopping_ = false;
    Instant started_;
    Instant ended_;
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
    Json about_ = Json::object();
    Json outcome_;
    std::optional<Refusal> refusal_;
};

}  // namespace xinwang::api
