#include "tools/cli/node_client.h"

#include <fmt/format.h>

#include <charconv>

#include "node/api/answer.h"
#include "tools/cli/text.h"

namespace xinwang::cli {
namespace {

constexpr std::size_t line_bytes_max = 4096;

tl::unexpected<Failure> not_understood(std::string_view what, const Terminal& terminal) {
    return tl::unexpected(
        failure_of(Refusal(Code::bad_answer, "", what, "\"schema\":\"xinwang.…\""), terminal));
}

}  // namespace

Outcome<Document> read_answer(int status, std::string body, const Terminal& terminal) {
    Json json = Json::parse(body, nullptr, false);
    const std::string schema = text_of(at(json, "schema"));
    if (json.is_discarded() || !schema.starts_with("xinwang.")) return not_understood(body, terminal);
    if (status >= 400) return tl::unexpected(Failure{exit_of_status(status), refusal_line(json, terminal)});
    return Document{std::move(body), std::move(json)};
}

Outcome<Document> NodeClient::read(Result<HttpClient::Answer> answer) const {
    if (!answer) return tl::unexpected(failure_of(answer.error(), terminal_));
    return read_answer(answer->status, std::move(answer->body), terminal_);
}

Outcome<Document> NodeClient::upload(const std::string& target, const std::filesystem::path& file) const {
    HttpClient::Progress progress;
    if (terminal_.progress)
        progress = [this](std::uint64_t done, std::uint64_t all) {
            terminal_.err << fmt::format("\r{} / {} ", bytes_text(done), bytes_text(all)) << std::flush;
        };
    auto answer = http_.upload(target, file, progress);
    if (terminal_.progress) terminal_.err << "\r\x1b[K" << std::flush;
    return read(std::move(answer));
}

const Json& at(const Json& object, const char* member) {
    static const Json none;
    if (!object.is_object()) return none;
    const auto found = object.find(member);
    return found == object.end() ? none : *found;
}

const Json& list(const Json& object, const char* member) {
    static const Json none = Json::array();
    const Json& value = at(object, member);
    return value.is_array() ? value : none;
}

std::string text_of(const Json& value) {
    if (value.is_null() || value.is_discarded()) return "-";
    if (value.is_string()) return value.get<std::string>();
    return dumped(value);
}

std::string dumped(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::int64_t number_of(const Json& value) {
    return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

bool true_of(const Json& value) {
    return value.is_boolean() && value.get<bool>();
}

std::string refusal_sentence(const Json& refusal, const Terminal& terminal) {
    return printable(text_of(at(at(refusal, terminal.say("zh", "en")), "sentence")), line_bytes_max);
}

Failure failure_of_json(const Json& refusal, const Terminal& terminal) {
    const std::string number = text_of(at(refusal, "number"));
    unsigned code = 0;
    if (number.starts_with("XW-")) std::from_chars(number.data() + 3, number.data() + number.size(), code);
    const RefusalText* row = find_refusal(static_cast<std::uint16_t>(code));
    return {row ? exit_of_status(http_status(row->code)) : Exit::other, refusal_line(refusal, terminal)};
}

std::string refusal_line(const Json& refusal, const Terminal& terminal) {
    const auto advice = text_of(at(at(refusal, terminal.say("zh", "en")), "advice"));
    return fmt::format(fmt::runtime(terminal.say("{} {}。{}。", "{} {}. Try: {}.")),
                       printable(text_of(at(refusal, "number")), line_bytes_max),
                       refusal_sentence(refusal, terminal), printable(advice, line_bytes_max));
}

}  // namespace xinwang::cli
