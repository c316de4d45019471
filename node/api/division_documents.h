// Documents about lists of divisions (API.md section 16): a plan, its published changes, the history of a
// code. Pure; the command line uses them to plan from two files, without a node.
#pragma once

#include "node/api/json.h"
#include "topology/division_plan.h"

namespace xinwang::api {

// A plan's effect on nodes. `gone`: nodes enrolled under a code that the new list lacks and that no other
// code continues.
struct PlanNodes {
    std::size_t total = 0;
    std::vector<const Certificate*> gone;
    // Set when more nodes would be gone than one list should remove unasked.
    std::optional<Refusal> refusal;
};
PlanNodes nodes_of_plan(const Roster& roster, const DivisionTree& next, const DivisionPlan& plan);

// The plan as JSON; `roster` and `nodes` are null when no node takes part.
Json plan_json(const DivisionPlan& plan, const Roster* roster, const PlanNodes* nodes);
// The change's kind, basis, before, after.
Json change_json(const DivisionChange& change, const Roster* roster);
Json listing_json(const DivisionListing& listing);
Json division_json(const Division& division);

}  // namespace xinwang::api
