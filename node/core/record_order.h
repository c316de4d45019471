// The order of a record's entries (WIRE.md section 4.8): which of them is the latest, whichever logs they stand
// in, whatever order those came in, and whatever the origins' clocks said. Pure.
//
// *Rationale*: lost batches come back to a node log by log, so that a correction may be there before the
// entry that it corrects. Arrival tells nothing; the headers that the origins signed do, and every holder has
// those, even of batches whose contents have expired. Within a log the chain alone decides, also where an
// earlier release wrote a falling clock into it.
#pragma once

#include <compare>
#include <vector>

#include "protocol/base/ids.h"

namespace xinwang {

struct RecordPlace {
    std::int64_t moment = 0;
    LogId log;
    Seq seq = 0;
    std::uint32_t position = 0;
    std::uint32_t tenure = 0;  // how often the record had gone to another owner (authority.h); counts first

    std::strong_ordering operator<=>(const RecordPlace& other) const;
    bool operator==(const RecordPlace&) const = default;
};

// Raises each moment to that of its predecessors in the log. Takes entries of one record, with their batches'
// created_ms as `moment`. Then places compare as section 4.8 says.
void raise_moments(std::vector<RecordPlace*> places);

}  // namespace xinwang
