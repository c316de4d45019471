#include "node/core/moved_to.h"

namespace xinwang {
namespace {

Bytes row_key() {
    return to_bytes(view("parent-move"));
}

}  // namespace

Put moved_to_row(const MovedTo& to) {
    Writer out;
    out.text16(to.address);
    out.block(to.key);
    return {Table::meta, row_key(), out.take()};
}

Erase no_moved_to_row() {
    return {Table::meta, row_key()};
}

Result<std::optional<MovedTo>> read_moved_to(const Snapshot& kept) {
    XW_TRY(row, kept.get(Table::meta, row_key()));
    if (!row) return std::nullopt;
    Reader in(*row, "parent-move");
    MovedTo to{in.text16(), in.block<TransportPublicKey>()};
    XW_TRY_VOID(in.finish());
    return to;
}

}  // namespace xinwang
