#include <utility>  // Asio of Boost 1.74 uses std::exchange without it
// The rest may come in any order.
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fstream>
#include <limits>

#include "node/api/http.h"
#include "node/api/unix_address.h"

namespace xinwang {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Local = asio::local::stream_protocol;
using boost::system::error_code;

constexpr std::size_t send_bytes = 256u << 10;

// One connection. Asio's blocking calls have no time limit, so every step is an asynchronous one run to its
// end.
class Exchange {
  public:
    Exchange(const std::filesystem::path& socket, std::chrono::milliseconds patience)
        : directory_(socket.parent_path().string()), patience_(patience), address_(socket) {}

    Result<void> connect() {
        const auto error = run([&](auto done) {
            stream_.async_connect(Local::endpoint(address_.text()), [done](error_code e) { done(e); });
        });
        if (error) return failed(error);
        return {};
    }
    Result<void> send(http::request<http::string_body> message) {
        const auto error = run([&](auto done) {
            http::async_write(stream_, message, [done](error_code e, std::size_t) { done(e); });
        });
        return sent(error);
    }
    Result<void> send_file(http::request<http::buffer_body> message, std::ifstream& file, std::uint64_t bytes,
                           const HttpClient::Progress& progress);
    Result<HttpClient::Answer> receive();

  private:
    template <class Start>
    error_code run(Start start) {
        error_code result;
        stream_.expires_after(patience_);
        start([&result](error_code error) { result = error; });
        context_.restart();
        context_.run();
        return result;
    }
    // A server that refuses early closes its side: what it said is still there to be read.
    Result<void> sent(const error_code& error) {
        if (error && error != asio::error::broken_pipe && error != asio::error::connection_reset)
            return failed(error);
        return {};
    }
    tl::unexpected<Refusal> failed(const error_code& error) const {
        if (error == beast::error::timeout)
            return refuse(Code::no_answer_in_time, "", "", std::to_string(patience_.count() / 1000));
        return refuse(Code::node_unreachable, directory_, error.message());
    }

    std::string directory_;
    std::chrono::milliseconds patience_;
    UnixAddress address_;
    asio::io_context context_{1};
    beast::basic_stream<Local, asio::io_context::executor_type> stream_{context_};
};

Result<void> Exchange::send_file(http::request<http::buffer_body> message, std::ifstream& file,
                                 std::uint64_t bytes, const HttpClient::Progress& progress) {
    message.content_length(bytes);
    message.body().data = nullptr;
    message.body().more = bytes > 0;
    http::request_serializer<http::buffer_body> serializer(message);
    std::vector<char> chunk(static_cast<std::size_t>(std::min<std::uint64_t>(send_bytes, bytes)));
    std::uint64_t done = 0;
    while (!serializer.is_done()) {
        if (done < bytes) {
            const auto want = std::min<std::uint64_t>(chunk.size(), bytes - done);
            if (!file.read(chunk.data(), static_cast<std::streamsize>(want)))
                return refuse(Code::cannot_read_file, "", "it became shorter while it was sent");
            done += want;
            message.body().data = chunk.data();
            message.body().size = static_cast<std::size_t>(want);
            message.body().more = done < bytes;
        }
        const auto error = run([&](auto finished) {
            http::async_write(stream_, serializer, [finished](error_code e, std::size_t) { finished(e); });
        });
        if (error && error != http::error::need_buffer) return sent(error);
        if (progress) progress(done, bytes);
    }
    return {};
}

Result<HttpClient::Answer> Exchange::receive() {
    http::response_parser<http::string_body> parser;
    parser.body_limit(limits::api_answer_bytes_max);
    beast::flat_buffer buffer;
    const auto error = run([&](auto done) {
        http::async_read(stream_, buffer, parser, [done](error_code e, std::size_t) { done(e); });
    });
    if (error == http::error::body_limit)
        return refuse(Code::bad_answer, "", "too long", std::to_string(limits::api_answer_bytes_max));
    if (error && error.category() == make_error_code(http::error::bad_version).category() &&
        error != http::error::end_of_stream)
        return refuse(Code::bad_answer, "", error.message(), "HTTP/1.1");
    if (error) return failed(error);
    return HttpClient::Answer{static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
}

template <class Body>
http::request<Body> header_of(std::string_view method, std::string_view target) {
    http::request<Body> message;
    message.version(11);
    message.method_string({method.data(), method.size()});
    message.target({target.data(), target.size()});
    message.set(http::field::host, "node");
    message.keep_alive(false);
    return message;
}

}  // namespace

Result<HttpClient::Answer> HttpClient::request(std::string_view method, std::string_view target,
                                               std::string body) const {
    Exchange exchange(socket_, patience_);
    XW_TRY_VOID(exchange.connect());
    auto message = header_of<http::string_body>(method, target);
    if (!body.empty()) message.set(http::field::content_type, "application/json");
    message.body() = std::move(body);
    message.prepare_payload();
    XW_TRY_VOID(exchange.send(std::move(message)));
    return exchange.receive();
}

Result<HttpClient::Answer> HttpClient::upload(std::string_view target, const std::filesystem::path& file,
                                              const Progress& progress) const {
    std::error_code error;
    const bool regular = std::filesystem::is_regular_file(file, error);
    const auto bytes = regular ? std::filesystem::file_size(file, error) : 0;
    std::ifstream in(file, std::ios::binary);
    if (!regular || error || !in)
        return refuse(Code::cannot_read_file, file.string(),
                      error ? error.message()
                      : std::filesystem::exists(file, error)
                          ? (regular ? "permission denied" : "not a regular file")
                          : "no such file");
    Exchange exchange(socket_, patience_);
    XW_TRY_VOID(exchange.connect());
    auto message = header_of<http::buffer_body>("POST", target);
    message.set(http::field::content_type, "application/octet-stream");
    XW_TRY_VOID(exchange.send_file(std::move(message), in, bytes, progress));
    return exchange.receive();
}

}  // namespace xinwang
