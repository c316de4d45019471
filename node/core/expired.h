// A statement of expiry that somebody else made: read when an expired batch comes, and again by `verify`
// (WIRE.md section 8.7). Pure.
#pragma once

#include "protocol/expiry.h"
#include "topology/roster.h"

namespace xinwang {

// Verifies the statement by any key that the holder named in it has had. Refuses what expiry_holder() and
// verify_expiry() do, and node_unknown.
Result<ExpiryStatement> verify_statement(std::string_view note, const Roster& roster);

}  // namespace xinwang
