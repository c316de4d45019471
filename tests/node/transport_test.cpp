// Shows with real sockets on loopback that bodies travel only between peers that proved their keys, that a door
// without its keeper lets nobody in, that strangers cannot make the node swell, and that each cause of a
// missing session is named.
#include "tests/node/transport_sample.h"

using namespace xinwang;
using namespace xinwang::transport_test;

namespace transport_test {

TEST_CASE("bodies travel both ways with the proven key of the peer") {
    Family f;
    REQUIRE(f.parent.received.size() == 1);
    REQUIRE(f.parent.received[0].from == Inbound::From::child);
    REQUIRE(f.parent.received[0].key == f.child.keys.public_key);
    REQUIRE(text(f.parent.received[0].body) == "hello");
    REQUIRE(f.connection != 0);

    const Bytes large(limits::frame_bytes_max, 7);
    REQUIRE(f.parent.transport.send_child(f.connection, large) == Sent::yes);
    REQUIRE(until({&f.child, &f.parent}, [&] { return !f.child.received.empty(); }));
    REQUIRE(f.child.received[0].from == Inbound::From::parent);
    REQUIRE(f.child.received[0].connection == 0);
    REQUIRE(f.child.received[0].key == f.parent.keys.public_key);
    REQUIRE(f.child.received[0].body == large);
    REQUIRE(f.child.diagnosis->connected());

    const auto stats = f.parent.transport.stats();
    REQUIRE(stats.child_connections == 1);
    REQUIRE(stats.messages_in == 1);
    REQUIRE(stats.bytes_in == 5);
    REQUIRE(stats.bytes_out == large.size());
    REQUIRE(stats.zap_rejected >= 1);  // the self-test's stranger
}

TEST_CASE("an unknown key is kept out, is told so in words, and gets in once it is admitted") {
    Node parent(quick_parent());
    Node child;
    REQUIRE(parent.transport.listen());
    const auto before = parent.transport.stats();
    SECTION("with no snapshot yet") {}
    SECTION("with a snapshot that names others") {
        parent.transport.admit(admitting({nobody}));
    }
    child.connect(parent.transport.data_address(), parent.keys.public_key);
    REQUIRE(until({&parent, &child}, [&] { return child.refusal().has_value(); }));
    INFO(child.story());
    REQUIRE(child.refusal() == Code::not_admitted_by_parent);
    REQUIRE_FALSE(child.diagnosis->given_up());
    REQUIRE(child.transport.send_parent(view("let me in")) == Sent::would_block);
    REQUIRE(parent.received.empty());
    REQUIRE(parent.transport.stats().zap_admitted == before.zap_admitted);

    parent.transport.admit(admitting({child.keys.public_key}));
    REQUIRE(until({&parent, &child}, [&] { return child.diagnosis->connected(); }));
    REQUIRE_FALSE(child.refusal());
}

TEST_CASE("each cause of a missing session has its own name") {
    Node child;
    SECTION("the parent's key is not the one we know") {
        Node parent(quick_parent());
        REQUIRE(parent.transport.listen());
        parent.transport.admit(admitting({child.keys.public_key}));
        child.connect(parent.transport.data_address(), generate_transport_keys().public_key);
        REQUIRE(until({&child}, [&] { return child.refusal().has_value(); }));
        INFO(child.story());
        REQUIRE(child.refusal() == Code::wrong_parent_key);
    }
    SECTION("the parent has revoked us: libzmq gives up, and a new socket tries again") {
        Node parent(quick_parent());
        REQUIRE(parent.transport.listen());
        auto keys = std::make_shared<AdmittedKeys>();
        keys->revoked.insert(child.keys.public_key);
        parent.transport.admit(keys);
        child.connect(parent.transport.data_address(), parent.keys.public_key);
        REQUIRE(until({&child}, [&] { return child.refusal().has_value(); }));
        INFO(child.story());
        REQUIRE(child.refusal() == Code::revoked_by_parent);
        REQUIRE(child.diagnosis->given_up());
        parent.transport.admit(admitting({child.keys.public_key}));
        child.transport.recreate_parent();
        REQUIRE(until({&child}, [&] { return child.diagnosis->connected(); }));
        REQUIRE_FALSE(child.diagnosis->given_up());
    }
    SECTION("nobody listens there") {
        std::string address;
        {
            Node parent(quick_parent());
            REQUIRE(parent.transport.listen());
            address = parent.transport.data_address();
        }
        child.connect(address, generate_transport_keys().public_key);
        REQUIRE(until({&child}, [&] { return child.refusal().has_value(); }));
        INFO(child.story());
        REQUIRE(child.refusal() == Code::parent_unreachable);
    }
    SECTION("something accepts and says nothing") {
        Stranger stranger("", Stranger::Then::stays);
        child.connect(stranger.address(), generate_transport_keys().public_key);
        REQUIRE(until({&child}, [&] { return child.refusal().has_value(); }));
        INFO(child.story());
        REQUIRE(child.refusal() == Code::parent_silent);
    }
    SECTION("something accepts and hangs up: looks like a wrong key, and the sentence says so") {
        Stranger stranger("", Stranger::Then::hangs_up);
        child.connect(stranger.address(), generate_transport_keys().public_key);
        REQUIRE(until({&child}, [&] { return child.refusal().has_value(); }));
        INFO(child.story());
        REQUIRE(child.refusal() == Code::wrong_parent_key);
        REQUIRE(child.diagnosis->refusal()->sentence(Language::english).find("look alike") !=
                std::string::npos);
    }
    SECTION("a web server answers") {
        const std::string words = "HTTP/1.1 400 Bad Request\r\nServer: x\r\nConnection: close\r\n\r\n";
        const auto then = GENERATE(Stranger::Then::stays, Stranger::Then::hangs_up);
        Stranger stranger(words, then);
        child.connect(stranger.address(), generate_transport_keys().public_key);
        REQUIRE(until({&child}, [&] { return child.refusal().has_value(); }));
        INFO(child.story());
        REQUIRE(child.refusal() == Code::not_a_node);
        REQUIRE(child.diagnosis->given_up());
    }
    SECTION("another ZeroMQ program answers") {
        Bare bare;
        zmq::socket_t plain(bare.context, zmq::socket_type::router);
        plain.bind("tcp://127.0.0.1:*");
        child.connect(plain.get(zmq::sockopt::last_endpoint), bare.keys.public_key);
        // It hangs up too, and when it is the quicker one the attempt looks like a wrong key; the last word is
        // ours.
        REQUIRE(until({&child}, [&] { return child.diagnosis->given_up(); }));
        INFO(child.story());
        REQUIRE(child.refusal() == Code::not_a_node);
        REQUIRE(child.diagnosis->given_up());
    }
    SECTION("the name does not resolve") {
        child.connect("tcp://no-such-host.invalid:7301", generate_transport_keys().public_key);
        REQUIRE(until({&child}, [&] { return child.refusal().has_value(); }));
        INFO(child.story());
        REQUIRE(child.refusal() == Code::parent_unresolved);
    }
}

TEST_CASE("a door whose keeper is absent or stalled lets nobody in") {
    Bare bare;
    std::optional<zmq::socket_t> stalled;
    SECTION("absent") {}
    SECTION("stalled") {
        stalled.emplace(bare.context, zmq::socket_type::rep);
        stalled->bind("inproc://zeromq.zap.01");
    }
    auto listener = make_listener(bare.context, bare.keys, zap_domain_data, thin_link, quick());
    REQUIRE(bind_to(listener, "tcp://127.0.0.1:*", "listen"));
    std::vector<std::unique_ptr<Node>> children;
    for (int i = 0; i < 5; ++i) {
        children.push_back(std::make_unique<Node>());
        children.back()->connect(listener.get(zmq::sockopt::last_endpoint), bare.keys.public_key);
    }
    for (auto& child : children) {
        REQUIRE(until({child.get()}, [&] {
            REQUIRE(child->transport.send_parent(view("x")) == Sent::would_block);
            return child->seen(LinkEvent::Kind::connect_retried) >= 2;
        }));
        REQUIRE(child->seen(LinkEvent::Kind::handshake_succeeded) == 0);
    }
    zmq::message_t frame;
    REQUIRE_FALSE(listener.recv(frame, zmq::recv_flags::dontwait));
}

TEST_CASE("a keeper that lets strangers in stops the start") {
    Bare bare;
    zmq::socket_t keeper(bare.context, zmq::socket_type::rep);
    keeper.bind("inproc://zeromq.zap.01");
    std::thread thread([&] {
        std::vector<std::string> request;
        zmq::message_t frame;
        do {
            if (!keeper.recv(frame)) return;
            request.push_back(frame.to_string());
        } while (frame.more());
        for (const auto& part :
             {std::string("1.0"), request[1], std::string("200"), std::string("OK"), std::string("x")})
            (void)keeper.send(zmq::buffer(part), zmq::send_flags::sndmore);
        (void)keeper.send(zmq::message_t(), zmq::send_flags::none);
    });
    auto listener = make_listener(bare.context, bare.keys, zap_domain_data, thin_link, quick());
    REQUIRE(bind_to(listener, "tcp://127.0.0.1:*", "listen"));
    REQUIRE_THROWS_AS(check_that_strangers_are_rejected(bare.context, listener, bare.keys, quick()),
                      TransportFailure);
    thread.join();
}

TEST_CASE("the keeper's verdict: unknown is asked to come again, only the revoked are sent away for ever") {
    const TransportPublicKey known{{1}};
    const TransportPublicKey revoked{{2}};
    const TransportPublicKey unknown{{3}};
    AdmittedKeys keys;
    keys.admitted = {known};
    keys.revoked = {revoked};
    const auto judge = [&](std::string_view domain, View key, const AdmittedKeys* k) {
        const View frames[] = {view("1.0"), view("1"), view(domain), view("127.0.0.1"), {}, view("CURVE"), key};
        return judge_zap(frames, k).status;
    };
    REQUIRE(judge("data", known.view(), &keys) == ZapStatus::admitted);
    REQUIRE(judge("data", unknown.view(), &keys) == ZapStatus::not_now);
    REQUIRE(judge("data", revoked.view(), &keys) == ZapStatus::never);
    REQUIRE(judge("data", known.view(), nullptr) == ZapStatus::not_now);
    REQUIRE(judge("data", known.view().first(31), &keys) == ZapStatus::not_now);
    REQUIRE(judge("elsewhere", known.view(), &keys) == ZapStatus::not_now);
    REQUIRE(judge("enrol", unknown.view(), &keys) == ZapStatus::admitted);
    REQUIRE(judge("enrol", revoked.view(), &keys) == ZapStatus::not_now);
    REQUIRE(judge("enrol", nobody.view(), &keys) == ZapStatus::not_now);
    keys.newcomers = false;
    REQUIRE(judge("enrol", unknown.view(), &keys) == ZapStatus::not_now);
    REQUIRE(judge_zap({}, &keys).status == ZapStatus::not_now);
}

TEST_CASE("128 MiB before any handshake are refused without being held") {
    Family f;
    const std::string address =
        GENERATE(0, 1) == 0 ? f.parent.transport.data_address() : f.parent.transport.enrol_address();
    const int fd = connect_tcp(address);
    // ZMTP 3.0 greeting with CURVE, as a client; then one command that claims 128 MiB.
    Bytes greeting(64, 0);
    greeting[0] = 0xFF;
    greeting[9] = 0x7F;
    greeting[10] = 3;
    std::memcpy(greeting.data() + 12, "CURVE", 5);
    constexpr std::uint64_t bomb = 128ull << 20;
    append(greeting, Bytes{0x06, 0, 0, 0, 0, 0x08, 0, 0, 0});
    REQUIRE(::send(fd, greeting.data(), greeting.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(greeting.size()));

    const std::size_t before = resident_bytes();
    const Bytes filling(64 << 10, 'x');
    std::uint64_t taken = 0;
    while (taken < bomb) {
        const ssize_t n = ::send(fd, filling.data(), filling.size(), MSG_NOSIGNAL);
        if (n <= 0) break;
        taken += static_cast<std::uint64_t>(n);
    }
    ::close(fd);
    REQUIRE(taken < (16u << 20));  // what the kernel's buffers took before the connection was cut
    REQUIRE(resident_bytes() < before + (8u << 20));
    f.speak("still here");
}

TEST_CASE("an authenticated frame over the limit cuts the connection and nothing else") {
    Family f;
    TransportOptions loose = quick();
    const TransportKeys keys = generate_transport_keys();
    f.parent.transport.admit(admitting({f.child.keys.public_key, keys.public_key}));
    Bare bare;
    auto client = make_client(bare.context, keys, f.parent.keys.public_key, fat_link, loose, Duration(50));
    LinkEvents events([] {});
    MonitorThread monitors;
    LinkMonitor monitor(monitors, bare.context, client, events);
    REQUIRE(connect_to(client, f.parent.transport.data_address(), "parent"));
    const Bytes large(limits::frame_bytes_max + 64, 1);
    (void)client.send(zmq::buffer(large), zmq::send_flags::none);
    bool cut = false;
    REQUIRE(until({&f.parent}, [&] {
        for (const auto& event : events.take()) cut = cut || event.kind == LinkEvent::Kind::disconnected;
        return cut;
    }));
    f.speak("undisturbed");
    REQUIRE(f.parent.received.size() == 2);
}

TEST_CASE("messages of the wrong shape are dropped and counted, and the connection lives on") {
    Family f;
    Bare bare;
    const TransportKeys keys = generate_transport_keys();
    f.parent.transport.admit(admitting({f.child.keys.public_key, keys.public_key}));
    auto client = make_client(bare.context, keys, f.parent.keys.public_key, thin_link, quick(), Duration(50));
    REQUIRE(connect_to(client, f.parent.transport.data_address(), "parent"));
    const auto say = [&](int frames, std::string_view body) {
        for (int i = 1; i <= frames; ++i)
            (void)client.send(zmq::buffer(body), i < frames ? zmq::send_flags::sndmore : zmq::send_flags::none);
    };
    say(1, "");
    say(2, "two");
    say(static_cast<int>(limits::frames_per_message_max) + 1, "many");
    say(1, "good");
    REQUIRE(until({&f.parent}, [&] { return f.parent.received.size() == 2; }));
    REQUIRE(text(f.parent.received[1].body) == "good");
    REQUIRE(f.parent.received[1].key == keys.public_key);
    REQUIRE(f.parent.transport.stats().dropped == 3);
}

TEST_CASE("a peer that chooses its own routing id is not heard") {
    Family f;
    Bare bare;
    const TransportKeys keys = generate_transport_keys();
    f.parent.transport.admit(admitting({f.child.keys.public_key, keys.public_key}));
    auto client = make_client(bare.context, keys, f.parent.keys.public_key, thin_link, quick(), Duration(50));
    client.set(zmq::sockopt::routing_id, "chosen");
    REQUIRE(connect_to(client, f.parent.transport.data_address(), "parent"));
    (void)client.send(zmq::str_buffer("hello"), zmq::send_flags::none);
    REQUIRE(until({&f.parent}, [&] { return f.parent.transport.stats().dropped == 1; }));
    REQUIRE(f.parent.received.size() == 1);
}

TEST_CASE("a child that reconnects comes with a fresh number, and its old one is gone") {
    Family f;
    f.child.transport.recreate_parent();
    f.speak("again");
    REQUIRE(f.parent.received.back().connection != f.connection);
    REQUIRE(f.parent.received.back().key == f.child.keys.public_key);
    REQUIRE(until({&f.parent, &f.child},
                  [&] { return f.parent.transport.send_child(f.connection, view("old")) == Sent::gone; }));
    REQUIRE(f.parent.transport.send_child(f.parent.received.back().connection, view("new")) == Sent::yes);
    REQUIRE(until({&f.child},
                  [&] { return !f.child.received.empty() && text(f.child.received.back().body) == "new"; }));
}

TEST_CASE("a peer that does not read blocks only itself, and goes on when it reads") {
    Family f;
    Node other;
    f.parent.transport.admit(admitting({f.child.keys.public_key, other.keys.public_key}));
    other.connect(f.parent.transport.data_address(), f.parent.keys.public_key);
    REQUIRE(until({&other}, [&] { return other.transport.send_parent(view("me too")) == Sent::yes; }));
    REQUIRE(until({&f.parent}, [&] { return f.parent.received.size() == 2; }));

    const Bytes large(limits::frame_bytes_max, 1);
    std::size_t sent = 0;
    // The I/O thread empties our queue into the kernel for a while: full is when it has stayed full.
    int blocked = 0;
    while (blocked < 20) {
        REQUIRE(sent < 1000);
        const Sent one = f.parent.transport.send_child(f.connection, large);
        REQUIRE(one != Sent::gone);
        blocked = one == Sent::would_block ? blocked + 1 : 0;
        if (one == Sent::yes)
            ++sent;
        else
            f.parent.transport.wait(Duration(5));
    }
    REQUIRE(f.parent.transport.send_child(f.parent.received[1].connection, view("you")) == Sent::yes);
    REQUIRE(until({&other}, [&] { return !other.received.empty(); }));
    REQUIRE(until({&f.child}, [&] { return f.child.received.size() == sent; }));
    // What was read is told to the sender's side by I/O threads of both, which may be behind.
    REQUIRE(until({&f.parent},
                  [&] { return f.parent.transport.send_child(f.connection, view("more")) == Sent::yes; }));
}

TEST_CASE("a child that left is gone, and one that lost its admission is no longer heard") {
    Family f;
    SECTION("left") {
        f.child.transport.close_parent();
        REQUIRE(f.child.transport.send_parent(view("x")) == Sent::gone);
        REQUIRE(until({&f.parent, &f.child},
                      [&] { return f.parent.transport.send_child(f.connection, view("x")) == Sent::gone; }));
        REQUIRE(f.parent.transport.stats().child_connections == 0);
    }
    SECTION("lost its admission") {
        f.parent.transport.admit(admitting({}));
        REQUIRE(f.child.transport.send_parent(view("psst")) == Sent::yes);
        REQUIRE(until({&f.parent}, [&] { return f.parent.transport.stats().dropped == 1; }));
        REQUIRE(f.parent.transport.send_child(f.connection, view("x")) == Sent::gone);
        REQUIRE(f.parent.received.size() == 1);
    }
}

TEST_CASE("a newcomer speaks with the enrolment listener and with nothing else") {
    Node parent(quick_parent());
    REQUIRE(parent.transport.listen());
    parent.transport.admit(admitting({}));
    const TransportKeys keys = generate_transport_keys();
    SECTION("asks and is answered") {
        auto client = EnrolClient::connect(parent.transport.enrol_address(), parent.keys.public_key, keys);
        REQUIRE(client);
        REQUIRE(client->send(view("may I?"), patience));
        REQUIRE(until({&parent}, [&] { return !parent.received.empty(); }));
        REQUIRE(parent.received[0].from == Inbound::From::enrol);
        REQUIRE(parent.received[0].key == keys.public_key);
        REQUIRE(parent.transport.send_enrol(parent.received[0].connection, view("you may")) == Sent::yes);
        const auto answer = client->receive(patience);
        REQUIRE(answer);
        REQUIRE(text(*answer) == "you may");
        const auto silence = client->receive(Duration(20));
        REQUIRE(silence.error().code == Code::enrol_no_answer);
    }
    SECTION("is kept out while no invitation is open") {
        auto closed = std::make_shared<AdmittedKeys>();
        closed->newcomers = false;
        parent.transport.admit(closed);
        auto client = EnrolClient::connect(parent.transport.enrol_address(), parent.keys.public_key, keys);
        REQUIRE_FALSE(client->send(view("may I?"), Duration(600)));
        REQUIRE(parent.transport.stats().zap_admitted == 0);
    }
    SECTION("is told when it holds the wrong key of the parent") {
        auto client = EnrolClient::connect(parent.transport.enrol_address(), keys.public_key, keys);
        REQUIRE(client->send(view("may I?"), Duration(300)).error().code == Code::wrong_parent_key);
    }
    SECTION("does not get into the data listener") {
        auto client = EnrolClient::connect(parent.transport.data_address(), parent.keys.public_key, keys);
        REQUIRE_FALSE(client->send(view("may I?"), Duration(600)));
    }
}

TEST_CASE("addresses that cannot work are refused with what is wrong") {
    Node parent(quick_parent());
    REQUIRE(parent.transport.listen());
    const auto listen_on = [](const std::string& address) {
        TransportOptions o = quick();
        o.data_listen = address;
        return Node(o).transport.listen().error().code;
    };
    REQUIRE(listen_on(parent.transport.data_address()) == Code::address_taken);
    REQUIRE(listen_on("tcp://192.0.2.1:7301") == Code::address_not_here);
    REQUIRE(listen_on("127.0.0.1:7301") == Code::bad_address);
    REQUIRE(listen_on("tcp://127.0.0.1") == Code::bad_address);
    REQUIRE(listen_on("inproc://x") == Code::bad_address);
    Node child;
    REQUIRE(child.transport.connect_parent("tcp://127.0.0.1:nonsense", nobody).error().code ==
            Code::bad_address);
    REQUIRE(child.transport.send_parent(view("x")) == Sent::gone);
}

TEST_CASE("a wait ends when another thread wakes it") {
    Node node;
    std::thread other([&] { node.transport.wake(); });
    const auto start = std::chrono::steady_clock::now();
    node.transport.wait(Duration(10'000));
    REQUIRE(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
    other.join();
}

}  // namespace transport_test
