#include "node/edge/zap.h"

#include <pthread.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>
#include <zmq.hpp>

namespace xinwang {
namespace {

constexpr std::size_t zap_frames = 7;

void send_text(zmq::socket_t& socket, std::string_view text, zmq::send_flags flags) {
    // Replying within the process: the REP socket always has room for the reply to what it just received.
    if (!socket.send(zmq::const_buffer(text.data(), text.size()), flags)) std::abort();
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
    auto socket = std::make_unique<zmq::socket_t>(context, zmq::socket_type::rep);
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
        while (true) answer_one(socket);
    } catch (const zmq::error_t& error) {
        if (error.num() == ETERM) return;
        // Without a handler nobody could connect any more: better a restart than a node that looks alive.
        std::fprintf(stderr, "the ZAP thread failed: %s\n", error.what());
        std::abort();
    }
}

void ZapThread::answer_one(zmq::socket_t& socket) {
    std::vector<zmq::message_t> request;
    do {
        zmq::message_t frame;
        if (!socket.recv(frame)) std::abort();  // blocking: it returns a frame or throws
        request.push_back(std::move(frame));
    } while (request.back().more());
    std::vector<View> frames;
    for (const auto& frame : request) frames.emplace_back(frame.data<std::uint8_t>(), frame.size());

    std::shared_ptr<const AdmittedKeys> keys;
    {
        const std::lock_guard lock(mutex_);
        keys = keys_;
    }
    const ZapVerdict verdict = judge_zap(frames, keys.get());
    const bool admitted = verdict.status == ZapStatus::admitted;
    (admitted ? admitted_ : rejected_).fetch_add(1, std::memory_order_relaxed);

    const auto more = zmq::send_flags::sndmore;
    send_text(socket, "1.0", more);
    send_text(socket, frames.size() > 1 ? text(frames[1]) : std::string_view(), more);
    send_text(socket, std::to_string(static_cast<unsigned>(verdict.status)), more);
    send_text(socket, "", more);
    send_text(socket, admitted ? verdict.key.hex() : std::string(), more);
    send_text(socket, "", zmq::send_flags::none);
}

}  // namespace xinwang
