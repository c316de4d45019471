// GET and POST /v1/retention (API.md section 14): what would go and what has gone, and letting it go.
#include "node/core/retention.h"
#include "node/api/api.h"

namespace xinwang::api {
namespace {

constexpr std::uint64_t step_batches = 20;  // through one snapshot
constexpr std::size_t batches_per_turn = 50;

Json reasons_json(const std::vector<ExpiryReason>& reasons) {
    Json list = Json::array();
    for (const ExpiryReason& r : reasons)
        list.push_back({{"rule", r.rule},
                        {"entries", r.entries},
                        {"until", r.until ? Json(std::to_string(r.until)) : Json(nullptr)}});
    return list;
}

Json due_json(const Roster& roster, const DueBatch& due) {
    return {{"log", log_name(roster, due.name.log)},
            {"seq", due.name.seq},
            {"batch", due.id.hex()},
            {"entries", due.entries},
            {"bytes", due.bytes},
            {"reasons", reasons_json(due.reasons)}};
}

// One that has gone, by its statement.
Json gone_json(const Situation& s, View note) {
    const auto statement = parse_expiry(text(note));
    if (!statement) return {{"log", nullptr}, {"statement", text(note)}};
    Json item{{"log", log_name(s.core.roster(), statement->log)},
              {"seq", statement->seq},
              {"batch", statement->batch.hex()},
              {"reasons", reasons_json(statement->reasons)}};
    put_moment(item, "", {statement->seconds * 1000}, s.now);
    item["statement"] = text(note);
    return item;
}

Json gone_list(const Situation& s, const Page& page) {
    Json list = Json::array();
    std::size_t index = 0;
    s.store.snapshot().scan(Table::quarantine, {}, [&](View key, View value) {
        if (is_expired_key(key) && page.covers(index++)) list.push_back(gone_json(s, value));
        return list.size() < page.limit;
    });
    return list;
}

void put_plan(Json& into, const Roster& roster, const RetentionPlan& plan) {
    Json due = Json::array();
    std::uint64_t entries = 0;
    for (const DueBatch& batch : plan.due) {
        entries += batch.entries;
        due.push_back(due_json(roster, batch));
    }
    into["due"] = {{"total", plan.due.size()},
                   {"more", plan.more},
                   {"entries", entries},
                   {"bytes", plan.due_bytes},
                   {"list", std::move(due)}};
    into["looked_at"] = plan.batches;
    into["unconfirmed"] = plan.unconfirmed;
    into["damaged"] = plan.damaged;
}

Result<Response> retention_answer(const Node& node, const Page& page, const RetentionPlan& plan,
                                  std::optional<std::size_t> applied) {
    Json out{{"schema", "xinwang.retention/1"}, {"applied", applied ? Json(*applied) : Json(nullptr)}};
    XW_TRY_VOID(node.look([&](const Situation& s) {
        put_plan(out, s.core.roster(), plan);
        Json gone;
        page.put(gone, s.core.expired());
        gone["list"] = gone_list(s, page);
        out["gone"] = std::move(gone);
    }));
    return answer(200, out);
}

}  // namespace

Result<RetentionPlan> plan_retention(const Node& node) {
    Catalogues catalogues;
    std::map<LogId, Seq> confirmed;
    XW_TRY_VOID(node.look([&](const Situation& s) {
        catalogues = s.core.catalogues();
        confirmed = s.core.confirmed_logs();
    }));
    RetentionWalk walk(node.room, std::move(catalogues), std::move(confirmed), node.retention, node.now(),
                       node.today());
    while (!walk.step(node.store.snapshot(), step_batches)) continue;
    return walk.plan();
}

Result<std::size_t> apply_retention(const Node& node, const RetentionPlan& plan) {
    std::size_t gone = 0;
    for (std::size_t at = 0; at < plan.due.size(); at += batches_per_turn) {
        const auto first = plan.due.begin() + static_cast<std::ptrdiff_t>(at);
        const auto count = std::min(batches_per_turn, plan.due.size() - at);
        const std::vector<DueBatch> some(first, first + static_cast<std::ptrdiff_t>(count));
        // The core decides again about each.
        XW_TRY_VOID(node.call([&](Core& core, Instant now) { gone += core.prune(now, some); }));
    }
    return gone;
}

Result<Response> Api::get_retention(const Request& request) {
    XW_TRY(page, Page::from(request.query));
    XW_TRY(plan, plan_retention(node_));
    return retention_answer(node_, page, plan, std::nullopt);
}

Result<Response> Api::post_retention() {
    XW_TRY(plan, plan_retention(node_));
    XW_TRY(gone, apply_retention(node_, plan));
    return retention_answer(node_, Page(), plan, gone);
}

}  // namespace xinwang::api
