// What of a division's name is its own: the name without the words for what kind of place it is. Lists write
// one village as 东城居委会, 东城社区 and 东城社区居民委员会. For suggestions only (division_plan.h): a name is
// no key. Pure.
#pragma once

#include <string_view>

#include "topology/division_code.h"

namespace xinwang {

// Never empty for a name that is not.
std::string_view name_stem(std::string_view name, Tier tier);

}  // namespace xinwang
