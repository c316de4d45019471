#include "node/api/task.h"

#include <system_error>

#include "storage/store.h"

namespace xinwang::api {

Task::~Task() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    if (thread_.joinable()) thread_.join();
}

Result<void> Task::start(Json about, Work work) {
    {
        const std::lock_guard lock(mutex_);
        if (std::string_view(state_) == "running")
            return refuse(Code::task_under_way, name_, std::to_string((now_() - started_).count() / 1000));
        state_ = "running";
        started_ = now_();
        done_ = total_ = 0;
        about_ = std::move(about);
        outcome_ = blank_;
        refusal_.reset();
    }
    if (thread_.joinable()) thread_.join();
    try {
        thread_ = std::thread([this, work = std::move(work)] { run(work); });
    } catch (const std::system_error& failure) {
        const std::lock_guard lock(mutex_);
        state_ = "refused";
        refusal_ = Refusal(Code::machine_refuses, name_, failure.what());
        return tl::unexpected(*refusal_);
    }
    return {};
}

void Task::run(const Work& work) {
    Result<Json> outcome = refuse(Code::node_stopping);
    try {
        outcome = work([this](std::uint64_t done, std::uint64_t total) { return tell(done, total); });
    } catch (const StoreCorrupt& damage) {
        outcome = tl::unexpected(damage.refusal());
    } catch (const std::exception& failure) {
        outcome = refuse(Code::task_failed, name_, failure.what());
    }
    const std::lock_guard lock(mutex_);
    ended_ = now_();
    state_ = outcome ? "done" : "refused";
    if (outcome)
        outcome_.update(*outcome);
    else
        refusal_ = outcome.error();
}

bool Task::tell(std::uint64_t done, std::uint64_t total) {
    const std::lock_guard lock(mutex_);
    done_ = done;
    total_ = total;
    return !stopping_;
}

Json Task::progress(Duration taken) const {
    const auto rate = taken.count() > 0 ? done_ * 1000 / static_cast<std::uint64_t>(taken.count()) : 0;
    const bool running = std::string_view(state_) == "running";
    Json out{{"done_bytes", done_}, {"total_bytes", total_}, {"bytes_per_s", rate}, {"eta_s", nullptr}};
    if (running && rate > 0 && total_ >= done_) out["eta_s"] = (total_ - done_) / rate;
    return out;
}

Json Task::document() const {
    const std::lock_guard lock(mutex_);
    const bool running = std::string_view(state_) == "running";
    const Duration taken = running ? now_() - started_ : ended_ - started_;
    Json out{{"state", state_}};
    put_moment(out, "started", started_, now_());
    out["seconds"] = taken.count() / 1000;
    out["progress"] = progress(taken);
    out["refusal"] = refusal_or_null(refusal_);
    out.update(outcome_);
    out.update(about_);
    return out;
}

}  // namespace xinwang::api
