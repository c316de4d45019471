// Paging of submissions that an earlier release had read: their rows get pages and notes
// (node/core/row_page.h), and their entries get the outcomes that were kept for whole records, so that
// look-ups treat them like all others (storage/FORMAT.md section 11). Paging reads snapshots and writes
// through `call` in small commits; begun again from the start it comes to the same end. One submission's rows
// are in memory, 8 bytes each.
#pragma once

#include <functional>

#include "node/core/core.h"

namespace xinwang {

// Runs a request in a turn of the loop and returns when its commit is durable.
using InTurn = std::function<Result<void>(std::function<void(Core&, Instant)>)>;

// The submissions that still need pages and are not being read.
std::vector<SubmissionId> unpaged_submissions(const Snapshot& kept);
// Pages one submission. Refuses as reading a damaged batch does, and as `call` does; the submission then
// stays as it was.
Result<void> page_submission(const Store& store, const JobRoom& room, const Submission& s, const InTurn& call);

}  // namespace xinwang
