// Links between the codes of two lists of divisions, as an operator writes them: CSV with a header,
// `old_code,new_code[,kind]` in any order, UTF-8, other columns passed over. Links say that a code that is
// gone went on as a new one, which a list alone cannot say. Kind is optional; a given kind must agree with
// the change that the links make together (division_change.h): recoded, merged, split, redrawn.
//
// Loading refuses, with the line: links_line_broken, links_code_bad, links_twice, links_kind_unknown. The
// plan, which has the lists, asks whether the codes are in them (division_plan.h). Pure; bounded as lists
// are.
#pragma once

#include "topology/division_change.h"

namespace xinwang {

struct DivisionLink {
    DivisionCode from, to;
    std::optional<DivisionChangeKind> kind;
    std::size_t line = 0;
};

// The links in the order of the file. A file with a header alone holds none.
Result<std::vector<DivisionLink>> load_division_links(std::string_view csv);

}  // namespace xinwang
