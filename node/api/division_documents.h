// The documents about lists of divisions (API.md section 16): a plan, what was published of it, the history of
// a code. Pure; the command line makes plans of two files with them, without a node.
#pragma once

#include "node/api/json.h"
#include "topology/division_plan.h"

namespace xinwang::api {

// What a plan does to nodes. `gone`: enrolled under a code that the new list has not, and nothing goes on as
// it.
struct PlanNodes {
    std::size_t total = 0;
    std::vector<const Certificate*> gone;
    // More would be gone than one list should do unasked.
    std::optional<Refusal> refusal;
};
PlanNodes nodes_of_plan(const Roster& roster, const DivisionTree& next, const DivisionPlan& plan);

// `roster` and `nodes` are null where no node stands behind it.
Json plan_json(const DivisionPlan& plan, const Roster* roster, const PlanNodes* nodes);
// kind, basis, before, after.
Json change_json(const DivisionChange& change, const Roster* roster);
Json listing_json(const DivisionListing& listing);
Json division_json(const Division& division);

}  // namespace xinwang::api
