#include "node/api/division_documents.h"

namespace xinwang::api {
namespace {

// A list that takes away more than this part of the nodes is asked about once more.
constexpr std::size_t gone_part = 3;

Json side_json(const std::vector<Division>& side, const Roster* roster) {
    Json list = Json::array();
    for (const Division& d : side) {
        Json item = division_json(d);
        const Certificate* node = roster ? roster->by_code(d.code) : nullptr;
        item["node"] = node ? Json(node->node.hex()) : Json(nullptr);
        list.push_back(std::move(item));
    }
    return list;
}

Json changes_json(const DivisionPlan& plan, const Roster* roster) {
    Json list = Json::array();
    for (const DivisionChange& c : plan.changes) list.push_back(change_json(c, roster));
    return list;
}

Json suggestions_json(const DivisionPlan& plan) {
    Json list = Json::array();
    for (const DivisionSuggestion& s : plan.suggestions)
        list.push_back({{"from", division_json(s.from)},
                        {"to", division_json(s.to)},
                        {"ground", suggestion_ground_name(s.ground)},
                        {"matched", s.matched},
                        {"below", s.below}});
    return {{"taken", plan.suggestions_taken}, {"total", list.size()}, {"list", std::move(list)}};
}

Json nodes_json(const PlanNodes& nodes) {
    Json gone = Json::array();
    for (const Certificate* c : nodes.gone)
        gone.push_back({{"node", c->node.hex()}, {"code", c->code.text()}, {"name", c->name}});
    return {{"total", nodes.total}, {"gone", std::move(gone)}};
}

}  // namespace

PlanNodes nodes_of_plan(const Roster& roster, const DivisionTree& next, const DivisionPlan& plan) {
    PlanNodes nodes;
    nodes.total = roster.size();
    for (const Certificate* c : roster.all()) {
        if (next.find(c->code) != nullptr) continue;
        const DivisionChange* change = plan.change_of(c->code);
        if (change == nullptr || change->after.empty()) nodes.gone.push_back(c);
    }
    if (nodes.gone.size() * gone_part > nodes.total)
        nodes.refusal = Refusal(Code::list_removes_nodes, nodes.gone.front()->code.text(),
                                std::to_string(nodes.gone.size()), std::to_string(nodes.total));
    return nodes;
}

Json change_json(const DivisionChange& c, const Roster* roster) {
    return {{"kind", change_kind_name(c.kind)},
            {"basis", link_basis_name(c.basis)},
            {"before", side_json(c.before, roster)},
            {"after", side_json(c.after, roster)}};
}

Json division_json(const Division& d) {
    return {{"code", d.code.text()}, {"name", d.name}};
}

Json listing_json(const DivisionListing& l) {
    return {{"list", l.list},
            {"effective", l.effective == 0 ? Json(nullptr) : Json(std::to_string(l.effective))},
            {"divisions", l.divisions},
            {"hash", l.hash.hex()}};
}

Json plan_json(const DivisionPlan& plan, const Roster* roster, const PlanNodes* nodes) {
    Json out{{"schema", "xinwang.topology_plan/1"}, {"plan", plan.hash().hex()}, {"already", plan.unchanged}};
    out["in_force"] = plan.in_force ? listing_json(*plan.in_force) : Json(nullptr);
    out["list"] = listing_json(plan.listing);
    Json counts = Json::object();
    for (const auto kind : all_change_kinds) counts[change_kind_name(kind)] = plan.count(kind);
    out["counts"] = std::move(counts);
    out["changes"] = changes_json(plan, roster);
    out["suggestions"] = suggestions_json(plan);
    Json moved = Json::array();
    for (const NameMoved& m : plan.names_moved)
        moved.push_back({{"now", division_json(m.now)}, {"was_of", division_json(m.was_of)}});
    out["names_moved"] = std::move(moved);
    out["nodes"] = nodes ? nodes_json(*nodes) : Json(nullptr);
    out["refusal"] = nodes ? refusal_or_null(nodes->refusal) : Json(nullptr);
    return out;
}

}  // namespace xinwang::api
