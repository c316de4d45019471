// Shows that an order takes two persons of the directory, each with a word of their own, over the same words.
#include "topology/order.h"
#include "tests/topology/sample.h"

using namespace xinwang;
using namespace xinwang::sample;

namespace order_test {
namespace {

SigningKey key(std::uint8_t number) {
    return *SigningKey::from_seed(seed(number));
}

DirectoryStatement directory(std::initializer_list<std::uint8_t> operators) {
    DirectoryStatement s = City().statement();
    for (const std::uint8_t number : operators)
        s.operators.push_back({"操作员" + std::to_string(number), key(number).public_key()});
    return s;
}

Order order() {
    const City c;
    Order o;
    o.parent = c.city.certificate.node;
    o.code = code("990104000000");
    o.name = "南区";
    o.id.bytes.fill(9);
    o.made_ms = start.ms;
    o.proposed = word_of(o, OrderRole::proposes, key(210));
    return o;
}

}  // namespace

TEST_CASE("two persons whom the directory names, and nobody else") {
    const DirectoryStatement two = directory({210, 211});
    Order o = order();
    REQUIRE_REFUSED(check_order(o, two), Code::approval_needed);
    o.approved = word_of(o, OrderRole::approves, key(211));
    REQUIRE(check_order(o, two).has_value());
    REQUIRE(*check_word(o, OrderRole::approves, *o.approved, two) == "操作员211");
    REQUIRE_REFUSED(check_order(o, directory({})), Code::operators_few);
    REQUIRE_REFUSED(check_order(o, directory({210})), Code::operators_few);
    REQUIRE_REFUSED(check_order(o, directory({210, 212})), Code::operator_unknown);
    o.approved = word_of(o, OrderRole::approves, key(210));
    REQUIRE_REFUSED(check_order(o, two), Code::order_one_person);
    // A proposal of the other one is no approval.
    o.approved = word_of(o, OrderRole::proposes, key(211));
    REQUIRE_REFUSED(check_order(o, two), Code::order_signature);
}

TEST_CASE("every word of an order is signed, and it survives the store") {
    const DirectoryStatement two = directory({210, 211});
    Order good = order();
    REQUIRE(*parse_order(encode(good)) == good);
    good.approved = word_of(good, OrderRole::approves, key(211));
    REQUIRE(*parse_order(encode(good)) == good);
    const auto bent = [&](auto alter) {
        Order o = good;
        alter(o);
        REQUIRE_REFUSED(check_order(o, two), Code::order_signature);
    };
    bent([](Order& o) { o.parent.bytes[0] ^= 1; });
    bent([](Order& o) { o.code = code("990105000000"); });
    bent([](Order& o) { o.name = "北区"; });
    bent([](Order& o) { o.id.bytes[0] ^= 1; });
    bent([](Order& o) { o.made_ms += 1; });
    bent([](Order& o) { o.request.bytes[0] ^= 1; });
    const Bytes bytes = encode(good);
    for (std::size_t n = 0; n < bytes.size(); ++n) REQUIRE_FALSE(parse_order(View(bytes).first(n)).has_value());
    REQUIRE(needs_two(code("990104000000")));
    REQUIRE_FALSE(needs_two(code("990104001000")));
}

}  // namespace order_test
