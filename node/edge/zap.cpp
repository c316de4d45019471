#include "node/edge/zap.h"

#include <pthread.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>
#include <zmq.hpp>

namespace xinwang {
namespace {

constexpr std::size_t zap_frames = 7;

constexpr std::size_t envelope_frames = 2;  // routing id and delimiter, in front of what RFC 27 lists

// A status 300 that is there when libzmq looks for it right after asking hangs up at once, like a wrong key;
// one that comes later makes the connection wait out its handshake time (4.3.4, curve_server.cpp). Held this
// long it is always late: the child can tell the two apart, and an unknown key is slowed down instead of
// retrying at once.
constexpr Duration not_now_held{20};
constexpr std::size_t held_max = 4096;  // beyond it, in a flood, the distinction is given up

void send_reply(zmq::socket_t& socket, const std::vector<std::string>& frames) {
    // A ROUTER without MANDATORY: a connection that ended meanwhile is dropped silently.
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const auto flags = i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none;
        if (!socket.send(zmq::buffer(frames[i]), flags)) std::abort();  // blocking: it sends or throws
    }
}

}  // namespace

ZapVerdict judge_zap(std::span<const View> frames, const AdmittedKeys* keys) {
    ZapVerdict verdict;
    if (keys == nullptr || frames.size() != zap_frames) return verdict;
    if (text(frames[0]) != "1.0" || text(frames[5]) != "CURVE") return verdict;
    const auto key = TransportPublicKey::from(frames[6]);
    if (!key || key->is_zero()) return verdict;
    verdict.key = *key;
    const bool revoked = keys->revoked.contains(*key);
    if (text(frames[2]) == zap_domain_data) {
        if (revoked)
            verdict.status = ZapStatus::never;
        else if (keys->admitted.contains(*key))
            verdict.status = ZapStatus::admitted;
    } else if (text(frames[2]) == zap_domain_enrol) {
        if (keys->newcomers && !revoked) verdict.status = ZapStatus::admitted;
    }
    return verdict;
}

ZapThread::ZapThread(zmq::context_t& context) {
    // Bound here, by the maker, and handed over with the thread's start, which is the fence that libzmq asks
    // for.
    auto socket = std::make_unique<zmq::socket_t>(context, zmq::socket_type::router);
    socket->set(zmq::sockopt::linger, 0);
    socket->bind("inproc://zeromq.zap.01");
    thread_ = std::thread([this, own = std::move(socket)] { run(*own); });
    pthread_setname_np(thread_.native_handle(), "xw-zap");
}

ZapThread::~ZapThread() {
    thread_.join();
}

void ZapThread::admit(std::shared_ptr<const AdmittedKeys> keys) {
    const std::lock_guard lock(mutex_);
    keys_.swap(keys);  // what was in force is freed here, outside the handler's thread
}

void ZapThread::run(zmq::socket_t& socket) noexcept {
    try {
        while (true) {
            Duration idle{-1};
            if (!held_.empty()) {
                const auto left = held_.front().due - std::chrono::steady_clock::now();
                idle = std::max(Duration(0), std::chrono::ceil<Duration>(left));
            }
            zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
            zmq::poll(&item, 1, idle);
            if ((item.revents & ZMQ_POLLIN) != 0) answer_one(socket);
            release_held(socket);
        }
    } catch (const zmq::error_t& error) {
        if (error.num() == ETERM) return;
        // Without a handler nobody could connect any more: better a restart than a node that looks alive.
        std::fprintf(stderr, "the ZAP thread failed: %s\n", error.what());
        std::abort();
    }
}

void ZapThread::answer_one(zmq::socket_t& socket) {
    std::vector<std::string> request;
    bool more = true;
    while (more) {
        zmq::message_t frame;
        if (!socket.recv(frame)) std::abort();  // blocking: it returns a frame or throws
        more = frame.more();
        request.push_back(frame.to_string());
    }
    if (request.size() < envelope_frames) return;  // no way back to whoever asked
    std::vector<View> frames;
    for (std::size_t i = envelope_frames; i < request.size(); ++i) frames.push_back(view(request[i]));

    std::shared_ptr<const AdmittedKeys> keys;
    {
        const std::lock_guard lock(mutex_);
        keys = keys_;
    }
    const ZapVerdict verdict = judge_zap(frames, keys.get());
    const bool admitted = verdict.status == ZapStatus::admitted;
    (admitted ? admitted_ : rejected_).fetch_add(1, std::memory_order_relaxed);
    Reply reply{request[0],
                "",
                "1.0",
                frames.size() > 1 ? std::string(text(frames[1])) : std::string(),
                std::to_string(static_cast<unsigned>(verdict.status)),
                "",
                admitted ? verdict.key.hex() : std::string(),
                ""};
    if (verdict.status == ZapStatus::not_now && held_.size() < held_max) {
        held_.push_back({std::chrono::steady_clock::now() + not_now_held, std::move(reply)});
        return;
    }
    send_reply(socket, reply);
}

void ZapThread::release_held(zmq::socket_t& socket) {
    const auto now = std::chrono::steady_clock::now();
    while (!held_.empty() && held_.front().due <= now) {
        send_reply(socket, held_.front().reply);
        held_.pop_front();
    }
}

}  // namespace xinwang
