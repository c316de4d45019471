// An order (申办单) to invite or certify a county, in the words of two persons (WIRE.md, orders). One operator
// of the directory proposes, another approves; only then does the line, or the certificate, exist.
//
//   words     = parent node 16 | u64 code | text16 name | order id 16 | i64 made_ms | request 32
//   signature = Ed25519(operator, "XW-order\0" | BLAKE2b-512(u8 role | words)); role 1 proposes, 2 approves
//
// `request` is the id of the request to certify, zero for an invitation. The role is signed, so that a
// proposal cannot be passed off as an approval. Pure values.
#pragma once

#include <optional>

#include "topology/directory_statement.h"

namespace xinwang {

using OrderId = Block<16, struct OrderIdTag>;      // random
using RequestId = Block<32, struct RequestIdTag>;  // of a certification request

enum class OrderRole : std::uint8_t { proposes = 1, approves = 2 };

struct OrderWord {
    SignPublicKey key;
    Signature signature;
    bool operator==(const OrderWord&) const = default;
};

struct Order {
    NodeId parent;  // at which node
    DivisionCode code;
    std::string name;  // the child's; may be empty
    OrderId id;
    std::int64_t made_ms = 0;
    RequestId request;
    OrderWord proposed;
    std::optional<OrderWord> approved;
    bool operator==(const Order&) const = default;
};

// True for a county: two persons must certify it.
inline bool needs_two(DivisionCode code) {
    return code.tier() == Tier::county;
}

OrderWord word_of(const Order& order, OrderRole role, const SigningKey& key);
// The operator's name. Refuses operators_few (the directory has fewer than two), operator_unknown (the key
// belongs to no operator) and order_signature.
Result<std::string> check_word(const Order& order, OrderRole role, const OrderWord& word,
                               const DirectoryStatement& directory);
// Checks both words by check_word(). Also refuses order_one_person.
Result<void> check_order(const Order& order, const DirectoryStatement& directory);

// The order as the parent keeps it: words | proposed | u8 0 or 1 | approved.
Bytes encode(const Order& order);
Result<Order> parse_order(View bytes);

}  // namespace xinwang
