// Admission: the one ZAP handler (RFC 27) of a ZeroMQ context, on a thread of its own.
//
// libzmq asks it about every CURVE client before the handshake ends. It answers from an immutable snapshot in
// memory: no disk, no log, well under 50 µs. Each transport of the context has a number, and domains of its
// own: "data/7" knows the admitted keys of number 7; "enrol/7" lets any key in while newcomers are expected
// there, and else those whose invitation is used. An unknown key, or no snapshot yet, gets 300: 400 makes
// libzmq's client stop for ever (node/DESIGN.md, Z2) and is kept for proven revocation. The User-Id of an
// admitted connection is its key in hexadecimal; receive() reads it back from every body frame. The thread
// ends with its context; should it end otherwise, the process stops with it (section 3).
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "protocol/base/ids.h"
#include "protocol/base/time.h"

namespace zmq {
class context_t;
class socket_t;
}  // namespace zmq

namespace xinwang {

// The keys that may connect. Replaced as a whole; never changed after handing over.
struct AdmittedKeys {
    std::unordered_set<TransportPublicKey, BlockHash> admitted;
    // Proven revocations only: these peers are told so, and stop trying until their socket is recreated.
    std::unordered_set<TransportPublicKey, BlockHash> revoked;
    // True when the enrolment listener lets any key in. False while no invitation is open, so that strangers
    // are kept out there too.
    bool newcomers = true;
    // Keys that the enrolment listener lets in all the same: nodes whose invitation is used and still valid,
    // and whose answer may have been lost.
    std::unordered_set<TransportPublicKey, BlockHash> returning = {};
    bool may_enrol(const TransportPublicKey& key) const { return newcomers || returning.contains(key); }
};

inline constexpr std::string_view zap_domain_data = "data";
inline constexpr std::string_view zap_domain_enrol = "enrol";
using ZapNumber = std::uint64_t;
std::string zap_domain(std::string_view listener, ZapNumber number);

// The status of a ZAP reply; its numbers are RFC 27's.
enum class ZapStatus : std::uint16_t { admitted = 200, not_now = 300, never = 400 };

struct ZapVerdict {
    ZapStatus status = ZapStatus::not_now;
    TransportPublicKey key;  // the client's; zero when the request named none
};

// Judges one request; pure. `frames` as RFC 27 lists them: version, request id, domain, address, identity,
// mechanism, credentials. `keys` are those of the domain's number. A malformed request is `not_now`.
ZapVerdict judge_zap(std::span<const View> frames, const AdmittedKeys* keys);

class ZapThread {
  public:
    // Binds before it returns, so that no listener of `context` is ever without a handler.
    explicit ZapThread(zmq::context_t& context);
    // Requires that the context was shut down.
    ~ZapThread();
    ZapThread(const ZapThread&) = delete;
    ZapThread& operator=(const ZapThread&) = delete;

    // All four may be called from any thread. Numbers are never given twice.
    ZapNumber enter();
    void leave(ZapNumber number);
    void admit(ZapNumber number, std::shared_ptr<const AdmittedKeys> keys);
    struct Counts {
        std::uint64_t admitted = 0;
        std::uint64_t rejected = 0;
    };
    Counts counts(ZapNumber number) const;

  private:
    void run(zmq::socket_t& socket) noexcept;
    void answer_one(zmq::socket_t& socket);
    void release_held(zmq::socket_t& socket);

    using Reply = std::vector<std::string>;
    struct Held {
        std::chrono::steady_clock::time_point due;
        Reply reply;
    };
    struct Listener {
        std::shared_ptr<const AdmittedKeys> keys;
        Counts counts;
    };
    ZapVerdict judge(std::span<const View> frames);

    std::deque<Held> held_;     // the thread's own; refusals to be sent late (zap.cpp)
    mutable std::mutex mutex_;  // guards what follows; held for the copy of a pointer or a number only
    std::unordered_map<ZapNumber, Listener> listeners_;
    ZapNumber next_ = 1;
    std::thread thread_;
};

}  // namespace xinwang
