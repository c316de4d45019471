// POST /v1/transfers: records go from one node to another (API.md section 24).
#include "node/api/api.h"

namespace xinwang::api {
namespace {

Result<std::string> transfer_text(const Json& body, const char* name) {
    const auto it = body.find(name);
    if (it == body.end() || it->is_null()) return std::string();
    if (!it->is_string()) return refuse(Code::bad_request, name, it->dump().substr(0, 40), "text");
    return it->get<std::string>();
}

Result<TransferOrder> read_transfer(const Request& request) {
    const Json body = Json::parse(request.body, nullptr, false);
    if (!body.is_object())
        return refuse(Code::bad_request, "body", "", "{\"from\": …, \"to\": …, \"reason\": …}");
    XW_TRY(from_text, transfer_text(body, "from"));
    XW_TRY(to_text, transfer_text(body, "to"));
    if (from_text.empty() || to_text.empty())
        return refuse(Code::transfer_incomplete, from_text.empty() ? "from" : "to");
    XW_TRY(from, DivisionCode::parse(from_text));
    XW_TRY(to, DivisionCode::parse(to_text));
    TransferOrder order{from, to, {}, {}, {}};
    XW_TRY(catalogue, transfer_text(body, "catalogue"));
    XW_TRY(subject, transfer_text(body, "subject"));
    XW_TRY(reason, transfer_text(body, "reason"));
    order.catalogue = catalogue;
    order.subject = subject;
    order.reason = reason;
    return order;
}

}  // namespace

Result<Response> Api::post_transfer(const Request& request) {
    XW_TRY(order, read_transfer(request));
    Result<Transfer> done = refuse(Code::node_stopping);
    XW_TRY_VOID(node_.call([&](Core& core, Instant now) { done = core.transfer(now, order); }));
    if (!done) return tl::unexpected(done.error());
    return answer(201, {{"schema", "xinwang.transfer/1"},
                        {"from", {{"node", done->from.hex()}, {"code", order.from.text()}}},
                        {"to", {{"node", done->to.hex()}, {"code", order.to.text()}}},
                        {"catalogue", order.catalogue},
                        {"subject", order.subject},
                        {"reason", order.reason}});
}

}  // namespace xinwang::api
