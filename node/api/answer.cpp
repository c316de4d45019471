#include "node/api/answer.h"

#include <nlohmann/json.hpp>

#include "protocol/base/check.h"

namespace xinwang {
namespace {

using Json = nlohmann::ordered_json;

Json texts(const Refusal& refusal, Language language) {
    return {{"sentence", refusal.sentence(language)}, {"advice", refusal.advice(language)}};
}

}  // namespace

Json refusal_json(const Refusal& refusal) {
    const RefusalText* row = find_refusal(static_cast<std::uint16_t>(refusal.code));
    XW_CHECK(row != nullptr);
    return {{"number", refusal.number()},
            {"name", row->name},
            {"field", refusal.field},
            {"value", refusal.value},
            {"limit", refusal.limit},
            {"zh", texts(refusal, Language::chinese)},
            {"en", texts(refusal, Language::english)}};
}

int http_status(Code code) {
    if (code == Code::bad_request) return 400;
    if (code == Code::not_at_this_node || code == Code::city_sign_key) return 403;
    if (code == Code::no_such_path || code == Code::not_found || code == Code::record_expired) return 404;
    if (code == Code::wrong_method) return 405;
    if (code == Code::client_too_slow) return 408;
    if (code == Code::task_under_way) return 409;
    if (code == Code::too_large) return 413;
    if (code == Code::no_answer_in_time || code == Code::node_stopping || code == Code::too_many_connections ||
        code == Code::spool_failed || code == Code::machine_refuses || code == Code::node_drains)
        return 503;
    // Of a backup somebody named the wrong one, or the wrong place.
    if (code >= Code::backup_on_same_disk && code <= Code::backup_without_keys) return 422;
    if (code == Code::task_failed) return 500;
    // The store's refusals (19xx: full, damaged) are the node's, and pass or need its operator, not the sender.
    if (static_cast<int>(code) / 100 == 19) return 503;
    return 422;
}

Response refuse_request(const Refusal& refusal) {
    Json document{{"schema", "xinwang.refusal/1"}};
    document.update(refusal_json(refusal));
    return answer(http_status(refusal.code), document);
}

Response answer(int status, const Json& document) {
    XW_CHECK(document.contains("schema"));
    // Texts from outside were checked where they came in; whatever is not UTF-8 in spite of that must not cost
    // the answer.
    return {status, "application/json; charset=utf-8",
            document.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace xinwang
