#include "node/core/restored.h"

namespace xinwang {

Bytes encode(const RestoredRow& row) {
    Writer out;
    out.i64(row.made.ms);
    out.u8(row.opened ? 1 : 0);
    return out.take();
}

Result<RestoredRow> decode_restored(View value) {
    Reader in(value, "restored row");
    RestoredRow row;
    row.made.ms = in.i64();
    row.opened = in.u8() != 0;
    XW_TRY_VOID(in.finish());
    return row;
}

}  // namespace xinwang
