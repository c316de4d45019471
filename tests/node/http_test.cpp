// Shows that the local HTTP server and client understand each other over a real socket, and that the server
// stays bounded and answers with a numbered refusal whatever a client does.
#include "node/api/http.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "node/api/answer.h"
#include "node/api/unix_address.h"

using namespace xinwang;
using namespace std::chrono_literals;

namespace http_test {

namespace fs = std::filesystem;

namespace {

// A directory that goes away with the test.
struct Scratch {
    fs::path path;
    Scratch() {
        std::string name = (fs::temp_directory_path() / "xinwang-http-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~Scratch() { fs::remove_all(path); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
    }
};

// Says back what it was asked.
Response echo(Request& request) {
    nlohmann::ordered_json document{{"schema", "xinwang.echo/1"}, {"method", request.method},
                                    {"path", request.path},       {"query", request.query},
                                    {"body", request.body},       {"file_bytes", nullptr}};
    if (request.file) document["file_bytes"] = request.file->bytes();
    return answer(200, document);
}

struct Room {
    Scratch scratch;
    fs::path socket = scratch.path / "api.sock";
    ServerRule rule{.socket = socket, .handler = echo, .upload = {}};
    std::unique_ptr<HttpServer> server;

    Room() {
        fs::create_directory(scratch.path / "spool");
        rule.upload = [spool =
                           scratch.path / "spool"](const Request& request) -> Result<std::optional<Upload>> {
            if (request.path == "/refused") return refuse(Code::not_at_this_node, "x", "y", "z");
            if (request.path == "/file") return Upload{.directory = spool, .bytes_max = 8u << 20, .watch = {}};
            return std::nullopt;
        };
    }
    void open() {
        auto opened = HttpServer::open(rule);
        REQUIRE(opened);
        server = std::move(*opened);
    }
    std::size_t spooled() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(scratch.path / "spool"), fs::directory_iterator()));
    }
};

// A connection that sends bytes as they are and reads until the server closes.
struct RawClient {
    int fd;
    explicit RawClient(const fs::path& path) : fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const UnixAddress text(path);
        std::memcpy(address.sun_path, text.text().data(), text.text().size());
        REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    ~RawClient() { ::close(fd); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    void send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    std::string read_all() const {
        std::string out;
        char chunk[4096];
        for (;;) {
            const auto n = ::recv(fd, chunk, sizeof chunk, 0);
            if (n <= 0) return out;
            out.append(chunk, static_cast<std::size_t>(n));
        }
    }
    // Until `text` has come.
    std::string read_until(std::string_view text) const {
        std::string out;
        char byte;
        while (out.find(text) == std::string::npos && ::recv(fd, &byte, 1, 0) == 1) out.push_back(byte);
        return out;
    }
};

std::string refused_number(const std::string& answer) {
    const auto at = answer.find("\r\n\r\n");
    if (at == std::string::npos) return "no answer";
    return nlohmann::json::parse(answer.substr(at + 4)).at("number");
}

}  // namespace

TEST_CASE("a request and its answer make the round trip") {
    Room room;
    room.open();
    const HttpClient client(room.socket);
    const auto got = client.request("GET", "/v1/records?subject=%E4%BD%A0+x&limit=3");
    REQUIRE(got);
    REQUIRE(got->status == 200);
    const auto document = nlohmann::json::parse(got->body);
    CHECK(document["path"] == "/v1/records");
    CHECK(document["query"]["subject"] == "你 x");
    CHECK(document["query"]["limit"] == "3");

    const auto posted = client.request("POST", "/v1/invitations", R"({"code":"130602001001"})");
    REQUIRE(posted);
    CHECK(nlohmann::json::parse(posted->body)["body"] == R"({"code":"130602001001"})");
}

