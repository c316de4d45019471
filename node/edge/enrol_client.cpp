#include <algorithm>
#include <chrono>

#include "node/edge/curve_sockets.h"
#include "node/edge/link_monitor.h"
#include "node/edge/transport.h"
#include "protocol/base/check.h"

namespace xinwang {
namespace {

// How often the link's events are looked at while waiting: an address that can never answer is told soon.
constexpr Duration glance_every{50};
// A person waits for this: try again quickly.
constexpr Duration enrol_reconnect_first{250};
constexpr Duration enrol_reconnect_max{5'000};

TransportOptions enrol_options() {
    TransportOptions options;
    options.reconnect_first = enrol_reconnect_first;
    options.reconnect_max = enrol_reconnect_max;
    return options;
}

}  // namespace

struct EnrolClient::Parts {
    TransportHub hub{1};
    zmq::socket_t socket;
    LinkEvents events{[] {}};
    std::unique_ptr<LinkMonitor> monitor;
    std::string address;
    ParentDiagnosis diagnosis;

    Parts(const std::string& to, const TransportPublicKey& server, const TransportKeys& keys)
        : socket(make_client(hub.context(), keys, server, thin_link, enrol_options(), enrol_reconnect_first)),
          monitor(std::make_unique<LinkMonitor>(hub.monitors(), hub.context(), socket, events)),
          address(to),
          diagnosis(to) {}

    Result<void> wait_for(short what, Duration at_most);
};

// Until the socket can `what`, the time is over, or the address is known never to answer.
Result<void> EnrolClient::Parts::wait_for(short what, Duration at_most) {
    const auto end = std::chrono::steady_clock::now() + at_most;
    while (true) {
        const auto left = std::chrono::duration_cast<Duration>(end - std::chrono::steady_clock::now());
        zmq::pollitem_t item{socket.handle(), 0, what, 0};
        zmq::poll(&item, 1, std::clamp(left, Duration(0), glance_every));
        if ((item.revents & what) != 0) return {};
        for (const LinkEvent& event : events.take()) diagnosis.feed(event);
        if (!diagnosis.given_up() && left > Duration(0)) continue;
        if (diagnosis.refusal()) return tl::unexpected(*diagnosis.refusal());
        if (diagnosis.connected())
            return refuse(Code::enrol_no_answer, "parent", address, std::to_string(at_most.count()));
        return refuse(Code::parent_silent, "parent", address);
    }
}

EnrolClient::EnrolClient(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
EnrolClient::~EnrolClient() = default;
EnrolClient::EnrolClient(EnrolClient&&) noexcept = default;
EnrolClient& EnrolClient::operator=(EnrolClient&&) noexcept = default;

Result<EnrolClient> EnrolClient::connect(const std::string& address, const TransportPublicKey& server,
                                         const TransportKeys& keys) {
    auto parts = std::make_unique<Parts>(address, server, keys);
    XW_TRY_VOID(connect_to(parts->socket, address, "parent"));
    return EnrolClient(std::move(parts));
}

Result<void> EnrolClient::send(View body, Duration at_most) {
    XW_CHECK(!body.empty());
    XW_TRY_VOID(parts_->wait_for(ZMQ_POLLOUT, at_most));
    // The connection may have gone since: then nothing comes back, and receive() says so.
    (void)parts_->socket.send(zmq::buffer(body.data(), body.size()), zmq::send_flags::dontwait);
    return {};
}

Result<Bytes> EnrolClient::receive(Duration at_most) {
    XW_TRY_VOID(parts_->wait_for(ZMQ_POLLIN, at_most));
    zmq::message_t frame;
    Bytes body;
    std::size_t frames = 0;
    do {
        if (!parts_->socket.recv(frame, zmq::recv_flags::dontwait)) break;
        body.assign(frame.data<std::uint8_t>(), frame.data<std::uint8_t>() + frame.size());
        ++frames;
    } while (frame.more());
    if (frames != 1 || body.empty()) return refuse(Code::not_a_node, "parent", parts_->address, "one frame");
    return body;
}

}  // namespace xinwang
