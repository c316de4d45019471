#include "node/edge/parent_diagnosis.h"

#include <cerrno>

namespace xinwang {
namespace {

constexpr std::int64_t zap_status_revoked = 400;

}  // namespace

const char* link_event_name(LinkEvent::Kind kind) {
    switch (kind) {
        case LinkEvent::Kind::connect_delayed:
            return "connect_delayed";
        case LinkEvent::Kind::connect_retried:
            return "connect_retried";
        case LinkEvent::Kind::connected:
            return "connected";
        case LinkEvent::Kind::handshake_succeeded:
            return "handshake_succeeded";
        case LinkEvent::Kind::handshake_failed_protocol:
            return "handshake_failed_protocol";
        case LinkEvent::Kind::handshake_failed_auth:
            return "handshake_failed_auth";
        case LinkEvent::Kind::handshake_failed_silent:
            return "handshake_failed_silent";
        case LinkEvent::Kind::disconnected:
            return "disconnected";
        case LinkEvent::Kind::closed:
            return "closed";
        case LinkEvent::Kind::recreated:
            return "recreated";
    }
    return "unknown";
}

void ParentDiagnosis::judge(Code code, std::string_view limit) {
    refusal_ = Refusal(code, "parent", address_, limit);
    attempt_ = Attempt::judged;
}

// The peer hung up without a word, or we did. A key that does not fit ends the handshake within a round trip; a
// parent that did not get our key admitted waits out its whole handshake time; ours is half as long again.
void ParentDiagnosis::judge_silence(const LinkEvent& event) {
    if (event.value == EAGAIN) return judge(Code::parent_silent);
    const bool at_once = event.at - tcp_since_ < handshake_ / 2;
    judge(at_once ? Code::wrong_parent_key : Code::not_admitted_by_parent);
}

void ParentDiagnosis::feed(const LinkEvent& event) {
    switch (event.kind) {
        case LinkEvent::Kind::connect_delayed:
            attempt_ = Attempt::tcp_started;
            break;
        case LinkEvent::Kind::connected:
            attempt_ = Attempt::tcp_stands;
            tcp_since_ = event.at;
            break;
        case LinkEvent::Kind::handshake_succeeded:
            attempt_ = Attempt::judged;
            connected_ = true;
            refusal_.reset();
            break;
        case LinkEvent::Kind::handshake_failed_auth:
            judge(event.value == zap_status_revoked ? Code::revoked_by_parent : Code::not_admitted_by_parent);
            given_up_ = true;
            break;
        case LinkEvent::Kind::handshake_failed_protocol:
            judge(Code::not_a_node, "ZMTP without CURVE");
            given_up_ = true;
            break;
        case LinkEvent::Kind::handshake_failed_silent:
            judge_silence(event);
            break;
        case LinkEvent::Kind::disconnected:
            if (attempt_ == Attempt::tcp_stands) {
                judge(Code::not_a_node, "not ZMTP");
                given_up_ = true;
            }
            connected_ = false;
            break;
        case LinkEvent::Kind::closed:
            if (attempt_ != Attempt::judged) judge(Code::parent_unreachable);
            break;
        case LinkEvent::Kind::connect_retried:
            if (attempt_ == Attempt::none) judge(Code::parent_unresolved);
            attempt_ = Attempt::none;
            break;
        case LinkEvent::Kind::recreated:
            attempt_ = Attempt::none;
            connected_ = false;
            given_up_ = false;
            break;
    }
}

}  // namespace xinwang