TEST_CASE("the socket is for its owner alone, goes with the server and replaces a stale one") {
    Room room;
    std::ofstream(room.socket) << "stale";
    room.open();
    struct stat found {};
    REQUIRE(::stat(room.socket.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
    room.server.reset();
    CHECK_FALSE(fs::exists(room.socket));
    const auto got = HttpClient(room.socket).request("GET", "/");
    REQUIRE_FALSE(got);
    CHECK(got.error().code == Code::node_unreachable);
}

TEST_CASE("a socket path longer than a socket address works") {
    Room room;
    const auto deep = room.scratch.path / std::string(100, 'd');
    fs::create_directory(deep);
    room.socket = room.rule.socket = deep / "api.sock";
    room.open();
    CHECK(HttpClient(room.socket).request("GET", "/x"));
}

TEST_CASE("a socket that cannot be made is refused by name") {
    Room room;
    room.rule.socket = room.scratch.path / "none" / "api.sock";
    const auto opened = HttpServer::open(room.rule);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Code::bad_socket);
}

TEST_CASE("a file is spooled whole, seen by the watch, and gone unless kept") {
    Room room;
    const auto kept = room.scratch.path / "kept";
    std::uint64_t watched = 0;
    room.rule.upload = [&](const Request&) -> Result<std::optional<Upload>> {
        return Upload{.directory = room.scratch.path / "spool",
                      .bytes_max = 8u << 20,
                      .watch = [&](View bytes) { watched += bytes.size(); }};
    };
    room.rule.handler = [&](Request& request) {
        if (request.query.contains("keep")) REQUIRE(request.file->keep(kept));
        return echo(request);
    };
    room.open();
    std::string content;
    for (int i = 0; content.size() < (3u << 20); ++i) content += std::to_string(i);
    const auto file = room.scratch.path / "in.csv";
    std::ofstream(file, std::ios::binary) << content;

    std::uint64_t last = 0;
    const HttpClient client(room.socket);
    const auto got = client.upload("/file?keep=1", file, [&](std::uint64_t done, std::uint64_t all) {
        CHECK(done >= last);
        CHECK(all == content.size());
        last = done;
    });
    REQUIRE(got);
    CHECK(nlohmann::json::parse(got->body)["file_bytes"] == content.size());
    CHECK(last == content.size());
    CHECK(watched == content.size());
    std::ifstream in(kept, std::ios::binary);
    const bool same = std::string(std::istreambuf_iterator<char>(in), {}) == content;
    CHECK(same);

    REQUIRE(client.upload("/file", file));
    CHECK(room.spooled() == 0);
    std::ofstream(file, std::ios::trunc).close();
    REQUIRE(client.upload("/file", file));
    const auto missing = client.upload("/file", room.scratch.path / "none.csv");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == Code::cannot_read_file);
}

