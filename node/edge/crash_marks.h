// Marks that a process leaves when it dies of itself: one for each SIGABRT, SIGBUS, SIGSEGV, SIGFPE or SIGILL, in a
// file of its node's directory. kill -9, power cuts and orderly ends leave none.
//
// *Rationale*: LMDB answers damage to its own pages with an assertion or a bus error, and a service that is started
// again meets the same page at every start (RELIABILITY.md section 2, rule 11). Who opens the store can count.
#pragma once

#include <filesystem>

#include "protocol/base/refusal.h"
#include "protocol/base/time.h"

namespace xinwang {

// From here on for the life of the process; once. Refuses cannot_write_file.
Result<void> leave_crash_marks(const std::filesystem::path& file);
// How many were left in the `within` before `now`.
std::size_t recent_crashes(const std::filesystem::path& file, Instant now, Duration within);

}  // namespace xinwang
