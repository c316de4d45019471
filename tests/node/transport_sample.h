// Nodes, families and strangers on real loopback sockets, for the transport's tests.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <functional>
#include <thread>

#include "node/edge/curve_sockets.h"
#include "node/edge/link_monitor.h"
#include "node/edge/transport.h"

namespace xinwang::transport_test {

inline constexpr Duration patience{15'000};
inline const TransportPublicKey nobody{};

inline TransportOptions quick() {
    TransportOptions o;
    o.handshake = Duration(400);
    o.reconnect_first = Duration(50);
    o.reconnect_max = Duration(400);
    o.connect_timeout = Duration(2'000);
    return o;
}
inline TransportOptions quick_parent() {
    TransportOptions o = quick();
    o.data_listen = "tcp://127.0.0.1:*";
    o.enrol_listen = "tcp://127.0.0.1:*";
    return o;
}

inline std::shared_ptr<const AdmittedKeys> admitting(std::initializer_list<TransportPublicKey> keys) {
    auto admitted = std::make_shared<AdmittedKeys>();
    admitted->admitted = keys;
    return admitted;
}

// A transport with what it received and what its parent's link did.
struct Node {
    TransportKeys keys = generate_transport_keys();
    Transport transport;
    std::vector<Inbound> received{};
    std::vector<LinkEvent> events{};
    std::unique_ptr<ParentDiagnosis> diagnosis = std::make_unique<ParentDiagnosis>("", quick().handshake);

    explicit Node(TransportOptions options = quick()) : transport(keys, std::move(options)) {}

    void connect(const std::string& address, const TransportPublicKey& parent) {
        diagnosis = std::make_unique<ParentDiagnosis>(address, quick().handshake);
        REQUIRE(transport.connect_parent(address, parent));
    }
    void turn(bool read = true) {
        transport.wait(Duration(5));
        for (const auto& event : transport.take_events()) {
            events.push_back(event);
            diagnosis->feed(event);
        }
        if (read) transport.receive(received, 100);
    }
    // The link's story, for a failed test's report.
    std::string story() const {
        std::string told;
        for (const auto& e : events)
            told += std::to_string(e.at.ms % 100'000) + " " + link_event_name(e.kind) + " " +
                    std::to_string(e.value) + "\n";
        return told;
    }
    std::optional<Code> refusal() const {
        if (!diagnosis->refusal()) return std::nullopt;
        return diagnosis->refusal()->code;
    }
    std::size_t seen(LinkEvent::Kind kind) const {
        return static_cast<std::size_t>(
            std::count_if(events.begin(), events.end(), [&](const LinkEvent& e) { return e.kind == kind; }));
    }
};

template <class Condition>
bool until(std::initializer_list<Node*> nodes, Condition condition) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        for (Node* node : nodes) node->turn();
    }
    return true;
}

// A parent that admits one child, and the child, connected, its first words received.
struct Family {
    Node parent{quick_parent()};
    Node child;
    std::uint64_t connection = 0;

    Family() {
        REQUIRE(parent.transport.listen());
        parent.transport.admit(admitting({child.keys.public_key}));
        child.connect(parent.transport.data_address(), parent.keys.public_key);
        speak("hello");
        connection = parent.received.back().connection;
    }
    void speak(std::string_view words) {
        const std::size_t before = parent.received.size();
        REQUIRE(until({&child}, [&] { return child.transport.send_parent(view(words)) == Sent::yes; }));
        REQUIRE(until({&parent, &child}, [&] { return parent.received.size() > before; }));
    }
};

// A TCP listener that is no node: it says `words` to whoever connects (after having read something, when
// `listens_first`), and then hangs up or stays silent.
class Stranger {
  public:
    enum class Then { stays, hangs_up };
    Stranger(std::string words, Then then) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof any;
        REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&any), size) == 0);
        REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&any), &size) == 0);
        port_ = ntohs(any.sin_port);
        REQUIRE(::listen(fd_, 16) == 0);
        thread_ = std::thread([this, words, then] { serve(words, then); });
    }
    ~Stranger() {
        ::shutdown(fd_, SHUT_RDWR);
        thread_.join();
        ::close(fd_);
        for (const int peer : peers_) ::close(peer);
    }
    std::string address() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

  private:
    void serve(const std::string& words, Then then) {
        while (true) {
            const int peer = ::accept(fd_, nullptr, nullptr);
            if (peer < 0) return;
            char greeting[10];
            if (!words.empty()) (void)!::recv(peer, greeting, sizeof greeting, MSG_WAITALL);
            (void)!::send(peer, words.data(), words.size(), MSG_NOSIGNAL);
            if (then == Then::hangs_up)
                ::close(peer);
            else
                peers_.push_back(peer);
        }
    }
    int fd_;
    std::uint16_t port_ = 0;
    std::vector<int> peers_;
    std::thread thread_;
};

inline std::size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t all = 0;
    std::size_t resident = 0;
    statm >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

inline int connect_tcp(const std::string& address) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    return fd;
}

// A socket of the library's own make in a context without a Transport, for attacks and doors without keepers.
struct Bare {
    zmq::context_t context{1};
    TransportKeys keys = generate_transport_keys();
};

}  // namespace xinwang::transport_test
