// The scrub: everything that the store holds is read and checked again, a little at a time, all of it once in a
// while (node/DESIGN.md, D7). Paces jobs and remembers, across restarts, how far it has come.
// Pure.
//
//   idle ── `every` after the last pass began ──> a pass: step, pause, step … ──> end ──> idle
//
// A step is one job of one short snapshot. Its size and the pause behind it make the rate: work that waits for
// the disk or for a worker meets at most one step. Where the pass stands is kept once a minute and at its end:
// a restart reads a minute's worth again.
#pragma once

#include "node/core/jobs.h"
#include "protocol/base/time.h"

namespace xinwang {

class Scrub {
  public:
    // bytes_per_s 0: never.
    Scrub(std::uint64_t bytes_per_s, Duration every) : bytes_per_s_(bytes_per_s), every_(every) {}

    static Bytes row_key();  // in the table `meta`
    Result<void> restore(View row);
    // The step that is due, while none is under way.
    std::optional<ScrubJob> next(Instant now);
    // The row to keep, when it is time for that.
    std::optional<Put> stepped(Instant now, Scrubbed done);

    bool is_off() const { return bytes_per_s_ == 0; }
    std::optional<Instant> started() const { return started_; }    // of the pass under way
    std::optional<Instant> finished() const { return finished_; }  // of the last whole one
    std::uint64_t bytes() const { return bytes_; }                 // read in this pass
    // The number of the pass under way: damage that the pass has not met again by its end is gone.
    std::uint64_t pass() const { return pass_; }

  private:
    Put row() const;

    std::uint64_t bytes_per_s_;
    Duration every_;
    StoreWalk walk_;
    bool stepping_ = false;
    std::uint64_t pass_ = 0;
    std::uint64_t bytes_ = 0;
    std::optional<Instant> started_;
    std::optional<Instant> last_started_;
    std::optional<Instant> finished_;
    Instant next_step_;
    Instant next_row_;
};

}  // namespace xinwang
