// A list of divisions as published or kept by an operator: CSV with a header, `code,name[,tier][,parent_code]`
// in any order, UTF-8 with or without a byte order mark, LF or CRLF, fields in quotes where needed. (Lists in
// GB18030 are decoded before they come here.) Other columns are passed over.
//
// Loading refuses, with the line (the header is line 1): list_line_broken (quotes, number of columns),
// list_code_bad, list_code_twice, list_tier_wrong, list_parent_wrong (not the prefix's), list_parent_missing,
// bad_name. The top, the first in code order, may be of any tier: a county's list is a list. Blank lines are
// passed over. Pure; bounded by limits::division_list_*. Names are for people and are no keys: 6,039 distinct
// names stand for Baoding's 6,826 villages.
#pragma once

#include <string>
#include <vector>

#include "protocol/base/ids.h"
#include "topology/division_code.h"

namespace xinwang {

struct Division {
    DivisionCode code;
    std::string name;
    bool operator==(const Division&) const = default;
};

class DivisionTree {
  public:
    // Refuses too_large, list_empty, list_columns and the reasons above.
    static Result<DivisionTree> load(std::string_view csv);
    // Makes a tree from the divisions that all() of a loaded tree gave, kept and read back.
    static DivisionTree of(std::vector<Division> divisions);

    // The division of a code; nullptr when the list has no such code. The pointer lives as long as the tree.
    const Division* find(DivisionCode code) const;
    // The codes directly below, in code order. Empty for a code that is not in the list.
    std::vector<DivisionCode> children(DivisionCode code) const;
    // All divisions in code order: a parent stands before its descendants.
    const std::vector<Division>& all() const { return divisions_; }
    std::size_t count(Tier tier) const;
    // BLAKE2b-256("XW-divisions" | u64 code | text16 name | …) in code order: equal lists have equal hashes,
    // whatever the order and the columns of their files.
    Hash256 hash() const;

  private:
    std::vector<Division> divisions_;
};

}  // namespace xinwang
