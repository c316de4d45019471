// Worker threads for heavy work: verify, open, seal, parse (node/DESIGN.md section 3.1).
//
// A job is a closure that carries all it needs and delivers its own result, by convention into a queue of the
// loop's followed by Transport::wake(). Jobs start in the order of submission and end in any order. Threads:
// submit() and size() may be called from any. Threads start when there is work for them and no idle one. The
// destructor runs what was submitted and then joins. A job that throws ends the process: its exception is the
// machine's failure, and the process restarts from its store.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace xinwang {

enum class [[nodiscard]] Submitted : std::uint8_t{yes, full};

class Workers {
  public:
    // At most `queue_max` jobs wait unstarted. top and gdb show `name`, cut to 12 bytes and numbered.
    explicit Workers(std::size_t threads_max, std::size_t queue_max = 4096, std::string name = "xw-job");
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    // Takes a job and never blocks. `full`: the job was not taken; try again when a result has come back.
    Submitted submit(std::function<void()> job);
    // The number of jobs that wait or run.
    std::size_t size() const;
    std::size_t threads() const;

  private:
    void run() noexcept;
    void start_thread();  // requires mutex_

    const std::size_t threads_max_;
    const std::size_t queue_max_;
    const std::string name_;
    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::deque<std::function<void()>> queue_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    std::size_t running_ = 0;
    bool ending_ = false;
};

}  // namespace xinwang
