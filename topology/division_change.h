// The changes of a new list of divisions, as the city publishes them: entries of kind `division` in its trust
// log (WIRE.md section 12). The list itself stays at the city; some hundred changes a year go to every node,
// which learns from them which code went on as which.
//
//   body = u8 version (1) | u8 kind | u32 list | u32 effective (yyyymmdd) | rest
//   kind 0, the list:  u32 divisions | u32 changes | hash 32 of the whole list
//   kind 1..7, one change: u8 basis | u8 n | n × division | u8 m | m × division; division = u64 code | text16
//
//            before   after                             basis
//   added       0       1                                none
//   removed     1       0                                none
//   renamed     1       1   the same code                none
//   recoded     1       1   another code                 given, suggested
//   merged     2..      1                                given, suggested
//   split       1      2..                               given, suggested
//   redrawn    2..     2..                               given, suggested
//
// A code that stays stands on both sides: half of A that became B is a split of {A} into {A, B}. Codes rise on
// each side and are of one tier. There is one encoding of each value. Pure.
#pragma once

#include <variant>

#include "topology/division_list.h"

namespace xinwang {

enum class DivisionChangeKind : std::uint8_t {
    added = 1,
    removed = 2,
    renamed = 3,
    recoded = 4,
    merged = 5,
    split = 6,
    redrawn = 7,
};
inline constexpr DivisionChangeKind all_change_kinds[] = {
    DivisionChangeKind::added,   DivisionChangeKind::removed, DivisionChangeKind::renamed,
    DivisionChangeKind::recoded, DivisionChangeKind::merged,  DivisionChangeKind::split,
    DivisionChangeKind::redrawn};
const char* change_kind_name(DivisionChangeKind kind);
std::optional<DivisionChangeKind> parse_change_kind(std::string_view name);
// The kind of change that linked codes make. Requires at least one code on each side.
DivisionChangeKind link_kind(std::size_t before, std::size_t after);

// The authority that links codes: none (nothing is linked), the operator's file, or a suggestion that the
// operator took.
enum class LinkBasis : std::uint8_t { none = 0, given = 1, suggested = 2 };
const char* link_basis_name(LinkBasis basis);

struct DivisionChange {
    std::uint32_t list = 0;       // the number of the list that brought it, from 1
    std::uint32_t effective = 0;  // yyyymmdd
    DivisionChangeKind kind = DivisionChangeKind::added;
    LinkBasis basis = LinkBasis::none;
    std::vector<Division> before, after;
    bool operator==(const DivisionChange&) const = default;

    // The smallest code of either side: in one list no two changes share it.
    DivisionCode first() const;
};

// The list that is in force from now on.
struct DivisionListing {
    std::uint32_t list = 0;
    std::uint32_t effective = 0;
    std::uint32_t divisions = 0;
    std::uint32_t changes = 0;  // so many entries of this list follow
    Hash256 hash;
    bool operator==(const DivisionListing&) const = default;
};

using DivisionEntry = std::variant<DivisionListing, DivisionChange>;
Bytes encode(const DivisionEntry& entry);
// Refuses truncated, trailing_bytes, division_entry_bad, bad_name and code refusals.
Result<DivisionEntry> parse_division_entry(View body);

// True for yyyymmdd with a month and a day that exist in some year.
bool is_date(std::uint32_t date);

}  // namespace xinwang
