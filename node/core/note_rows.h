// The keys of a log's signed notes in the store (FORMAT.md): its newest head, the receipts of its ancestors,
// and the receipts of a holder that stand as proof for expired batches (WIRE.md section 8.7).
#pragma once

#include "protocol/base/ids.h"

namespace xinwang {

inline constexpr std::string_view proof_row_prefix = "proof";

Bytes head_row_key(const LogId& log);                             // table `heads`
Bytes receipt_row_key(const LogId& log, const NodeId& ancestor);  // table `receipts`
Bytes proof_row_key(const LogId& log, const NodeId& holder);      // table `meta`

}  // namespace xinwang
