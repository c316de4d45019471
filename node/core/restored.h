// The state of a node that was restored from a backup: one row of the table `meta`, from `xinwang restore`
// until the node stands again (core.h). Pure.
//
//   xinwang restore ── first start: a new incarnation ──> settling ── what its parent holds of it is back ──>
//   no row
//
// *Rationale*: between the backup and the loss the node has numbered batches that its parent holds and it
// does not. Numbering on would put a second batch under a number that is taken, so the node begins anew; and
// until the lost batches are back it seals nothing, because rows that it has published once would be
// published twice.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/time.h"

namespace xinwang {

struct RestoredRow {
    Instant made;         // the time of the backup
    bool opened = false;  // the new incarnation is open
};

inline View restored_key() {
    return view("restored");
}
Bytes encode(const RestoredRow& row);
Result<RestoredRow> decode_restored(View value);

}  // namespace xinwang
