#include "topology/division_change.h"

#include <algorithm>

#include "protocol/base/codec.h"
#include "protocol/base/limits.h"

namespace xinwang {
namespace {

constexpr std::uint8_t change_version = 1;
constexpr std::uint8_t listing_kind = 0;

static_assert(2 * limits::division_change_codes_max * (10 + limits::name_bytes_max) + 64 <
              limits::entry_bytes_max);

tl::unexpected<Refusal> bad_change(std::string_view field, std::string_view value, std::string_view wanted) {
    return refuse(Code::division_entry_bad, field, value, wanted);
}

void write_side(Writer& out, const std::vector<Division>& side) {
    out.u8(static_cast<std::uint8_t>(side.size()));
    for (const Division& d : side) {
        out.u64(d.code.number());
        out.text16(d.name);
    }
}

Result<std::vector<Division>> read_side(Reader& in) {
    std::vector<Division> side;
    const std::uint8_t count = in.u8();
    if (count > limits::division_change_codes_max)
        return bad_change("codes", std::to_string(count),
                          "0.." + std::to_string(limits::division_change_codes_max));
    for (std::uint8_t i = 0; i < count; ++i) {
        const std::uint64_t number = in.u64();
        std::string name = in.text16();
        XW_TRY_VOID(in.so_far());
        XW_TRY(code, DivisionCode::from_number(number));
        XW_TRY_VOID(check_name(name, code.text()));
        if (!side.empty() && code <= side.back().code) return bad_change("codes", code.text(), "rising");
        side.push_back({code, std::move(name)});
    }
    return side;
}

Result<void> check(const DivisionChange& c) {
    const std::size_t before = c.before.size(), after = c.after.size();
    const bool linked = c.kind >= DivisionChangeKind::recoded;
    if (linked != (c.basis != LinkBasis::none))
        return bad_change("basis", link_basis_name(c.basis), "by the kind");
    bool right = false;
    if (c.kind == DivisionChangeKind::added) right = before == 0 && after == 1;
    if (c.kind == DivisionChangeKind::removed) right = before == 1 && after == 0;
    if (c.kind == DivisionChangeKind::renamed)
        right = before == 1 && after == 1 && c.before[0].code == c.after[0].code && c.before != c.after;
    if (linked) right = before > 0 && after > 0 && c.kind == link_kind(before, after);
    if (c.kind == DivisionChangeKind::recoded && right) right = c.before[0].code != c.after[0].code;
    if (!right)
        return bad_change("codes", std::to_string(before) + " -> " + std::to_string(after),
                          change_kind_name(c.kind));
    for (const auto* side : {&c.before, &c.after})
        for (const Division& d : *side)
            if (d.code.tier() != c.first().tier())
                return bad_change("codes", d.code.text(), tier_name(c.first().tier()));
    return {};
}

}  // namespace

const char* change_kind_name(DivisionChangeKind kind) {
    switch (kind) {
        case DivisionChangeKind::added:
            return "added";
        case DivisionChangeKind::removed:
            return "removed";
        case DivisionChangeKind::renamed:
            return "renamed";
        case DivisionChangeKind::recoded:
            return "recoded";
        case DivisionChangeKind::merged:
            return "merged";
        case DivisionChangeKind::split:
            return "split";
        case DivisionChangeKind::redrawn:
            return "redrawn";
    }
    return "";
}

std::optional<DivisionChangeKind> parse_change_kind(std::string_view name) {
    for (const auto kind : all_change_kinds)
        if (name == change_kind_name(kind)) return kind;
    return std::nullopt;
}

DivisionChangeKind link_kind(std::size_t before, std::size_t after) {
    if (before == 1) return after == 1 ? DivisionChangeKind::recoded : DivisionChangeKind::split;
    return after == 1 ? DivisionChangeKind::merged : DivisionChangeKind::redrawn;
}

const char* link_basis_name(LinkBasis basis) {
    switch (basis) {
        case LinkBasis::none:
            return "none";
        case LinkBasis::given:
            return "given";
        case LinkBasis::suggested:
            return "suggested";
    }
    return "";
}

DivisionCode DivisionChange::first() const {
    if (before.empty()) return after.front().code;
    if (after.empty()) return before.front().code;
    return std::min(before.front().code, after.front().code);
}

bool is_date(std::uint32_t date) {
    const std::uint32_t month = date / 100 % 100, day = date % 100;
    return date >= 1900'01'01 && date <= 9999'12'31 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

Bytes encode(const DivisionEntry& entry) {
    Writer out;
    out.u8(change_version);
    if (const auto* listing = std::get_if<DivisionListing>(&entry)) {
        out.u8(listing_kind);
        out.u32(listing->list);
        out.u32(listing->effective);
        out.u32(listing->divisions);
        out.u32(listing->changes);
        out.block(listing->hash);
        return out.take();
    }
    const auto& change = std::get<DivisionChange>(entry);
    out.u8(static_cast<std::uint8_t>(change.kind));
    out.u32(change.list);
    out.u32(change.effective);
    out.u8(static_cast<std::uint8_t>(change.basis));
    write_side(out, change.before);
    write_side(out, change.after);
    return out.take();
}

Result<DivisionEntry> parse_division_entry(View body) {
    Reader in(body, "division entry");
    const std::uint8_t its_version = in.u8(), kind = in.u8();
    const std::uint32_t list = in.u32(), effective = in.u32();
    XW_TRY_VOID(in.so_far());
    if (its_version != change_version) return bad_change("version", std::to_string(its_version), "1");
    if (list == 0) return bad_change("list", "0", "1..");
    if (!is_date(effective)) return bad_change("effective", std::to_string(effective), "yyyymmdd");
    if (kind == listing_kind) {
        DivisionListing listing{list, effective, in.u32(), in.u32(), in.block<Hash256>()};
        XW_TRY_VOID(in.finish());
        if (listing.divisions == 0) return bad_change("divisions", "0", "1..");
        return listing;
    }
    if (kind > static_cast<std::uint8_t>(DivisionChangeKind::redrawn))
        return bad_change("kind", std::to_string(kind), "0..7");
    DivisionChange change;
    change.list = list;
    change.effective = effective;
    change.kind = DivisionChangeKind{kind};
    const std::uint8_t basis = in.u8();
    XW_TRY_VOID(in.so_far());
    if (basis > static_cast<std::uint8_t>(LinkBasis::suggested))
        return bad_change("basis", std::to_string(basis), "0..2");
    change.basis = LinkBasis{basis};
    XW_TRY(before, read_side(in));
    XW_TRY(after, read_side(in));
    XW_TRY_VOID(in.finish());
    change.before = std::move(before);
    change.after = std::move(after);
    if (change.before.empty() && change.after.empty()) return bad_change("codes", "0", "1..");
    XW_TRY_VOID(check(change));
    return change;
}

}  // namespace xinwang
