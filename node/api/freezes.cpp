// POST /v1/thaw: a child that was frozen here is let in again.
#include "node/api/api.h"
#include "node/api/documents.h"

namespace xinwang::api {

Result<Response> Api::post_thaw(const Request& request) {
    const Json body = Json::parse(request.body, nullptr, false);
    const auto text = [&](const char* name) {
        const auto it = body.find(name);
        return it != body.end() && it->is_string() ? it->get<std::string>() : std::string();
    };
    if (!body.is_object() || text("code").empty())
        return refuse(Code::bad_request, "body", "", "{\"code\": …, \"reason\": …}");
    XW_TRY(code, DivisionCode::parse(text("code")));
    Result<void> done = refuse(Code::node_stopping);
    Json document{{"schema", "xinwang.thaw/1"}};
    XW_TRY_VOID(node_.call([&](Core& core, Instant now) {
        done = core.thaw(now, code, text("reason"));
        if (const Certificate* held = core.roster().by_code(code); done && held != nullptr)
            document.update(node_name(core.roster(), held->node));
    }));
    if (!done) return tl::unexpected(done.error());
    return answer(200, document);
}

}  // namespace xinwang::api
