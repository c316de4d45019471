#include <sys/stat.h>

#include <utility>  // Asio of Boost 1.74 uses std::exchange without it
// Boost's own order matters less than being after <utility>.
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <future>
#include <set>
#include <thread>

#include "node/api/answer.h"
#include "node/api/unix_address.h"

namespace xinwang {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Local = asio::local::stream_protocol;
using Executor = asio::io_context::executor_type;
using Acceptor = asio::basic_socket_acceptor<Local, Executor>;
using Socket = asio::basic_stream_socket<Local, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
using boost::system::error_code;

constexpr std::size_t read_bytes = 64u << 10;

http::response<http::string_body> message_of(Response response, bool keep_alive) {
    http::response<http::string_body> message;
    message.version(11);
    message.result(static_cast<unsigned>(response.status));
    message.set(http::field::content_type, response.content_type);
    message.set(http::field::cache_control, "no-store");
    message.keep_alive(keep_alive);
    message.body() = std::move(response.body);
    message.prepare_payload();
    return message;
}

Refusal refusal_of(const error_code& error, std::chrono::milliseconds patience) {
    if (error == beast::error::timeout)
        return Refusal(Code::client_too_slow, "", "", std::to_string(patience.count()));
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
        return Refusal(Code::too_large, "header", std::to_string(limits::api_header_bytes_max) + "+",
                       std::to_string(limits::api_header_bytes_max));
    if (error == http::error::body_limit)
        return Refusal(Code::too_large, "body", std::to_string(limits::file_bytes_max) + "+",
                       std::to_string(limits::file_bytes_max));
    return Refusal(Code::bad_request, "HTTP", error.message(), "RFC 9112");
}

}  // namespace

struct HttpThread::Parts {
    asio::io_context context{1};
    asio::executor_work_guard<Executor> busy{context.get_executor()};
    std::thread thread{[this] { run(); }};

    // A connection for which there is no memory or descriptor is lost alone.
    void run() noexcept {
        for (;;) try {
                context.run();
                return;
            } catch (const std::exception&) {
            }
    }
};

HttpThread::HttpThread() : parts_(std::make_unique<Parts>()) {}

HttpThread::~HttpThread() {
    parts_->context.stop();
    parts_->thread.join();
}

// A connection as its door knows it.
struct HttpClosable {
    virtual ~HttpClosable() = default;
    virtual void close() = 0;
};

// One server's acceptor and its connections. Everything but close() runs on the thread.
class HttpServer::Door : public std::enable_shared_from_this<HttpServer::Door> {
  public:
    Door(ServerRule given, asio::io_context& context)
        : rule(std::move(given)), context_(context), acceptor_(context), pause_(context) {}

    Result<void> listen();
    void start() {
        asio::post(context_, [self = shared_from_this()] { self->accept(); });
    }
    // Returns when no handler runs and none will.
    void close();

    ServerRule rule;
    std::set<HttpClosable*> connections;
    bool closed = false;

  private:
    void accept();
    void accept_later();

    asio::io_context& context_;
    Acceptor acceptor_;
    Timer pause_;
};

