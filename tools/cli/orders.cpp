// Invitations, and what two operators do before a county's exists: operator new, invite, approve,
// certify, orders. A root key of the same kind of file: root new.
#include "node/edge/clock.h"
#include "node/edge/files.h"
#include "node/edge/person_key.h"
#include "protocol/base/random.h"
#include "tools/cli/passphrase.h"
#include "tools/cli/print.h"
#include "tools/cli/qr.h"
#include "topology/request.h"

namespace xinwang::cli {
namespace {

constexpr std::size_t request_file_bytes_max = 4096;

Result<PersonKey> operator_key(const Arguments& arguments, const Terminal& terminal) {
    XW_TRY(passphrase, passphrase_for(arguments.operator_key, arguments, terminal, Ask::once));
    return read_person_key(arguments.operator_key, KeyRole::person, passphrase.view());
}

// Word for word what the other operator signed.
Result<Order> order_of(const Json& json) {
    Order order;
    const auto parent = NodeId::parse_hex(text_of(at(json, "parent")));
    const auto id = OrderId::parse_hex(text_of(at(json, "id")));
    XW_TRY(code, DivisionCode::parse(text_of(at(json, "code"))));
    if (!parent || !id) return refuse(Code::bad_answer, "order", text_of(at(json, "id")), "xinwang.order/1");
    order.parent = *parent;
    order.id = *id;
    order.code = code;
    order.name = text_of(at(json, "name"));
    order.made_ms = number_of(at(json, "made_ms"));
    if (const auto request = RequestId::parse_hex(text_of(at(json, "request")))) order.request = *request;
    return order;
}

Outcome<Exit> print_invitation(Outcome<Document> got, const Arguments& arguments, const Terminal& terminal) {
    if (!got) return tl::unexpected(got.error());
    print(*got, terminal);
    if (arguments.qr) print_qr(text_of(at(got->json, "line")), terminal);
    return Exit::ok;
}

// `request`: zero for an invitation.
Outcome<Exit> propose(const std::string& code_text, const std::string& name, const RequestId& request,
                      const SigningKey& key, const NodeClient& node, const Terminal& terminal) {
    const auto code = DivisionCode::parse(code_text);
    if (!code) return fail(code.error(), terminal);
    const auto status = node.get("/v1/status");
    if (!status) return tl::unexpected(status.error());
    const auto parent = NodeId::parse_hex(text_of(at(at(status->json, "node"), "id")));
    if (!parent) return fail(Refusal(Code::bad_answer, "node", {}, "xinwang.status/1"), terminal);
    Order order{*parent,       *code,   name, *OrderId::from(random_bytes(OrderId::size)),
                wall_now().ms, request, {},   {}};
    order.proposed = word_of(order, OrderRole::proposes, key);
    auto got = node.post("/v1/orders", dumped({{"code", code_text},
                                               {"name", order.name},
                                               {"parent", order.parent.hex()},
                                               {"id", order.id.hex()},
                                               {"made_ms", order.made_ms},
                                               {"request", request.is_zero() ? Json() : Json(request.hex())},
                                               {"key", order.proposed.key.hex()},
                                               {"signature", order.proposed.signature.hex()}}));
    if (!got) return tl::unexpected(got.error());
    print(*got, terminal);
    if (request.is_zero())
        terminal.err << terminal.say("须由另一名操作员批准：xinwang approve ",
                                     "another operator approves it: xinwang approve ")
                     << code_text << " --operator FILE\n";
    else
        terminal.err << terminal.say("须由另一名操作员对同一文件再次执行 xinwang certify。\n",
                                     "another operator runs xinwang certify on the same file.\n");
    return Exit::ok;
}

// What waits for approval about this division, an invitation or the given request; null when nothing does.
Outcome<Json> waiting_order(const NodeClient& node, const std::string& code, const RequestId& request,
                            const Terminal& terminal) {
    const auto got = node.get("/v1/orders?limit=1000");
    if (!got) return tl::unexpected(got.error());
    bool by_file = false;
    for (const Json& json : list(got->json, "orders")) {
        const auto asked = RequestId::parse_hex(text_of(at(json, "request")));
        if (text_of(at(json, "code")) != code || text_of(at(json, "state")) != "waiting") continue;
        if (asked.value_or(RequestId{}) == request) return json;
        by_file = by_file || asked.has_value();
    }
    if (by_file && request.is_zero()) return fail(Refusal(Code::order_by_file, "order", code), terminal);
    return Json();
}

}  // namespace

Outcome<Exit> operator_new(const Arguments& arguments, const Terminal& terminal) {
    if (const auto checked = check_name(arguments.name, "operator"); !checked)
        return fail(checked.error(), terminal);
    const auto passphrase = passphrase_for(arguments.out, arguments, terminal, Ask::twice);
    if (!passphrase) return fail(passphrase.error(), terminal);
    if (passphrase->view().empty())
        return fail(Refusal(Code::person_passphrase_missing, arguments.out), terminal);
    const auto made = make_person_key(arguments.out, KeyRole::person, arguments.name, passphrase->view());
    if (!made) return fail(made.error(), terminal);
    const Operator person{made->name, made->key.public_key()};
    print(Json{{"schema", "xinwang.operator/1"},
               {"name", person.name},
               {"key", person.key.hex()},
               {"line", operator_text(person)},
               {"file", arguments.out}},
          terminal);
    return Exit::ok;
}

// One that takes a lost key's place, or that comes in besides: `directory draft --root-public`.
Outcome<Exit> root_new(const Arguments& arguments, const Terminal& terminal) {
    if (const auto checked = check_name(arguments.name, "root key"); !checked)
        return fail(checked.error(), terminal);
    // Only a file named for it, as in `city new`: a passphrase in the environment is an operator's.
    const auto passphrase = arguments.passphrase_file.empty()
                                ? Result<SecretText>(SecretText({}))
                                : passphrase_for(arguments.out, arguments, terminal, Ask::twice);
    if (!passphrase) return fail(passphrase.error(), terminal);
    const auto made = make_person_key(arguments.out, KeyRole::root, arguments.name, passphrase->view());
    if (!made) return fail(made.error(), terminal);
    print(Json{{"schema", "xinwang.root_key/1"},
               {"name", made->name},
               {"key", made->key.public_key().hex()},
               {"file", arguments.out}},
          terminal);
    return Exit::ok;
}

Outcome<Exit> invite(const Arguments& arguments, const Terminal& terminal) {
    if (!arguments.operator_key.empty()) {
        const auto key = operator_key(arguments, terminal);
        if (!key) return fail(key.error(), terminal);
        return propose(arguments.code, arguments.name, {}, key->key, NodeClient(arguments.dir, terminal),
                       terminal);
    }
    Json body{{"code", arguments.code}};
    if (!arguments.name.empty()) body["name"] = arguments.name;
    return print_invitation(NodeClient(arguments.dir, terminal).post("/v1/invitations", dumped(body)),
                            arguments, terminal);
}

Outcome<Exit> approve(const Arguments& arguments, const Terminal& terminal) {
    const NodeClient node(arguments.dir, terminal);
    const auto waiting = waiting_order(node, arguments.code, {}, terminal);
    if (!waiting) return tl::unexpected(waiting.error());
    if (waiting->is_null()) return fail(Refusal(Code::order_missing, "order", arguments.code), terminal);
    const auto order = order_of(*waiting);
    if (!order) return fail(order.error(), terminal);
    const auto key = operator_key(arguments, terminal);
    if (!key) return fail(key.error(), terminal);
    const OrderWord word = word_of(*order, OrderRole::approves, key->key);
    return print_invitation(
        node.post(
            "/v1/orders/approve",
            dumped({{"id", order->id.hex()}, {"key", word.key.hex()}, {"signature", word.signature.hex()}})),
        arguments, terminal);
}

// A county's request is proposed by the first operator who runs this and approved by the second.
Outcome<Exit> certify(const Arguments& arguments, const Terminal& terminal) {
    const auto bytes = read_file(arguments.file, request_file_bytes_max);
    if (!bytes) return fail(bytes.error(), terminal);
    const auto request = parse_request_text(text(*bytes));
    if (!request) return fail(request.error(), terminal);
    const NodeClient node(arguments.dir, terminal);
    Json body{{"request", request_text(*request)}};
    if (!arguments.operator_key.empty()) {
        const auto waiting = waiting_order(node, request->code.text(), id_of(*request), terminal);
        if (!waiting) return tl::unexpected(waiting.error());
        const auto key = operator_key(arguments, terminal);
        if (!key) return fail(key.error(), terminal);
        if (waiting->is_null())
            return propose(request->code.text(), request->name, id_of(*request), key->key, node, terminal);
        const auto order = order_of(*waiting);
        if (!order) return fail(order.error(), terminal);
        const OrderWord word = word_of(*order, OrderRole::approves, key->key);
        body.update({{"order", order->id.hex()}, {"key", word.key.hex()}, {"signature", word.signature.hex()}});
    }
    auto got = node.post("/v1/certificates", dumped(body));
    if (!got) return tl::unexpected(got.error());
    if (const auto kept =
            write_file_atomic(arguments.out, view(text_of(at(got->json, "text"))), FileMode::open);
        !kept)
        return fail(kept.error(), terminal);
    print(*got, terminal);
    return Exit::ok;
}

Outcome<Exit> orders(const Arguments& arguments, const Terminal& terminal) {
    auto got = NodeClient(arguments.dir, terminal)
                   .get("/v1/orders?offset=" + std::to_string(arguments.offset) +
                        "&limit=" + std::to_string(arguments.limit));
    if (!got) return tl::unexpected(got.error());
    print(*got, terminal);
    return Exit::ok;
}

}  // namespace xinwang::cli
