// A list of divisions as published or kept by an operator: CSV with a header, `code,name[,tier][,parent_code]`
// in any order, UTF-8 with or without a byte order mark, LF or CRLF, fields in quotes where needed. (Lists in
// GB18030 are decoded before they come here.) Other columns are passed over.
//
// Loading it refuses, with the line (the header is line 1): a bad code (bad_division_row), a code given twice,
// a parent that is not in the list or is not the prefix's, a tier that is not the code's, a name that is empty
// or holds controls. The top row may be any tier: a county's list is a list. Pure; bounded by
// limits::division_list_*. Names are for people and are no keys: 6,039 distinct names stand for Baoding's 6,826
// villages.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "topology/division_code.h"

namespace xinwang {

struct Division {
    DivisionCode code;
    std::string name;
};

class DivisionTree {
  public:
    // Refuses list_too_large, list_empty, list_columns and the reasons above.
    static Result<DivisionTree> load(std::string_view csv);

    // nullptr when the list has no such code. The pointer lives as long as the tree.
    const Division* find(DivisionCode code) const;
    // Nearest below only, in code order. Empty for a code that is not in the list.
    std::vector<DivisionCode> children(DivisionCode code) const;
    // Everything, in code order: a parent stands before what is below it.
    const std::vector<Division>& all() const { return divisions_; }
    std::size_t count(Tier tier) const;

  private:
    std::vector<Division> divisions_;
};

}  // namespace xinwang
