#include "topology/order.h"

#include <algorithm>

#include "protocol/base/hash.h"

namespace xinwang {
namespace {

constexpr std::size_t operators_min = 2;

void write_words(Writer& out, const Order& order) {
    out.block(order.parent);
    out.u64(order.code.number());
    out.text16(order.name);
    out.block(order.id);
    out.i64(order.made_ms);
    out.block(order.request);
}

Bytes to_sign(const Order& order, OrderRole role) {
    Writer words;
    words.u8(static_cast<std::uint8_t>(role));
    write_words(words, order);
    return text_to_sign("XW-order", words.bytes());
}

void write_word(Writer& out, const OrderWord& word) {
    out.block(word.key);
    out.block(word.signature);
}

OrderWord read_word(Reader& in) {
    OrderWord word;
    word.key = in.block<SignPublicKey>();
    word.signature = in.block<Signature>();
    return word;
}

}  // namespace

OrderWord word_of(const Order& order, OrderRole role, const SigningKey& key) {
    return {key.public_key(), key.sign(to_sign(order, role))};
}

Result<std::string> check_word(const Order& order, OrderRole role, const OrderWord& word,
                               const DirectoryStatement& directory) {
    const auto& operators = directory.operators;
    if (operators.size() < operators_min)
        return refuse(Code::operators_few, order.code.text(), std::to_string(operators.size()),
                      std::to_string(operators_min));
    const auto person =
        std::find_if(operators.begin(), operators.end(), [&](const Operator& o) { return o.key == word.key; });
    if (person == operators.end()) return refuse(Code::operator_unknown, "operator", word.key.hex());
    if (!verify(word.key, to_sign(order, role), word.signature))
        return refuse(Code::order_signature, order.code.text(), person->name);
    return person->name;
}

Result<void> check_order(const Order& order, const DirectoryStatement& directory) {
    XW_TRY(proposer, check_word(order, OrderRole::proposes, order.proposed, directory));
    if (!order.approved) return refuse(Code::approval_needed, order.code.text());
    XW_TRY_VOID(check_word(order, OrderRole::approves, *order.approved, directory));
    if (order.approved->key == order.proposed.key)
        return refuse(Code::order_one_person, order.code.text(), proposer);
    return {};
}

Bytes encode(const Order& order) {
    Writer out;
    write_words(out, order);
    write_word(out, order.proposed);
    out.u8(order.approved ? 1 : 0);
    if (order.approved) write_word(out, *order.approved);
    return out.take();
}

Result<Order> parse_order(View bytes) {
    Reader in(bytes, "order");
    Order order;
    order.parent = in.block<NodeId>();
    const std::uint64_t number = in.u64();
    order.name = in.text16();
    order.id = in.block<OrderId>();
    order.made_ms = in.i64();
    order.request = in.block<RequestId>();
    order.proposed = read_word(in);
    const std::uint8_t approved = in.u8();
    if (approved > 1) return refuse(Code::bad_number, "approved", std::to_string(approved), "0, 1");
    if (approved == 1) order.approved = read_word(in);
    XW_TRY_VOID(in.finish());
    XW_TRY(code, DivisionCode::from_number(number));
    order.code = code;
    if (!order.name.empty()) XW_TRY_VOID(check_name(order.name, order.code.text()));
    return order;
}

}  // namespace xinwang