namespace {

// One connection: header → body → handler → answer → header …
template <class Door>
class Connection : public HttpClosable, public std::enable_shared_from_this<Connection<Door>> {
  public:
    Connection(std::shared_ptr<Door> door, Socket socket)
        : door_(std::move(door)),
          stream_(std::move(socket)),
          deadline_(stream_.get_executor()),
          buffer_(read_bytes) {
        door_->connections.insert(this);
    }
    ~Connection() override { door_->connections.erase(this); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void read_header() {
        request_ = {};
        body_bytes_ = 0;
        parser_.emplace();
        parser_->header_limit(limits::api_header_bytes_max);
        parser_->body_limit(limits::file_bytes_max);
        http::async_read_header(stream_, buffer_, *parser_,
                                bound([](Connection& self, error_code error) { self.on_header(error); }));
    }
    void close() override {
        error_code ignored;
        deadline_.cancel();
        stream_.close(ignored);
    }
    // The one answer of a connection too many.
    void turn_away() {
        refuse_and_close(
            Refusal(Code::too_many_connections, "", "", std::to_string(door_->rule.connections_max)));
    }

  private:
    // Completion of one operation, which ends within `patience` or with beast::error::timeout. The connection
    // lives as long as one of its operations does. (Beast's own stream would close on a timeout, before the
    // client is told.)
    template <class Next>
    auto bound(Next next) {
        const auto step = ++step_;
        deadline_.expires_after(door_->rule.patience);
        deadline_.async_wait([self = this->shared_from_this(), step](error_code error) {
            if (error || self->step_ != step) return;
            self->late_ = true;
            self->stream_.cancel(error);
        });
        return [self = this->shared_from_this(), next](error_code error, std::size_t) {
            ++self->step_;
            self->deadline_.cancel();
            const bool late = std::exchange(self->late_, false);
            if (late && error == asio::error::operation_aborted) error = beast::error::timeout;
            next(*self, error);
        };
    }

    void on_header(error_code error) {
        if (door_->closed) return;
        if (error == http::error::end_of_stream) return;
        if (error == beast::error::timeout && buffer_.size() == 0 && !parser_->got_some()) return;  // idle
        if (error) return refuse_and_close(refusal_of(error, door_->rule.patience));
        if (auto taken = take_header(); !taken) return refuse_and_close(taken.error());
        if (parser_->is_done()) return on_complete();
        chunk_.resize(read_bytes);
        if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) return send_continue();
        read_body();
    }

    Result<void> take_header() {
        const auto& header = parser_->get();
        XW_TRY(target, parse_target({header.target().data(), header.target().size()}));
        request_.method = std::string(header.method_string());
        request_.path = target.path;
        request_.query = target.query;
        if (door_->rule.upload) {
            XW_TRY(upload, door_->rule.upload(request_));
            upload_ = std::move(upload);
        }
        if (const auto length = parser_->content_length()) XW_TRY_VOID(check_body(*length));
        if (!upload_) return {};
        XW_TRY(spool, FileSpool::open(upload_->directory, upload_->watch));
        request_.file = std::move(spool);
        return {};
    }

    Result<void> check_body(std::uint64_t bytes) const {
        const std::uint64_t most = upload_ ? upload_->bytes_max : limits::api_body_bytes_max;
        if (bytes <= most) return {};
        return refuse(Code::too_large, "body", std::to_string(bytes), std::to_string(most));
    }

    void send_continue() {
        static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        asio::async_write(stream_, asio::buffer(go_on), bound([](Connection& self, error_code error) {
                              if (!error) self.read_body();
                          }));
    }

    void read_body() {
        auto& body = parser_->get().body();
        body.data = chunk_.data();
        body.size = chunk_.size();
        body.more = true;
        http::async_read_some(stream_, buffer_, *parser_,
                              bound([](Connection& self, error_code error) { self.on_body(error); }));
    }

    void on_body(error_code error) {
        if (error && error != http::error::need_buffer)
            return refuse_and_close(refusal_of(error, door_->rule.patience));
        const std::size_t size = chunk_.size() - parser_->get().body().size;
        if (auto kept = keep_body(View(chunk_).first(size)); !kept) return refuse_and_close(kept.error());
        if (parser_->is_done()) return on_complete();
        read_body();
    }

    Result<void> keep_body(View bytes) {
        body_bytes_ += bytes.size();
        XW_TRY_VOID(check_body(body_bytes_));
        if (request_.file) return request_.file->write(bytes);
        request_.body += text(bytes);
        return {};
    }

    void on_complete() {
        if (door_->closed) return;
        chunk_ = {};
        if (request_.file)
            if (auto synced = request_.file->finish(); !synced) return refuse_and_close(synced.error());
        Response response = handle();
        const bool keep_alive = parser_->get().keep_alive();
        request_ = {};
        upload_.reset();
        send(std::move(response), keep_alive);
    }

    // Whatever the machine refuses a handler (descriptors, memory, a file) is one request's answer and no more.
    Response handle() {
        try {
            return door_->rule.handler(request_);
        } catch (const std::exception& failure) {
            return refuse_request(Refusal(Code::machine_refuses, request_.path, failure.what()));
        }
    }

