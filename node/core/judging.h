// Judging: the city says of every batch that it durably holds which entries are in effect (WIRE.md
// section 8.8).
//
//   confirmed batches, by ordinal ── JudgeJob, a step at a time ──> Judged ── one commit ──> rows of the table
//   `verdicts`, the cursor, and a verdict entry toward each who is told
//
// Judging walks behind the commits, so that a batch is acknowledged no later for it, and its order is the
// city's own order of arrival: the first to say something about a record is its owner. Batches with a verdict
// from this city's past (a restored city gets it back from below) are not judged again. Entries by themselves
// were judged when they were admitted (judged_contents.h); here the index is asked, in one walk for the whole
// step, which records have a past, and only entries of those are opened. Bounded: a step ends after
// judged_per_step entries. Reads a snapshot; any thread.
#pragma once

#include "node/core/jobs.h"

namespace xinwang {

Judged run_judge(const JudgeJob& job, const JobRoom& room);

}  // namespace xinwang
