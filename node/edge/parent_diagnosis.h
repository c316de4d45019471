// What the events of the parent's link mean: a pure machine, fed with them, that names why there is no session.
//
// The events are those of libzmq's socket monitor in the order they came. Which sequence each cause gives was found
// by experiment with 4.3.4 (README.md, "What a child sees") and is repeated by tests with real sockets. Where two
// causes look alike from here the refusal says so instead of guessing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/base/refusal.h"
#include "protocol/base/time.h"

namespace xinwang {

struct LinkEvent {
    enum class Kind : std::uint8_t {
        connect_delayed,      // TCP is under way
        connect_retried,      // TCP failed or the last connection ended; the next try is in `value` milliseconds
        connected,            // TCP stands
        handshake_succeeded,  // the parent proved its key and admitted ours
        handshake_failed_protocol,  // `value`: ZMQ_PROTOCOL_ERROR_*
        handshake_failed_auth,      // `value`: the status that the parent's ZAP answered
        handshake_failed_silent,    // `value`: errno
        disconnected,
        closed,
    };
    Kind kind = Kind::closed;
    std::int64_t value = 0;
    Instant at;  // monotonic milliseconds of this machine, comparable only with other events
    bool operator==(const LinkEvent&) const = default;
};
const char* link_event_name(LinkEvent::Kind kind);

class ParentDiagnosis {
  public:
    explicit ParentDiagnosis(std::string address) : address_(std::move(address)) {}
    void feed(const LinkEvent& event);
    // Empty while connected and before anything was tried to the end.
    const std::optional<Refusal>& refusal() const { return refusal_; }
    bool connected() const { return connected_; }

  private:
    std::string address_;
    std::optional<Refusal> refusal_;
    std::optional<LinkEvent> tcp_;  // the `connected` of the attempt under way
    bool connected_ = false;
    int attempts_refused_ = 0;
};

}  // namespace xinwang
