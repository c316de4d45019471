#include "node/edge/host_thread.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

namespace xinwang {

HostThread::HostThread() {
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "xw-host");
}

HostThread::~HostThread() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    poll_.ring();
    thread_.join();
}

void HostThread::add(std::unique_ptr<NodeRun> node) {
    const std::lock_guard lock(mutex_);
    new_.push_back(std::move(node));
    ++size_;
    poll_.ring();
}

std::size_t HostThread::size() const {
    const std::lock_guard lock(mutex_);
    return size_;
}

std::vector<std::unique_ptr<NodeRun>> HostThread::take_fallen() {
    const std::lock_guard lock(mutex_);
    return std::exchange(fallen_, {});
}

void HostThread::run() {
    for (bool ending = false; !ending;) {
        for (const SeatNumber number : poll_.wait(wait_ms())) {
            if (number == BelledPoll::bell)
                take_new();
            else
                turn(number);
        }
        const auto now = Clock::now();
        while (!queue_.empty() && queue_.top().first <= now) {
            const auto [due, number] = queue_.top();
            queue_.pop();
            // Rung meanwhile: a later time stands in the queue too.
            if (const auto it = seats_.find(number); it != seats_.end() && it->second.due == due) turn(number);
        }
        const std::lock_guard lock(mutex_);
        ending = ending_;
    }
    end_all();
}

// The API's thread may be waiting for a turn of any of them, and each waits for the API's thread when it goes:
// so all are told first.
void HostThread::end_all() {
    take_new();
    for (auto& [number, seat] : seats_) {
        seat.node->stop();
        seat.node->loop().refuse_waiting();
        seat.node->loop().say_goodbye();
    }
    seats_.clear();
}

void HostThread::take_new() {
    std::vector<std::unique_ptr<NodeRun>> fresh;
    {
        const std::lock_guard lock(mutex_);
        fresh.swap(new_);
    }
    for (auto& node : fresh) {
        const SeatNumber number = next_++;
        seats_[number].node = std::move(node);
        turn(number);
    }
}

int HostThread::wait_ms() const {
    if (queue_.empty()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(queue_.top().first - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

void HostThread::turn(SeatNumber number) {
    const auto it = seats_.find(number);
    if (it == seats_.end()) return;
    Seat& seat = it->second;
    try {
        const Duration quiet = seat.node->loop().step();
        poll_descriptors(number, seat);
        seat.due = Clock::now() + quiet;
        queue_.emplace(seat.due, number);
    } catch (const std::exception& failure) {
        fell(number, failure);
    }
}

// As a process of its own would end here; the others go on.
void HostThread::fell(SeatNumber number, const std::exception& failure) {
    auto node = std::move(seats_.at(number).node);
    seats_.erase(number);
    spdlog::error("host: the node of {} fell: {}", node->dir().string(), failure.what());
    node->stop();
    node->loop().refuse_waiting();
    const std::lock_guard lock(mutex_);
    --size_;
    fallen_.push_back(std::move(node));
}

// Of a socket made anew some descriptors are as before.
void HostThread::poll_descriptors(SeatNumber number, Seat& seat) const {
    const Transport& transport = seat.node->loop().transport();
    if (transport.generation() == seat.generation) return;
    seat.generation = transport.generation();
    for (const int fd : transport.descriptors()) poll_.watch(fd, number);
}

}  // namespace xinwang
