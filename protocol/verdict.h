// A verdict: the city's judgement on batches that it durably holds, entry by entry (WIRE.md section 8.8). It
// is the body of an entry of kind `verdict`, in the city's log of lane `rights` toward the node that is told.
//
//   body = u8 version (1) | log id 49 | u64 first | u64 end | u16 part | u8 last | i64 at_ms | u16 n | n ×
//   group group = u16 number | text16 field | text16 value | text16 limit | u16 m | m × (u16 from | u16 to)
//
// Every entry of the batches first .. end-1 of the log is in effect, but for those in a group, which are
// refused for the group's reason; `from` and `to` are positions, both included. A verdict with groups is
// about one batch. A verdict too large for one entry comes in parts, 0, 1, …; the part with `last` ends it. A
// batch has at most reasons_max groups in all: refusals beyond are gathered under their number alone. Pure.
#pragma once

#include <vector>

#include "protocol/base/refusal.h"
#include "protocol/envelope.h"

namespace xinwang {

struct VerdictRange {
    std::uint16_t from = 0, to = 0;  // positions, both included
    bool operator==(const VerdictRange&) const = default;
};
struct VerdictGroup {
    Refusal why;
    std::vector<VerdictRange> ranges;  // rising, apart
    bool operator==(const VerdictGroup&) const = default;
    bool covers(std::uint32_t position) const;
};

struct Verdict {
    static constexpr std::size_t reasons_max = 64;
    LogId log;
    Seq first = 0;
    Seq end = 0;
    std::uint16_t part = 0;
    bool last = true;
    std::int64_t at_ms = 0;  // the city's clock; for people
    std::vector<VerdictGroup> refused;
    bool operator==(const Verdict&) const = default;
};

// Gathers the refusals of one batch, position by position.
class VerdictGroups {
  public:
    VerdictGroups() = default;
    // Goes on from groups gathered before.
    explicit VerdictGroups(std::vector<VerdictGroup> groups) : groups_(std::move(groups)) {}
    // Requires rising positions below limits::batch_entries_max.
    void add(std::uint32_t position, const Refusal& why);
    const std::vector<VerdictGroup>& all() const { return groups_; }
    std::vector<VerdictGroup> take() { return std::move(groups_); }

  private:
    std::vector<VerdictGroup> groups_;
};

// The parts of a verdict that refuses `refused` in batch `seq`: one at least, each fit to be the body of an
// entry.
std::vector<Verdict> verdict_of_batch(const LogId& log, Seq seq, std::int64_t at_ms,
                                      const std::vector<VerdictGroup>& refused);

Bytes encode(const Verdict& verdict);
// Refuses truncated, trailing_bytes, bad_number, too_large; verdict_malformed for a malformed range.
Result<Verdict> parse_verdict(View body);

void write(Writer& out, const std::vector<VerdictGroup>& groups);
Result<std::vector<VerdictGroup>> read_verdict_groups(Reader& in);

}  // namespace xinwang
