#include "topology/division_names.h"

#include <initializer_list>

namespace xinwang {
namespace {

// Takes off the first of these that the name ends with and does not consist of. Longer ones stand first.
std::string_view without_one_of(std::string_view name, std::initializer_list<std::string_view> endings) {
    for (const std::string_view ending : endings)
        if (name.size() > ending.size() && name.ends_with(ending))
            return name.substr(0, name.size() - ending.size());
    return name;
}

}  // namespace

std::string_view name_stem(std::string_view name, Tier tier) {
    switch (tier) {
        case Tier::city:
            return without_one_of(name, {"市"});
        case Tier::county:
            return without_one_of(name, {"自治县", "县", "区", "市"});
        case Tier::township:
            return without_one_of(name, {"街道办事处", "办事处", "街道", "民族乡", "地区", "镇", "乡"});
        case Tier::village:
            // 西百楼村村委会 and 西百楼村委会 are both written: the second 村 goes by itself.
            name = without_one_of(
                name, {"社区居民委员会", "社区居委会", "类似居民委员会", "类似村民委员会", "类似居委会",
                       "类似村委会", "居民委员会", "村民委员会", "居委会", "村委会", "社区"});
            return without_one_of(name, {"村"});
    }
    return name;
}

}  // namespace xinwang
