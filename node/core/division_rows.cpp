#include "node/core/division_rows.h"

#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/base/codec.h"
#include "storage/value.h"

namespace xinwang {
namespace {

enum class Row : std::uint8_t { listing = 0, division = 1, change = 2, of_code = 3, holder = 4 };

// Integers in keys are big-endian: the table's order is that of codes and lists.
void write_ordered(Writer& out, std::uint64_t number, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        out.u8(static_cast<std::uint8_t>(number >> shift));
}

Bytes key_of(Row row, std::initializer_list<std::pair<std::uint64_t, int>> parts) {
    Writer key;
    key.u8(static_cast<std::uint8_t>(row));
    for (const auto& [number, bytes] : parts) write_ordered(key, number, bytes);
    return key.take();
}

Bytes division_key(DivisionCode code) {
    return key_of(Row::division, {{code.number(), 8}});
}
Bytes change_key(std::uint32_t list, std::uint64_t first) {
    return key_of(Row::change, {{list, 4}, {first, 8}});
}

tl::unexpected<Refusal> corrupt(View key, std::string_view what) {
    return refuse(Code::store_corrupt, table_name(Table::divisions), hex(key), what);
}

Result<Division> division_of(View key, View value) {
    std::uint64_t number = 0;
    for (const auto b : key.subspan(1)) number = number << 8 | b;
    const auto code = DivisionCode::from_number(number);
    if (!code || !check_name(text(value), "name")) return corrupt(key, "division");
    return Division{*code, std::string(text(value))};
}

const Division* find_code(const std::vector<Division>& side, DivisionCode code) {
    const auto it = std::find_if(side.begin(), side.end(), [&](const Division& d) { return d.code == code; });
    return it == side.end() ? nullptr : &*it;
}

std::string codes_of(const std::vector<Division>& side) {
    std::string out;
    for (const Division& d : side) out += (out.empty() ? "" : " ") + d.code.text() + " " + d.name;
    return out.empty() ? "-" : out;
}

}  // namespace

Put listing_row(const DivisionListing& listing) {
    return {Table::divisions, key_of(Row::listing, {}), encode(listing)};
}

Put division_row(const Division& division) {
    return {Table::divisions, division_key(division.code), to_bytes(view(division.name))};
}

Erase no_division_row(DivisionCode code) {
    return {Table::divisions, division_key(code)};
}

std::vector<Write> change_rows(const DivisionChange& change) {
    std::vector<Write> rows;
    rows.emplace_back(Put{Table::divisions, change_key(change.list, change.first().number()), encode(change)});
    for (const auto* side : {&change.before, &change.after})
        for (const Division& d : *side)
            rows.emplace_back(Put{Table::divisions,
                                  key_of(Row::of_code, {{d.code.number(), 8}, {change.list, 4}}),
                                  key_of(Row::change, {{change.first().number(), 8}})});
    return rows;
}

Put former_holder_row(DivisionCode code, const NodeId& node) {
    Bytes key = key_of(Row::holder, {{code.number(), 8}});
    append(key, node.view());
    return {Table::divisions, std::move(key), {}};
}

std::vector<DivisionChange> read_changes(const Snapshot& kept) {
    std::vector<DivisionChange> all;
    kept.scan(Table::divisions, key_of(Row::change, {}), [&](View, View value) {
        const auto entry = parse_division_entry(value);
        // The store has checked it against its hash: what is no change was written wrong by us.
        XW_CHECK(entry && std::holds_alternative<DivisionChange>(*entry));
        all.push_back(std::get<DivisionChange>(*entry));
        return true;
    });
    return all;
}

std::vector<NodeId> former_holders(const Snapshot& kept, DivisionCode code) {
    std::vector<NodeId> nodes;
    kept.scan(Table::divisions, key_of(Row::holder, {{code.number(), 8}}), [&](View key, View) {
        if (const auto node = NodeId::from(key.last(NodeId::size))) nodes.push_back(*node);
        return true;
    });
    return nodes;
}

Result<std::optional<DivisionListing>> read_listing(const Snapshot& kept) {
    const Bytes key = key_of(Row::listing, {});
    XW_TRY(value, kept.get(Table::divisions, key));
    if (!value) return std::nullopt;
    const auto entry = parse_division_entry(*value);
    if (!entry || !std::holds_alternative<DivisionListing>(*entry)) return corrupt(key, "listing");
    return std::get<DivisionListing>(*entry);
}

Result<DivisionTree> read_divisions(const Snapshot& kept) {
    std::vector<Division> all;
    Result<void> good;
    kept.scan(Table::divisions, key_of(Row::division, {}), [&](View key, View value) {
        auto division = division_of(key, value);
        if (division)
            all.push_back(std::move(*division));
        else
            good = tl::unexpected(division.error());
        return good.has_value();
    });
    XW_TRY_VOID(good);
    return DivisionTree::of(std::move(all));
}

Result<std::optional<Division>> read_division(const Snapshot& kept, DivisionCode code) {
    const Bytes key = division_key(code);
    XW_TRY(value, kept.get(Table::divisions, key));
    if (!value) return std::nullopt;
    XW_TRY(division, division_of(key, *value));
    return division;
}

Result<std::vector<DivisionChange>> changes_of(const Snapshot& kept, DivisionCode code) {
    // Rising lists, because that is the order of the keys.
    std::vector<Bytes> keys;
    kept.scan(Table::divisions, key_of(Row::of_code, {{code.number(), 8}}), [&](View key, View first) {
        Bytes change{static_cast<std::uint8_t>(Row::change)};
        append(change, key.last(4));
        append(change, first.subspan(1));
        keys.push_back(std::move(change));
        return true;
    });
    std::vector<DivisionChange> changes;
    for (const Bytes& key : keys) {
        XW_TRY(value, kept.get(Table::divisions, key));
        const auto entry = value ? parse_division_entry(*value)
                                 : Result<DivisionEntry>(refuse(Code::store_corrupt, "divisions"));
        if (!entry || !std::holds_alternative<DivisionChange>(*entry)) return corrupt(key, "change");
        changes.push_back(std::get<DivisionChange>(*entry));
    }
    return changes;
}

Result<void> check_invited(const Snapshot& kept, bool at_city, DivisionCode code) {
    XW_TRY(listing, read_listing(kept));
    if (!listing) return {};
    XW_TRY(changes, changes_of(kept, code));
    if (!changes.empty() && find_code(changes.back().after, code) == nullptr)
        return refuse(Code::division_gone, code.text(), codes_of(changes.back().after),
                      std::to_string(changes.back().effective));
    if (!at_city) return {};
    XW_TRY(division, read_division(kept, code));
    if (!division) return refuse(Code::division_unlisted, code.text(), std::to_string(listing->list));
    return {};
}

Result<std::optional<Refusal>> note_about(const Snapshot& kept, bool at_city, DivisionCode code,
                                          const std::string& name) {
    XW_TRY(listing, read_listing(kept));
    if (!listing) return std::nullopt;
    XW_TRY(changes, changes_of(kept, code));
    if (changes.empty()) {
        if (!at_city) return std::nullopt;
        XW_TRY(division, read_division(kept, code));
        if (division) return std::nullopt;
        return Refusal(Code::node_unlisted, code.text(), name, std::to_string(listing->list));
    }
    const DivisionChange& last = changes.back();
    const std::string day = std::to_string(last.effective);
    const Division* now = find_code(last.after, code);
    if (now == nullptr && last.after.empty()) return Refusal(Code::node_code_gone, code.text(), name, day);
    if (now == nullptr) return Refusal(Code::node_code_followed, code.text(), codes_of(last.after), day);
    const Division* was = find_code(last.before, code);
    if (was == nullptr || was->name == now->name || was->name != name) return std::nullopt;
    return Refusal(Code::node_renamed, code.text(), name, now->name);
}

}  // namespace xinwang
