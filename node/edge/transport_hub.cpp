#include "node/edge/transport_hub.h"

namespace xinwang {
namespace {

constexpr int sockets_of_the_hub = 16;  // the ZAP handler, and room for what closes late
constexpr int sockets_most = 65'535;    // ZMQ_SOCKET_LIMIT of 4.3.4

}  // namespace

TransportHub::TransportHub(int io_threads, int nodes_max) : context_(io_threads) {
    const int wanted = nodes_max * sockets_per_node + sockets_of_the_hub;
    context_.set(zmq::ctxopt::max_sockets, std::min(sockets_most, std::max(wanted, ZMQ_MAX_SOCKETS_DFLT)));
}

TransportHub::~TransportHub() {
    doors_.reset();
    context_.shutdown();  // ends the ZAP thread
}

ZapThread& TransportHub::zap() {
    const std::lock_guard lock(mutex_);
    if (!zap_) zap_ = std::make_unique<ZapThread>(context_);
    return *zap_;
}

Doorkeeper& TransportHub::doors() {
    const std::lock_guard lock(mutex_);
    if (!doors_) doors_ = std::make_unique<Doorkeeper>();
    return *doors_;
}

}  // namespace xinwang
