// The stem of a division's name: the name without the words for the kind of place. Lists write one village as
// 东城居委会, 东城社区 and 东城社区居民委员会. For suggestions only (division_plan.h): a name is no key. Pure.
#pragma once

#include <string_view>

#include "topology/division_code.h"

namespace xinwang {

// The stem; never empty for a name that is not empty.
std::string_view name_stem(std::string_view name, Tier tier);

}  // namespace xinwang
