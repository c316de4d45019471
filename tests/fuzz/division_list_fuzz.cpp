// Whatever the file: a refusal, or a tree in which everything but the top hangs on its parent.
#include "protocol/base/bytes.h"
#include "protocol/base/check.h"
#include "topology/division_list.h"

using namespace xinwang;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto tree = DivisionTree::load(text({bytes, size}));
    if (!tree) {
        XW_CHECK(!tree.error().line(Language::chinese).empty());
        return 0;
    }
    std::size_t children = 0;
    for (const Division& d : tree->all()) children += tree->children(d.code).size();
    XW_CHECK(children + 1 == tree->all().size());
    return 0;
}
