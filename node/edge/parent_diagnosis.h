// The meaning of the parent link's events: a pure state machine that is fed with them and names the reason
// why there is no session.
//
// Events come from libzmq's socket monitor, in their order. The sequence that each cause gives was found by
// experiment with libzmq 4.3.4 (README.md, "What a child sees") and is repeated by tests with real sockets:
//
//   connect_delayed, closed                             nobody accepts TCP there       parent_unreachable
//   connect_retried alone                               the name does not resolve      parent_unresolved
//   connected, failed_silent EPIPE at once              our parent key does not fit    wrong_parent_key
//   connected, failed_silent EPIPE after handshake time ZAP 300, or no answer from ZAP not_admitted_by_parent
//   connected, failed_silent EAGAIN                     nothing was ever said          parent_silent
//   connected, failed_auth 400 (no retry)               ZAP 400                        revoked_by_parent
//   connected, failed_protocol (no retry)               ZMTP without CURVE             not_a_node
//   connected, disconnected (no retry)                  something else than ZMTP       not_a_node
//
// Where two causes look alike from here the refusal's sentence says so instead of guessing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/base/refusal.h"
#include "protocol/base/time.h"

namespace xinwang {

struct LinkEvent {
    enum class Kind : std::uint8_t {
        connect_delayed,            // TCP is under way
        connect_retried,            // this attempt is over; the next begins in `value` milliseconds
        connected,                  // TCP stands
        handshake_succeeded,        // the parent proved its key and admitted ours
        handshake_failed_protocol,  // `value`: libzmq's ZMQ_PROTOCOL_ERROR_*
        handshake_failed_auth,      // `value`: the status that the parent's ZAP answered
        handshake_failed_silent,    // `value`: errno
        disconnected,
        closed,     // TCP did not come to stand
        recreated,  // this node itself destroyed the socket, and a new one may follow
    };
    Kind kind = Kind::closed;
    std::int64_t value = 0;
    Instant at;  // monotonic milliseconds of this process, comparable only with other events
    bool operator==(const LinkEvent&) const = default;
};
const char* link_event_name(LinkEvent::Kind kind);

class ParentDiagnosis {
  public:
    // `handshake`: TransportOptions::handshake, which parent and child are assumed to share.
    explicit ParentDiagnosis(std::string address, Duration handshake = Duration(8'000))
        : address_(std::move(address)), handshake_(handshake) {}

    void feed(const LinkEvent& event);
    // The reason why the last attempt failed. Empty while connected and before any attempt has ended.
    const std::optional<Refusal>& refusal() const { return refusal_; }
    bool connected() const { return connected_; }
    // True when libzmq will never try again by itself: only Transport::recreate_parent() does
    // (node/DESIGN.md, Z2).
    bool given_up() const { return given_up_; }

  private:
    enum class Attempt : std::uint8_t { none, tcp_started, tcp_stands, judged };
    void judge(Code code, std::string_view limit = {});
    void judge_silence(const LinkEvent& event);

    const std::string address_;
    const Duration handshake_;
    std::optional<Refusal> refusal_;
    Attempt attempt_ = Attempt::none;
    Instant tcp_since_;
    bool connected_ = false;
    bool given_up_ = false;
};

}  // namespace xinwang