TEST_CASE("what is over its limit is refused with the limit named and leaves nothing") {
    Room room;
    room.open();
    const HttpClient client(room.socket);
    SECTION("a text body") {
        const auto got = client.request("POST", "/v1/x", std::string(limits::api_body_bytes_max + 1, 'x'));
        REQUIRE(got);
        CHECK(got->status == 413);
        CHECK(nlohmann::json::parse(got->body)["limit"] == std::to_string(limits::api_body_bytes_max));
    }
    SECTION("a file") {
        const auto file = room.scratch.path / "big";
        std::ofstream(file).close();
        fs::resize_file(file, 9u << 20);
        const auto got = client.upload("/file", file);
        REQUIRE(got);
        CHECK(got->status == 413);
    }
    SECTION("a chunked file whose length nobody said") {
        const RawClient raw(room.socket);
        raw.send("POST /file HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
        for (int i = 0; i < 130; ++i) raw.send(chunk);
        raw.send("0\r\n\r\n");
        const auto got = raw.read_all();
        CHECK(got.starts_with("HTTP/1.1 413"));
    }
    SECTION("a header") {
        const RawClient raw(room.socket);
        raw.send("GET / HTTP/1.1\r\nX: " + std::string(limits::api_header_bytes_max, 'x') + "\r\n\r\n");
        CHECK(raw.read_all().starts_with("HTTP/1.1 431"));
    }
    SECTION("a rule's own refusal comes before the body") {
        const RawClient raw(room.socket);
        raw.send("POST /refused HTTP/1.1\r\nHost: n\r\nContent-Length: 100\r\n\r\n");
        const auto got = raw.read_all();
        CHECK(got.starts_with("HTTP/1.1 403"));
        CHECK(refused_number(got) == "XW-2204");
    }
    CHECK(room.spooled() == 0);
}

TEST_CASE("malformed requests are refused and the next client is served") {
    Room room;
    room.open();
    const std::string requests[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /%zz HTTP/1.1\r\n\r\n",
        "GET /a/../b HTTP/1.1\r\n\r\n",
        "GET http://elsewhere/ HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        std::string("\0\xff\x01", 3) + std::string(600, '\x80') + "\r\n\r\n"};
    for (const auto& bytes : requests) {
        const RawClient raw(room.socket);
        raw.send(bytes);
        ::shutdown(raw.fd, SHUT_WR);
        const auto got = raw.read_all();
        INFO(bytes << " → " << got);
        CHECK(got.starts_with("HTTP/1.1 400"));
        CHECK(refused_number(got) == "XW-2201");
    }
    CHECK(HttpClient(room.socket).request("GET", "/still/there"));
}

TEST_CASE("a client that stops in the middle is let go") {
    Room room;
    room.rule.patience = 50ms;
    room.open();
    SECTION("in the header") {
        const RawClient raw(room.socket);
        raw.send("GET / HT");
        CHECK(refused_number(raw.read_all()) == "XW-2209");
    }
    SECTION("in the body of a file") {
        const RawClient raw(room.socket);
        raw.send("POST /file HTTP/1.1\r\nHost: n\r\nContent-Length: 100\r\n\r\nabc");
        CHECK(refused_number(raw.read_all()) == "XW-2209");
        CHECK(room.spooled() == 0);
    }
    SECTION("before its first byte, without a word") {
        const RawClient raw(room.socket);
        CHECK(raw.read_all().empty());
    }
    SECTION("while the answer is written") {
        room.server.reset();
        room.rule.patience = 2s;  // the second client reads as fast as a busy machine lets it
        room.rule.handler = [](Request&) { return Response{200, "text/plain", std::string(32u << 20, 'x')}; };
        room.open();
        const RawClient raw(room.socket);
        raw.send("GET / HTTP/1.1\r\n\r\n");
        CHECK(HttpClient(room.socket).request("GET", "/"));  // the server is not held up by the other
    }
}

TEST_CASE("a client waits for 100-continue and several requests share a connection") {
    Room room;
    room.open();
    const RawClient raw(room.socket);
    raw.send("POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CHECK(raw.read_until("\r\n\r\n").starts_with("HTTP/1.1 100"));
    raw.send("hi");
    CHECK(raw.read_until("\"file_bytes\":null}").find("\"body\":\"hi\"") != std::string::npos);
    raw.send("GET /one HTTP/1.1\r\n\r\nGET /two HTTP/1.1\r\nConnection: close\r\n\r\n");
    const auto got = raw.read_all();
    CHECK(got.find("/one") < got.find("/two"));
    CHECK(got.find("/two") != std::string::npos);
}

TEST_CASE("connections beyond the limit are turned away and served when there is room again") {
    Room room;
    room.rule.connections_max = 4;
    room.open();
    {
        std::vector<std::unique_ptr<RawClient>> held;
        for (int i = 0; i < 4; ++i) held.push_back(std::make_unique<RawClient>(room.socket));
        const RawClient fifth(room.socket);
        const auto got = fifth.read_all();
        CHECK(got.starts_with("HTTP/1.1 503"));
        CHECK(refused_number(got) == "XW-2208");
    }
    const HttpClient client(room.socket);
    for (int status = 503; status != 200;) {  // the server sees the four go in its own time
        const auto got = client.request("GET", "/");
        REQUIRE(got);
        status = got->status;
    }
}

TEST_CASE("many clients at once are all served") {
    Room room;
    room.open();
    std::atomic<int> served = 0;
    std::vector<std::thread> clients;
    for (int c = 0; c < 8; ++c)
        clients.emplace_back([&] {
            const HttpClient client(room.socket);
            for (int i = 0; i < 50; ++i)
                if (const auto got = client.request("GET", "/n"); got && got->status == 200) ++served;
        });
    for (auto& c : clients) c.join();
    // 8 clients leave room for connections that the server has not yet seen closing.
    CHECK(served == 400);
}

TEST_CASE("a node that does not answer is named as that") {
    std::atomic<bool> go = false;  // before the room: its server may look at it until it ends
    Room room;
    room.rule.handler = [&](Request& request) {
        go.wait(false);
        return echo(request);
    };
    room.open();
    const auto got = HttpClient(room.socket, 50ms).request("GET", "/");
    go = true;
    go.notify_all();
    REQUIRE_FALSE(got);
    CHECK(got.error().code == Code::no_answer_in_time);
}

}  // namespace http_test
