#include "node/core/branches.h"

#include "protocol/base/codec.h"

namespace xinwang {
namespace {

constexpr std::string_view prefix = "branch";

}  // namespace

Branches read_branches(const Snapshot& kept) {
    Branches branches;
    kept.scan(Table::meta, view(prefix), [&](View key, View value) {
        Reader in(key.subspan(prefix.size()), "branch");
        if (const auto log = LogId::read(in)) branches[*log] = Reader(value, "branch").u64();
        return true;
    });
    return branches;
}

Put branch_row(const LogId& log, Seq from) {
    Writer key, value;
    key.raw(view(prefix));
    log.write(key);
    value.u64(from);
    return {Table::meta, key.take(), value.take()};
}

}  // namespace xinwang
