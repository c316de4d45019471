// Shows that what a list changed is found again by each of its codes, who may be invited by it, and what an
// operator is told of a node whose code or name it touches.
#include "node/core/division_rows.h"

#include <catch2/catch.hpp>

#include "storage/memory_kv.h"

using namespace xinwang;

namespace division_rows_test {
namespace {

constexpr std::uint32_t day = 20'260'701;

DivisionCode code(std::string_view text) {
    return *DivisionCode::parse(text);
}

struct Kept {
    std::unique_ptr<Store> store = *Store::open(make_memory_kv(std::make_shared<MemoryDisk>()));

    void list(std::uint32_t number, const std::vector<Division>& divisions) {
        const DivisionTree tree = DivisionTree::of(divisions);
        std::vector<Write> writes{
            listing_row({number, day, static_cast<std::uint32_t>(divisions.size()), 0, tree.hash()})};
        for (const Division& d : divisions) writes.emplace_back(division_row(d));
        REQUIRE(store->commit(writes));
    }
    void change(const DivisionChange& change) { REQUIRE(store->commit(change_rows(change))); }
    Snapshot now() const { return store->snapshot(); }

    Code note(bool at_city, std::string_view text, const std::string& name) const {
        const auto note = note_about(now(), at_city, code(text), name);
        REQUIRE(note.has_value());
        REQUIRE(note->has_value());
        return (*note)->code;
    }
    bool silent(bool at_city, std::string_view text, const std::string& name) const {
        const auto note = note_about(now(), at_city, code(text), name);
        REQUIRE(note.has_value());
        return !note->has_value();
    }
};

const Division city{code("990100000000"), "甲市"}, east{code("990102000000"), "东区"};
const Division one{code("990102001001"), "一村"}, two{code("990102001002"), "二村"};
const Division more{code("990102001005"), "二村社区"};

}  // namespace

TEST_CASE("without a list nothing is refused and nothing is noted") {
    const Kept kept;
    REQUIRE_FALSE(*read_listing(kept.now()));
    REQUIRE(read_divisions(kept.now())->all().empty());
    REQUIRE(check_invited(kept.now(), true, east.code));
    REQUIRE(kept.silent(true, "990102001001", "一村"));
}

TEST_CASE("the list and its listing are read back as they were") {
    Kept kept;
    kept.list(3, {city, east});
    REQUIRE((*read_listing(kept.now()))->list == 3);
    REQUIRE(read_divisions(kept.now())->hash() == (*read_listing(kept.now()))->hash);
    REQUIRE((*read_division(kept.now(), east.code))->name == "东区");
    REQUIRE_FALSE(*read_division(kept.now(), one.code));
    REQUIRE(kept.store->commit(std::vector<Write>{no_division_row(east.code)}));
    REQUIRE(read_divisions(kept.now())->all() == std::vector<Division>{city});
}

TEST_CASE("a change is found by each of its codes, the oldest list first") {
    Kept kept;
    kept.change({3, day, DivisionChangeKind::recoded, LinkBasis::given, {two}, {more}});
    kept.change({2, day, DivisionChangeKind::renamed, LinkBasis::none, {{two.code, "贰村"}}, {two}});
    const auto changes = changes_of(kept.now(), two.code);
    REQUIRE(changes->size() == 2);
    REQUIRE(changes->front().list == 2);
    REQUIRE(changes->back().kind == DivisionChangeKind::recoded);
    REQUIRE(changes_of(kept.now(), more.code)->size() == 1);
    REQUIRE(changes_of(kept.now(), one.code)->empty());
}

TEST_CASE("a code that is gone takes nobody, one that the city's list has not takes nobody there") {
    Kept kept;
    kept.list(2, {city, east, more});
    kept.change({2, day, DivisionChangeKind::recoded, LinkBasis::given, {two}, {more}});
    kept.change({2, day, DivisionChangeKind::removed, LinkBasis::none, {one}, {}});
    const auto refusal = [&](bool at_city, DivisionCode code) {
        const auto checked = check_invited(kept.now(), at_city, code);
        return checked ? std::nullopt : std::optional(checked.error());
    };
    REQUIRE(refusal(false, two.code)->code == Code::division_gone);
    REQUIRE(refusal(false, two.code)->value == "990102001005 二村社区");
    REQUIRE(refusal(false, one.code)->code == Code::division_gone);
    REQUIRE_FALSE(refusal(false, more.code));
    REQUIRE_FALSE(refusal(true, more.code));
    REQUIRE_FALSE(refusal(false, code("990103000000")));
    REQUIRE(refusal(true, code("990103000000"))->code == Code::division_unlisted);
}

TEST_CASE("an operator is told of codes that went, and of names that wait for the parent") {
    Kept kept;
    kept.list(2, {city, {east.code, "东新区"}, more});
    kept.change({2, day, DivisionChangeKind::recoded, LinkBasis::given, {two}, {more}});
    kept.change({2, day, DivisionChangeKind::removed, LinkBasis::none, {one}, {}});
    kept.change({2, day, DivisionChangeKind::renamed, LinkBasis::none, {east}, {{east.code, "东新区"}}});
    REQUIRE(kept.note(false, "990102001002", "二村") == Code::node_code_followed);
    REQUIRE(kept.note(false, "990102001001", "一村") == Code::node_code_gone);
    REQUIRE(kept.note(false, "990102000000", "东区") == Code::node_renamed);
    REQUIRE(kept.silent(false, "990102000000", "东新区"));
    REQUIRE(kept.silent(false, "990102000000", "东区信用办"));  // a name that somebody chose
    REQUIRE(kept.silent(false, "990102001005", "二村社区"));
    REQUIRE(kept.note(true, "990103000000", "西区") == Code::node_unlisted);
    REQUIRE(kept.silent(false, "990103000000", "西区"));
    REQUIRE(former_holders(kept.now(), two.code).empty());
    NodeId node;
    node.bytes.fill(7);
    REQUIRE(kept.store->commit(std::vector<Write>{former_holder_row(two.code, node)}));
    REQUIRE(former_holders(kept.now(), two.code) == std::vector<NodeId>{node});
}

}  // namespace division_rows_test
