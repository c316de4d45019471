// A package: the rows of one catalogue that go to the province together, and their exact bytes as files.
//
// render() is pure and deterministic: the same package and profile give the same bytes, on any machine and
// after any crash, so a package that may or may not have been written can be written again without harm. The
// files are in the order in which they must appear: the body first, the file that says "complete" last.
//
// A row that the profile cannot carry (a character the encoding lacks, a character XML forbids, more values
// than fields) is set aside with its reason and the others go; the header counts only the rows in the body.
// CSV quotes every cell and guards formula triggers (node/DESIGN.md, F2); see guard_cell(). A package is a
// header, a body of 5,000 rows at most, and a GUID, as the provinces' platforms publish it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/links/profile.h"
#include "protocol/base/ids.h"
#include "protocol/base/refusal.h"

namespace xinwang {

using PackageGuid = Block<16, struct PackageGuidTag>;

enum class PackageAction : std::uint8_t { add = 1, correct = 2, withdraw = 3 };

struct PackageField {
    std::string code;
    std::string label;
    bool numeric = false;  // a typed numeric column: -5 is a number, not a formula
};

struct PackageRow {
    std::uint32_t row = 0;  // from 1; the province's answer names it by this
    PackageAction action = PackageAction::add;
    RecordId record;
    NodeId origin;
    std::vector<std::string> values;  // in field order; missing ones at the end are empty
};

struct Package {
    std::uint64_t number = 0;
    NodeId city_node;
    std::string city;  // division code
    std::string catalogue;
    std::vector<PackageField> fields;
    std::int64_t created_ms = 0;
    std::vector<PackageRow> rows;
};

struct PackageFile {
    std::string name;
    Bytes bytes;
    bool operator==(const PackageFile&) const = default;
};

struct SetAsideRow {
    std::uint32_t row = 0;
    RecordId record;
    Refusal why;
};

struct PackageFiles {
    std::vector<PackageFile> files;  // none when every row was set aside: nothing is sent then
    Hash256 body_hash;               // SHA-256 of the body, header lines not included
    PackageGuid guid;
    std::uint32_t rows = 0;  // in the body
    std::vector<SetAsideRow> set_aside;
};

// Renders a package. Refuses `bad_file_name` when the filled-in pattern is no plain file name, and
// `bad_profile` when the profile orders a field that the catalogue lacks or a field code cannot be an element
// name.
Result<PackageFiles> render(const Package& package, const LinkProfile& profile);
// The names of the files that render() makes, in their order; the package's fields and rows do not matter.
Result<std::vector<std::string>> package_file_names(const Package& package, const LinkProfile& profile);

// The BLAKE2b hash of city node, number and the rows' whole content: the same content gives the same GUID
// again, other content another one, even under a number that a city without its memory gives again. Marked as
// a version 8 UUID.
PackageGuid package_guid(const Package& package);
// The GUID in 8-4-4-4-12 lower-case digits.
std::string guid_text(const PackageGuid& guid);
// The number in ten digits or more: it replaces {package}, and answers name the package by it.
std::string package_text(std::uint64_t number);
// The number back from an answer; leading zeros are free. Empty when `text` is no number.
std::optional<std::uint64_t> parse_package_text(std::string_view text);

// Puts an apostrophe in front of a text cell that a spreadsheet could take for a formula (= + - @ TAB CR LF
// NUL, ＝ ＋ － ＠ first, behind any number of apostrophes). Counting the apostrophes makes the guard
// reversible: unguard_cell(guard_cell(x)) == x for every x.
std::string guard_cell(std::string_view value);
std::string_view unguard_cell(std::string_view cell);

}  // namespace xinwang
