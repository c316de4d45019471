// The node's API as the verbs use it: each call gives a document, or a failure with its exit code. Members
// that a document lacks read as null, so an answer of another version never stops the command line.
#pragma once

#include <nlohmann/json.hpp>

#include "node/api/http.h"
#include "tools/cli/terminal.h"

namespace xinwang::cli {

using Json = nlohmann::ordered_json;

// An answer as received and as parsed.
struct Document {
    std::string text;
    Json json;
};

class NodeClient {
  public:
    static constexpr std::chrono::milliseconds usual{2 * limits::api_answer_ms};
    NodeClient(std::filesystem::path directory, const Terminal& terminal,
               std::chrono::milliseconds patience = usual)
        : directory_(std::move(directory)), http_(directory_ / "api.sock", patience), terminal_(terminal) {}

    Outcome<Document> get(const std::string& target) const { return read(http_.request("GET", target)); }
    Outcome<Document> post(const std::string& target, const std::string& body = {}) const {
        return read(http_.request("POST", target, body));
    }
    // Sends a file; shows progress on stderr where a person watches.
    Outcome<Document> upload(const std::string& target, const std::filesystem::path& file) const;
    const std::filesystem::path& directory() const { return directory_; }

  private:
    Outcome<Document> read(Result<HttpClient::Answer> answer) const;

    std::filesystem::path directory_;
    HttpClient http_;
    const Terminal& terminal_;
};

// The document's JSON; a refusal's sentence and exit code when `status` is one; bad_answer when the body is
// neither.
Outcome<Document> read_answer(int status, std::string body, const Terminal& terminal);

// None of these throws, whatever the document holds.
const Json& at(const Json& object, const char* member);    // null when absent
const Json& list(const Json& object, const char* member);  // [] when absent
std::string text_of(const Json& value);                    // "-" for null; numbers as written
std::int64_t number_of(const Json& value);                 // 0 when the value is no number
bool true_of(const Json& value);
std::string dumped(const Json& value);  // bytes that are no UTF-8 are replaced
// The end of a verb by a refusal inside a document, with the exit code that its number asks for.
Failure failure_of_json(const Json& refusal, const Terminal& terminal);
// "XW-1203 sentence. Try: advice." of a refusal inside a document.
std::string refusal_line(const Json& refusal, const Terminal& terminal);
std::string refusal_sentence(const Json& refusal, const Terminal& terminal);

}  // namespace xinwang::cli
