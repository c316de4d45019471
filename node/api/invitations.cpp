// Invitations, and the orders of two operators that counties' invitations come of (API.md sections 4 and 18).
#include <algorithm>

#include "node/api/api.h"
#include "node/core/division_rows.h"
#include "protocol/base/random.h"

namespace xinwang::api {
namespace {

// A member of a JSON body as text; empty when it is not there.
Result<std::string> text_member(const Json& body, const char* name) {
    const auto it = body.find(name);
    if (it == body.end() || it->is_null()) return std::string();
    if (!it->is_string()) return refuse(Code::bad_request, name, it->dump().substr(0, 40), "text");
    return it->get<std::string>();
}

template <class B>
Result<B> block_member(const Json& body, const char* name) {
    XW_TRY(digits, text_member(body, name));
    const auto block = B::parse_hex(digits);
    if (!block)
        return refuse(Code::bad_request, name, digits, std::to_string(2 * B::size) + " hexadecimal digits");
    return *block;
}

Result<OrderWord> word_member(const Json& body) {
    XW_TRY(key, block_member<SignPublicKey>(body, "key"));
    XW_TRY(signature, block_member<Signature>(body, "signature"));
    return OrderWord{key, signature};
}

Result<Json> invitation_body_of(const Request& request, const char* expected) {
    Json body = Json::parse(request.body, nullptr, false);
    if (!body.is_object()) return refuse(Code::bad_request, "body", "", expected);
    return body;
}

Token new_token() {
    return *Token::from(random_bytes(Token::size));
}

Result<Response> invitation_answer(const Invitation& invitation, Instant now) {
    XW_TRY(line, write_invitation(invitation));
    const Instant expires{invitation.expires_ms};
    return answer(201, {{"schema", "xinwang.invitation/1"},
                        {"line", line},
                        {"code", invitation.code.text()},
                        {"name", invitation.name},
                        {"tier", tier_name(invitation.tier())},
                        {"expires_at", moment(expires)},
                        {"expires_s", (expires - now).count() / 1000}});
}

Json person(const Core& core, const OrderWord& word) {
    Json out{{"name", nullptr}, {"key", word.key.hex()}};
    if (const DirectoryStatement* directory = core.roster().statement())
        for (const Operator& o : directory->operators)
            if (o.key == word.key) out["name"] = o.name;
    return out;
}

Json order_json(const Core& core, const Order& order, Instant now) {
    Json out{{"id", order.id.hex()},         {"state", order.approved ? "approved" : "waiting"},
             {"parent", order.parent.hex()}, {"code", order.code.text()},
             {"name", order.name},           {"tier", tier_name(order.code.tier())},
             {"made_ms", order.made_ms}};
    put_moment(out, "made", {order.made_ms}, now);
    out["request"] = order.request.is_zero() ? Json(nullptr) : Json(order.request.hex());
    out["proposed_by"] = person(core, order.proposed);
    out["approved_by"] = order.approved ? person(core, *order.approved) : Json(nullptr);
    return out;
}

}  // namespace

// Against the list of divisions and its changes, as far as this node holds them.
Result<void> Api::check_listed(DivisionCode code) {
    bool at_city = false;
    XW_TRY_VOID(node_.look([&](const Situation& s) { at_city = s.core.is_city(); }));
    return check_invited(node_.store.snapshot(), at_city, code);
}

Result<Response> Api::post_invitation(const Request& request) {
    XW_TRY(body, invitation_body_of(request, "{\"code\": …, \"name\": …}"));
    XW_TRY(code_text, text_member(body, "code"));
    XW_TRY(name, text_member(body, "name"));
    XW_TRY(code, DivisionCode::parse(code_text));
    XW_TRY_VOID(check_listed(code));
    const Token token = new_token();
    Result<Invitation> invitation = refuse(Code::node_stopping);
    XW_TRY_VOID(node_.call([&](Core& core, Instant now) { invitation = core.invite(now, code, name, token); }));
    if (!invitation) return tl::unexpected(invitation.error());
    return invitation_answer(*invitation, node_.now());
}

Result<Response> Api::post_order(const Request& request) {
    XW_TRY(body, invitation_body_of(request, "{\"code\": …, \"id\": …, \"key\": …, \"signature\": …}"));
    XW_TRY(code_text, text_member(body, "code"));
    Order order;
    XW_TRY(code, DivisionCode::parse(code_text));
    order.code = code;
    XW_TRY(name, text_member(body, "name"));
    order.name = name;
    XW_TRY(parent, block_member<NodeId>(body, "parent"));
    order.parent = parent;
    XW_TRY(id, block_member<OrderId>(body, "id"));
    order.id = id;
    const auto made = body.find("made_ms");
    if (made == body.end() || !made->is_number_integer())
        return refuse(Code::bad_request, "made_ms", "", "a number");
    order.made_ms = made->get<std::int64_t>();
    if (const auto it = body.find("request"); it != body.end() && !it->is_null()) {
        XW_TRY(asked, block_member<RequestId>(body, "request"));
        order.request = asked;
    }
    XW_TRY(word, word_member(body));
    order.proposed = word;
    XW_TRY_VOID(check_listed(code));
    Json document{{"schema", "xinwang.order/1"}};
    Result<void> done = refuse(Code::node_stopping);
    XW_TRY_VOID(node_.call([&](Core& core, Instant now) {
        done = core.propose(now, order);
        if (done) document.update(order_json(core, order, now));
    }));
    if (!done) return tl::unexpected(done.error());
    return answer(201, document);
}

Result<Response> Api::post_approval(const Request& request) {
    XW_TRY(body, invitation_body_of(request, "{\"id\": …, \"key\": …, \"signature\": …}"));
    XW_TRY(id, block_member<OrderId>(body, "id"));
    XW_TRY(word, word_member(body));
    const Token token = new_token();
    Result<Invitation> invitation = refuse(Code::node_stopping);
    XW_TRY_VOID(node_.call([&](Core& core, Instant now) { invitation = core.approve(now, id, word, token); }));
    if (!invitation) return tl::unexpected(invitation.error());
    return invitation_answer(*invitation, node_.now());
}

Result<Response> Api::post_certificate(const Request& request) {
    XW_TRY(body, invitation_body_of(request, "{\"request\": \"xinwang-request1:…\"}"));
    XW_TRY(text, text_member(body, "request"));
    XW_TRY(asked, parse_request_text(text));
    XW_TRY_VOID(check_listed(asked.code));
    std::optional<Approval> approval;
    if (body.contains("order")) {
        XW_TRY(id, block_member<OrderId>(body, "order"));
        XW_TRY(word, word_member(body));
        approval = Approval{id, word};
    }
    Result<CertificationReply> reply = refuse(Code::node_stopping);
    XW_TRY_VOID(node_.call([&](Core& core, Instant now) { reply = core.certify(now, asked, approval); }));
    if (!reply) return tl::unexpected(reply.error());
    return answer(201, {{"schema", "xinwang.certified/1"},
                        {"code", asked.code.text()},
                        {"name", asked.name},
                        {"tier", tier_name(asked.code.tier())},
                        {"node", node_id_of(asked.sign_key).hex()},
                        {"text", reply_text(*reply)}});
}

Result<Response> Api::get_orders(const Request& request) {
    XW_TRY(page, Page::from(request.query));
    Json document{{"schema", "xinwang.orders/1"}}, list = Json::array();
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        // What waits for somebody stands first.
        std::vector<const Order*> orders;
        for (const auto& [id, order] : s.core.orders()) orders.push_back(&order);
        std::stable_sort(orders.begin(), orders.end(), [](const Order* a, const Order* b) {
            if (a->approved.has_value() != b->approved.has_value()) return b->approved.has_value();
            return a->made_ms > b->made_ms;
        });
        for (std::size_t i = 0; i < orders.size(); ++i)
            if (page.covers(i)) list.push_back(order_json(s.core, *orders[i], s.now));
        page.put(document, orders.size());
    }));
    document["orders"] = list;
    return answer(200, document);
}

}  // namespace xinwang::api
