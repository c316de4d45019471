#include "node/edge/zap.h"

#include <pthread.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>
#include <zmq.hpp>

namespace xinwang {
namespace {

constexpr std::size_t zap_frames = 7;
constexpr char domain_mark = '/';

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

// 0, which is nobody's, when there is none.
ZapNumber number_of(std::string_view domain) {
    ZapNumber number = 0;
    const std::size_t mark = domain.find(domain_mark);
    if (mark != std::string_view::npos)
        std::from_chars(domain.data() + mark + 1, domain.data() + domain.size(), number);
    return number;
}

}  // namespace

std::string zap_domain(std::string_view listener, ZapNumber number) {
    return std::string(listener) + domain_mark + std::to_string(number);
}

ZapVerdict judge_zap(std::span<const View> frames, const AdmittedKeys* keys) {
    ZapVerdict verdict;
    if (keys == nullptr || frames.size() != zap_frames) return verdict;
    if (text(frames[0]) != "1.0" || text(frames[5]) != "CURVE") return verdict;
    const auto key = TransportPublicKey::from(frames[6]);
    if (!key || key->is_zero()) return verdict;
    verdict.key = *key;
    const bool revoked = keys->revoked.contains(*key);
    const auto listener = text(frames[2]).substr(0, text(frames[2]).find(domain_mark));
    if (listener == zap_domain_data) {
        if (revoked)
            verdict.status = ZapStatus::never;
        else if (keys->admitted.contains(*key))
            verdict.status = ZapStatus::admitted;
    } else if (listener == zap_domain_enrol) {
        if (keys->may_enrol(*key) && !revoked) verdict.status = ZapStatus::admitted;
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

ZapNumber ZapThread::enter() {
    const std::lock_guard lock(mutex_);
    listeners_[next_];
    return next_++;
}

void ZapThread::leave(ZapNumber number) {
    const std::lock_guard lock(mutex_);
    listeners_.erase(number);
}

void ZapThread::admit(ZapNumber number, std::shared_ptr<const AdmittedKeys> keys) {
    const std::lock_guard lock(mutex_);
    listeners_[number].keys.swap(keys);  // what was in force is freed here, outside the handler's thread
}

ZapThread::Counts ZapThread::counts(ZapNumber number) const {
    const std::lock_guard lock(mutex_);
    const auto it = listeners_.find(number);
    return it == listeners_.end() ? Counts{} : it->second.counts;
}

ZapVerdict ZapThread::judge(std::span<const View> frames) {
    const ZapNumber number = frames.size() > 2 ? number_of(text(frames[2])) : 0;
    std::shared_ptr<const AdmittedKeys> keys;
    const auto find = [&]() -> Listener* {
        const auto it = listeners_.find(number);
        return it == listeners_.end() ? nullptr : &it->second;
    };
    {
        const std::lock_guard lock(mutex_);
        if (const Listener* listener = find()) keys = listener->keys;
    }
    const ZapVerdict verdict = judge_zap(frames, keys.get());
    const std::lock_guard lock(mutex_);
    if (Listener* listener = find())
        ++(verdict.status == ZapStatus::admitted ? listener->counts.admitted : listener->counts.rejected);
    return verdict;
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

    const ZapVerdict verdict = judge(frames);
    const bool admitted = verdict.status == ZapStatus::admitted;
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
