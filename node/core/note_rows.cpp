#include "node/core/note_rows.h"

namespace xinwang {

Bytes head_row_key(const LogId& log) {
    Writer key;
    log.write(key);
    return key.take();
}

Bytes receipt_row_key(const LogId& log, const NodeId& ancestor) {
    Writer key;
    log.write(key);
    key.block(ancestor);
    return key.take();
}

Bytes proof_row_key(const LogId& log, const NodeId& holder) {
    Bytes key = to_bytes(view(proof_row_prefix));
    append(key, receipt_row_key(log, holder));
    return key;
}

}  // namespace xinwang
