// Doorkeeper for all listeners of a process, from below libzmq: reads which TCP connections each listener has
// accepted (from its monitor) and how many bytes each connection has received (from the kernel), and shuts
// those that door_book.h tells it to cut. libzmq then sees an ended connection and frees its memory.
//
// Threads: one of its own, which sleeps until a connection or a monitor has news, and then rests for some
// milliseconds; a Door is used by its transport's thread. *Limit*: a descriptor that was closed and given to
// a newer connection of the same listener within those milliseconds may be shut in the place of the older
// one; its peer connects again.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <zmq.hpp>

#include "node/edge/belled_poll.h"
#include "node/edge/door_book.h"

namespace xinwang {

class Doorkeeper {
  public:
    using Number = std::uint32_t;

    Doorkeeper();
    // Requires that every door is closed.
    ~Doorkeeper();
    Doorkeeper(const Doorkeeper&) = delete;
    Doorkeeper& operator=(const Doorkeeper&) = delete;

    // The door of one listener, from after its bind until before it is closed.
    class Door {
      public:
        // `news` is called on the keeper's thread when take_cuts() has something.
        Door(Doorkeeper& keeper, zmq::context_t& context, zmq::socket_t& listener, const DoorLimits& limits,
             std::function<void()> news);
        ~Door();
        Door(const Door&) = delete;
        Door& operator=(const Door&) = delete;

        // Notes that a whole message came by this descriptor.
        void heard(int descriptor);
        void shut(int descriptor);
        std::vector<DoorBook::Cut> take_cuts();

      private:
        Doorkeeper& keeper_;
        zmq::socket_t& listener_;
        Number number_ = 0;
    };

  private:
    struct Post {
        zmq::socket_t monitor;
        std::uint16_t port = 0;
        std::function<void()> news;
        DoorBook book;
        std::vector<DoorBook::Cut> cuts;
    };

    void run() noexcept;
    void take_new();
    bool drain(Number number);
    void note_accepted(Number number, Post& post, int descriptor);
    void look(Number number, int descriptor);
    void judge();
    std::size_t unproven_max();

    BelledPoll poll_;
    std::chrono::steady_clock::time_point counted_{};  // when others_ was counted; the thread's own
    std::size_t others_ = 0;                           // open descriptors that are no accepted connection

    std::mutex mutex_;  // guards what follows
    std::condition_variable ended_;
    std::map<Number, Post> posts_;
    std::set<Number> new_, touched_;
    Number next_ = 1;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace xinwang
