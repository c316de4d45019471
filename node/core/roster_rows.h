// The roster as a node keeps it: the id of the root in `meta`, the tables of statements and certificates,
// folded again. Keys of the table: node 16, its newest certificate; node | 'k' | serial u64 big-endian, a
// rekey's body; node | 'm' | serial, a move; node | 'r', a revocation; node | 't', the transport key before
// the present one while it may still be used; hash 16 | 'w', an entry that waits for what it builds on (u8
// kind | body). Rows there were verified when they came.
#pragma once

#include "protocol/entry.h"

#include "storage/store.h"
#include "topology/roster.h"

namespace xinwang {

// The key of a rekey that the roster has taken: by node and serial, so that rekeys are read in their order.
Bytes rekey_row_key(View body);
// The key of a move that the roster has taken: by node and serial.
Bytes move_row_key(View statement);
// The changes of the node's signing key, oldest first.
std::vector<Bytes> read_rekeys(const Snapshot& kept, const Roster& roster, const NodeId& node);
Bytes revocation_row_key(const NodeId& node);
Bytes earlier_transport_row_key(const NodeId& node);
Bytes unplaced_row_key(const Entry& entry);
Bytes encode_unplaced(const Entry& entry);
// The waiting entries, by their keys.
std::map<Bytes, Entry> read_unplaced(const Snapshot& kept);
// Keys are numbers, big-endian: a scan meets the first statement first.
Put statement_row(const DirectoryStatement& statement);

// Refuses store_corrupt when the rows do not make one roster: the store has checked every value, so the
// program that wrote them was wrong. Throws StoreCorrupt for a damaged value.
Result<Roster> read_roster(const Snapshot& kept);

}  // namespace xinwang