    void refuse_and_close(const Refusal& refusal) {
        chunk_ = {};
        request_ = {};
        upload_.reset();
        const bool header = parser_ && !parser_->is_header_done() && refusal.code == Code::too_large;
        Response response = refuse_request(refusal);
        if (header) response.status = 431;
        send(std::move(response), false);
    }

    void send(Response response, bool keep_alive) {
        message_.emplace(message_of(std::move(response), keep_alive));
        serializer_.emplace(*message_);
        write();
    }

    void write() {
        http::async_write_some(stream_, *serializer_,
                               bound([](Connection& self, error_code error) { self.on_written(error); }));
    }

    void on_written(error_code error) {
        if (error) return;
        if (!serializer_->is_done()) return write();
        const bool keep_alive = message_->keep_alive();
        serializer_.reset();
        message_.reset();
        if (keep_alive) return read_header();
        stream_.shutdown(Socket::shutdown_send, error);
    }

    const std::shared_ptr<Door> door_;
    Socket stream_;
    Timer deadline_;
    std::uint64_t step_ = 0;  // of the operation that deadline_ watches
    bool late_ = false;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::buffer_body>> parser_;
    std::optional<http::response<http::string_body>> message_;
    std::optional<http::response_serializer<http::string_body>> serializer_;
    std::optional<Upload> upload_;
    Request request_;
    Bytes chunk_;
    std::uint64_t body_bytes_ = 0;
};

}  // namespace

Result<void> HttpServer::Door::listen() {
    const auto failed = [&](const error_code& error) {
        return refuse(Code::bad_socket, rule.socket.string(), error.message());
    };
    const UnixAddress address(rule.socket);
    error_code error;
    ::unlink(rule.socket.c_str());
    acceptor_.open(Local(), error);
    if (error) return failed(error);
    acceptor_.bind(Local::endpoint(address.text()), error);
    // Nobody can connect between bind and listen, so the mode is right before anyone is let in.
    if (!error && ::chmod(rule.socket.c_str(), S_IRUSR | S_IWUSR) != 0)
        error = error_code(errno, boost::system::generic_category());
    if (!error) acceptor_.listen(static_cast<int>(2 * rule.connections_max), error);
    if (!error) return {};
    error_code ignored;
    acceptor_.close(ignored);
    return failed(error);
}

void HttpServer::Door::accept() {
    acceptor_.async_accept([self = shared_from_this()](error_code error, Socket socket) {
        if (self->closed || error == asio::error::operation_aborted) return;
        if (error) return self->accept_later();
        // Up to as many again are told why; whoever comes after those is closed without a word.
        if (self->connections.size() < 2 * self->rule.connections_max) {
            const bool room = self->connections.size() < self->rule.connections_max;
            auto connection = std::make_shared<Connection<Door>>(self, std::move(socket));
            room ? connection->read_header() : connection->turn_away();
        }
        self->accept();
    });
}

// No descriptor or memory just now: trying again at once would only burn the processor.
void HttpServer::Door::accept_later() {
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([self = shared_from_this()](error_code error) {
        if (!error && !self->closed) self->accept();
    });
}

void HttpServer::Door::close() {
    std::promise<void> done;
    asio::post(context_, [&] {
        closed = true;
        error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
        for (HttpClosable* connection : connections) connection->close();
        done.set_value();
    });
    done.get_future().wait();
    ::unlink(rule.socket.c_str());
}

HttpServer::HttpServer(std::shared_ptr<HttpThread> thread, std::shared_ptr<Door> door)
    : thread_(std::move(thread)), door_(std::move(door)) {}

HttpServer::~HttpServer() {
    door_->close();
}

Result<std::unique_ptr<HttpServer>> HttpServer::open(ServerRule rule, std::shared_ptr<HttpThread> thread) {
    if (!thread) thread = std::make_shared<HttpThread>();
    auto door = std::make_shared<Door>(std::move(rule), thread->parts_->context);
    XW_TRY_VOID(door->listen());
    door->start();
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(thread), std::move(door)));
}

}  // namespace xinwang
