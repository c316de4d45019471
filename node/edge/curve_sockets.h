// ZeroMQ sockets with every option that node/DESIGN.md, Z10 wants, set and, where it matters, read back.
//
// Used inside node/edge only, and by the tests that attack these sockets: the rest of the program does not
// know ZeroMQ. Errors: an address that does not work is a refusal; an option that libzmq does not take is a
// zmq::error_t or a TransportFailure, because the process must not start with a door that does not lock.
#pragma once

#include <stdexcept>
#include <zmq.hpp>

#include "node/edge/transport.h"

namespace xinwang {

struct TransportFailure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A ROUTER that serves CURVE under a ZAP domain, not bound yet. `limits`: frames and buffers of each peer.
zmq::socket_t make_listener(zmq::context_t& context, const TransportKeys& keys, std::string_view zap_domain,
                            const LinkLimits& limits, const TransportOptions& options);

// A DEALER that is a CURVE client of `server`, not connected yet. `reconnect_first`: already drawn.
zmq::socket_t make_client(zmq::context_t& context, const TransportKeys& keys, const TransportPublicKey& server,
                          const LinkLimits& limits, const TransportOptions& options, Duration reconnect_first);

// Both refuse bad_address, address_taken, address_not_here. `field` names the setting.
Result<void> bind_to(zmq::socket_t& socket, const std::string& address, std::string_view field);
Result<void> connect_to(zmq::socket_t& socket, const std::string& address, std::string_view field);

// Connects to the bound `listener` with a key that nobody knows and watches the listener turn that client
// away. Throws TransportFailure when the client is let in, or when no verdict comes within some seconds.
// Requires that the ZAP handler has no snapshot yet: then every other client that connects meanwhile must be
// turned away too.
void check_that_strangers_are_rejected(zmq::context_t& context, zmq::socket_t& listener,
                                       const TransportKeys& keys, const TransportOptions& options);

}  // namespace xinwang
