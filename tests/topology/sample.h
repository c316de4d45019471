// A small net of the tests' own, made from fixed seeds: invented names on codes of the real shape. Everything
// is the same in every run.
#pragma once

#include <catch2/catch.hpp>

#include "protocol/base/check.h"
#include "topology/enrolment.h"

namespace xinwang::sample {

inline constexpr Instant start{1'795'485'600'000};  // 2026-11-24T02:00:00Z

inline Bytes seed(std::uint8_t number) {
    return Bytes(32, number);
}
inline DivisionCode code(std::string_view text) {
    return *DivisionCode::parse(text);
}
inline SigningKey root_key(std::uint8_t number = 0) {
    return *SigningKey::from_seed(seed(static_cast<std::uint8_t>(200 + number)));
}
inline std::vector<SigningKey> root_keys() {
    return {root_key(0), root_key(1), root_key(2)};
}

struct Node {
    ChildKeys keys;
    Certificate certificate;  // unsigned fields until issued
    Bytes bytes;
};

inline ChildKeys keys(std::uint8_t number) {
    TransportPublicKey transport;
    transport.bytes.fill(number);
    return {*SigningKey::from_seed(seed(number)), *OpeningKey::from_secret(seed(number)), 1, transport};
}

inline Certificate fields(std::uint8_t number, std::string_view code_text, const std::string& name,
                          const NodeId& parent) {
    const ChildKeys k = keys(number);
    Certificate c;
    c.node = node_id_of(k.sign.public_key());
    c.code = code(code_text);
    c.tier = c.code.tier();
    c.name = name;
    c.sign_key = k.sign.public_key();
    c.open_key = k.open.public_key();
    c.open_epoch = k.open_epoch;
    c.transport_key = k.transport;
    c.parent = parent;
    c.issued_ms = start.ms;
    c.expires_ms = start.ms + 730 * day_ms;
    return c;
}

inline Node node(std::uint8_t number, std::string_view code_text, const std::string& name, const Node* parent) {
    Node n{keys(number), fields(number, code_text, name, parent ? parent->certificate.node : NodeId{}), {}};
    n.bytes = *issue_certificate(n.certificate, parent ? parent->keys.sign : n.keys.sign);
    n.certificate = *parse_certificate(n.bytes);
    return n;
}

// One city, two counties, two townships in the first, three villages.
struct City {
    Node city = node(1, "990100000000", "甲市", nullptr);
    Node east = node(2, "990102000000", "东区", &city);
    Node west = node(3, "990103000000", "西区", &city);
    Node hill = node(4, "990102001000", "山前镇", &east);
    Node lake = node(5, "990102100000", "湖口乡", &east);
    Node first = node(6, "990102001001", "一村", &hill);
    Node second = node(7, "990102001200", "二村", &hill);
    Node third = node(8, "990102100201", "一村", &lake);

    std::vector<const Node*> all() const {
        return {&city, &east, &hill, &first, &second, &lake, &third, &west};
    }
    // Number 1: two of three root keys, no operators.
    DirectoryStatement statement() const { return *first_statement(city.bytes, root_keys(), 2, {}, start); }
    RootId root() const { return root_id_of(statement().roots); }
    Roster roster() const {
        Roster r = Roster::create(root());
        XW_CHECK(r.adopt(encode(statement())).has_value());
        for (const Node* n : all()) XW_CHECK(r.add(n->bytes).has_value());
        return r;
    }
};

}  // namespace xinwang::sample

// The expression is refused, and with this code.
#define REQUIRE_REFUSED(expression, expected)               \
    do {                                                    \
        const auto refused_result = (expression);           \
        REQUIRE_FALSE(refused_result.has_value());          \
        REQUIRE(refused_result.error().code == (expected)); \
    } while (false)

namespace xinwang {
inline std::ostream& operator<<(std::ostream& out, Code code) {
    return out << "XW-" << static_cast<int>(code);
}
}  // namespace xinwang
