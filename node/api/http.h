// HTTP/1.1 on a UNIX socket: the server of the local API and the client that the command line uses (API.md).
//
// HttpServer runs on one background thread, its own or one that the nodes of a host share. It takes at most
// limits::api_connections_max connections, keeps at most one buffer of 64 KiB for each while a request is
// read, and closes a connection that sends nothing for `patience`. The handler is called on that thread, one
// request at a time; the handler may block, and every other client of the thread waits meanwhile. Bodies are
// JSON texts held in memory (limits::api_body_bytes_max) unless the upload rule asks for the request's body
// to be spooled to a file.
//
// A client's mistake is answered with a refusal, and its connection is closed. An exception of the handler (a
// failed sync) is not caught: it ends the process, which restarts from its store.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "node/api/spool.h"
#include "node/api/target.h"
#include "protocol/base/limits.h"
#include "protocol/base/refusal.h"

namespace xinwang {

struct Request {
    std::string method;
    std::string path;  // decoded
    std::map<std::string, std::string, std::less<>> query;
    std::string body;                 // empty when `file` holds it
    std::unique_ptr<FileSpool> file;  // complete and synced; gone after the handler unless it calls keep()
};

struct Response {
    int status = 200;
    std::string content_type;
    std::string body;
};

// The place and limit for a request's body that is a file.
struct Upload {
    std::filesystem::path directory;
    std::uint64_t bytes_max = limits::file_bytes_max;
    FileSpool::Watch watch;
};

struct ServerRule {
    std::filesystem::path
        socket;  // a stale socket there is replaced; the caller has locked the node's directory
    std::function<Response(Request&)> handler;
    // Called when the header has come, before the body. Nothing: the body is a short text. A refusal becomes
    // the answer.
    std::function<Result<std::optional<Upload>>(const Request&)> upload;
    std::chrono::milliseconds patience{limits::api_patience_ms};
    std::size_t connections_max = limits::api_connections_max;
};

class HttpThread {
  public:
    HttpThread();
    // Requires that its servers are gone.
    ~HttpThread();
    HttpThread(const HttpThread&) = delete;
    HttpThread& operator=(const HttpThread&) = delete;

  private:
    friend class HttpServer;
    struct Parts;
    const std::unique_ptr<Parts> parts_;
};

class HttpServer {
  public:
    // Opens the socket, with mode 0600, and listens from here on. Without `thread` the server starts one of
    // its own. Refuses bad_socket.
    static Result<std::unique_ptr<HttpServer>> open(ServerRule rule, std::shared_ptr<HttpThread> thread = {});
    // Waits for a running handler, closes every connection and removes the socket. Never from a handler.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

  private:
    class Door;
    HttpServer(std::shared_ptr<HttpThread> thread, std::shared_ptr<Door> door);
    const std::shared_ptr<HttpThread> thread_;
    const std::shared_ptr<Door> door_;
};

// A client that makes one request at a time, each on its own connection. Blocks its caller, at most
// `patience` without progress.
class HttpClient {
  public:
    struct Answer {
        int status = 0;
        std::string body;
    };
    // Takes the bytes sent so far and in all.
    using Progress = std::function<void(std::uint64_t, std::uint64_t)>;

    explicit HttpClient(std::filesystem::path socket,
                        std::chrono::milliseconds patience = std::chrono::milliseconds(2 *
                                                                                       limits::api_answer_ms))
        : socket_(std::move(socket)), patience_(patience) {}

    // Makes a request. Refuses node_unreachable, no_answer_in_time and bad_answer.
    Result<Answer> request(std::string_view method, std::string_view target, std::string body = {}) const;
    // Sends a regular file as it is by POST; also refuses cannot_read_file.
    Result<Answer> upload(std::string_view target, const std::filesystem::path& file,
                          const Progress& progress = {}) const;

  private:
    std::filesystem::path socket_;
    std::chrono::milliseconds patience_;
};

}  // namespace xinwang
