// The province's answer to a package: the rows taken, the rows refused, and the reasons.
//
// parse_feedback() is pure and bounded (limits::feedback_bytes_max, limits::feedback_rows_max). A row that
// cannot be understood becomes a finding beside the good rows: a partly bad file loses nothing. Only a file
// that cannot be a feedback file at all (too large, the wrong encoding, no result column) is refused whole.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node/links/profile.h"
#include "protocol/base/ids.h"
#include "protocol/base/refusal.h"

namespace xinwang {

struct FeedbackRow {
    std::string package;    // as the header named it; parse_package_text() reads it
    std::uint32_t row = 0;  // 0: the answer names the record only
    std::optional<RecordId> record;
    FeedbackResult result = FeedbackResult::refused;
    std::string reason_code;
    std::string message;
    bool operator==(const FeedbackRow&) const = default;
};

struct FeedbackFinding {
    std::uint32_t number = 0;  // the row in the file, from 1, heading not counted
    Refusal why;
};

struct Feedback {
    std::vector<FeedbackRow> rows;
    std::vector<std::uint32_t> numbers;  // of the rows, as findings count them
    std::vector<FeedbackFinding> findings;
};

Result<Feedback> parse_feedback(View file, const LinkProfile& profile);

}  // namespace xinwang
