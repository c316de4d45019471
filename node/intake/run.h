// The intake job as the edge and the simulator run it: one step of a submission, its entries encoded and given
// their lane. On any thread; the store is only read.
#pragma once

#include "node/core/jobs.h"
#include "node/intake/source.h"

namespace xinwang {

inline constexpr std::size_t intake_rows_per_step = 4000;

// `today` is yyyymmdd. The file's bytes are those that the submission's id was made of.
IntakeStepped run_intake(const IntakeJob& job, FileSource& file, const JobRoom& room, std::uint32_t today,
                         std::size_t rows_max = intake_rows_per_step);

}  // namespace xinwang
