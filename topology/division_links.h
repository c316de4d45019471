// Links between the codes of two lists of divisions, as an operator writes them: CSV with a header,
// `old_code,new_code[,kind]` in any order, UTF-8, other columns passed over. What a list alone cannot say: a
// code that is gone went on as one that is new. Kind is optional and then must agree with what the links make
// together (division_change.h): recoded, merged, split, redrawn.
//
// Loading refuses, with the line: links_line_broken, links_code_bad, links_twice, links_kind_unknown. Whether
// the codes are in the lists is asked by whoever has them (division_plan.h). Pure; bounded as lists are.
#pragma once

#include "topology/division_change.h"

namespace xinwang {

struct DivisionLink {
    DivisionCode from, to;
    std::optional<DivisionChangeKind> kind;
    std::size_t line = 0;
};

// In the order of the file. A file with a header alone holds none.
Result<std::vector<DivisionLink>> load_division_links(std::string_view csv);

}  // namespace xinwang
