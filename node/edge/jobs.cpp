#include "node/edge/jobs.h"

#include <pthread.h>

#include <system_error>

#include "protocol/base/check.h"

namespace xinwang {

Workers::Workers(std::size_t threads_max, std::size_t queue_max, std::string name)
    : threads_max_(threads_max), queue_max_(queue_max), name_(name.substr(0, 12)) {
    XW_CHECK(threads_max_ > 0 && queue_max_ > 0);
}

Workers::~Workers() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    work_.notify_all();
    for (auto& thread : threads_) thread.join();
}

Submitted Workers::submit(std::function<void()> job) {
    const std::lock_guard lock(mutex_);
    XW_CHECK(!ending_);
    if (queue_.size() >= queue_max_) return Submitted::full;
    queue_.push_back(std::move(job));
    if (idle_ < queue_.size() && threads_.size() < threads_max_) start_thread();
    work_.notify_one();
    return Submitted::yes;
}

std::size_t Workers::size() const {
    const std::lock_guard lock(mutex_);
    return queue_.size() + running_;
}

std::size_t Workers::threads() const {
    const std::lock_guard lock(mutex_);
    return threads_.size();
}

// Without another thread those that there are do its work; the first one there must be.
void Workers::start_thread() {
    try {
        threads_.emplace_back([this] { run(); });
    } catch (const std::system_error&) {
        if (threads_.empty()) throw;
        return;
    }
    // The kernel keeps 15 bytes of a name.
    const std::string name = name_ + "-" + std::to_string(threads_.size());
    pthread_setname_np(threads_.back().native_handle(), name.substr(0, 15).c_str());
}

void Workers::run() noexcept {
    std::unique_lock lock(mutex_);
    while (true) {
        ++idle_;
        work_.wait(lock, [this] { return ending_ || !queue_.empty(); });
        --idle_;
        if (queue_.empty()) return;  // ending, and all is done
        auto job = std::move(queue_.front());
        queue_.pop_front();
        ++running_;
        lock.unlock();
        job();
        job = nullptr;  // what it holds is freed before the job counts as done
        lock.lock();
        --running_;
    }
}

}  // namespace xinwang
