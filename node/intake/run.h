// The intake job as the edge and the simulator run it: one step of a submission, with its entries encoded and
// assigned to their lane. On any thread; the store is only read.
#pragma once

#include "node/core/jobs.h"
#include "node/intake/source.h"

namespace xinwang {

inline constexpr std::size_t intake_rows_per_step = 4000;

// `today` is yyyymmdd. `file` holds the bytes from which the submission's id was made.
IntakeStepped run_intake(const IntakeJob& job, FileSource& file, const JobRoom& room, std::uint32_t today,
                         std::size_t rows_max = intake_rows_per_step);

}  // namespace xinwang
