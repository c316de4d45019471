// POST /v1/topology/plan, /v1/topology/import and /v1/topology/recode (API.md section 16).
#include <algorithm>
#include <fstream>
#include <iterator>

#include "node/api/api.h"
#include "node/api/division_documents.h"
#include "node/core/division_rows.h"

namespace xinwang::api {
namespace {

// The body of plan and import.
struct ImportRequest {
    DivisionTree next;
    std::vector<DivisionLink> links;
    std::uint32_t effective = 0;
    Suggestions suggestions = Suggestions::shown;
    bool force = false;
    std::string plan;  // import alone
};

Result<std::string> divisions_body_of(const Request& request) {
    if (!request.file) return request.body;
    std::ifstream file(request.file->path(), std::ios::binary);
    if (!file) return refuse(Code::spool_failed, "spool", request.file->path().string());
    return std::string{std::istreambuf_iterator<char>(file), {}};
}

Result<std::string> text_in(const Json& body, const char* name) {
    const auto it = body.find(name);
    if (it == body.end() || it->is_null()) return std::string();
    if (!it->is_string()) return refuse(Code::bad_request, name, it->dump().substr(0, 40), "text");
    return it->get<std::string>();
}

Result<bool> flag_in(const Json& body, const char* name) {
    const auto it = body.find(name);
    if (it == body.end() || it->is_null()) return false;
    if (!it->is_boolean()) return refuse(Code::bad_request, name, it->dump().substr(0, 40), "true, false");
    return it->get<bool>();
}

Result<std::uint32_t> day_in(const Json& body, std::uint32_t today) {
    const auto it = body.find("effective");
    if (it == body.end() || it->is_null()) return today;
    const auto number = it->is_number_unsigned() ? it->get<std::uint64_t>() : 0;
    if (number > 9999'12'31 || !is_date(static_cast<std::uint32_t>(number)))
        return refuse(Code::bad_request, "effective", it->dump().substr(0, 40), "yyyymmdd");
    return static_cast<std::uint32_t>(number);
}

Result<ImportRequest> read_request(const Request& request, std::uint32_t today) {
    XW_TRY(text, divisions_body_of(request));
    const Json body = Json::parse(text, nullptr, false);
    if (!body.is_object()) return refuse(Code::bad_request, "body", "", "{\"list\": …, \"links\": …}");
    ImportRequest out;
    XW_TRY(list, text_in(body, "list"));
    XW_TRY(tree, DivisionTree::load(list));
    out.next = std::move(tree);
    XW_TRY(links, text_in(body, "links"));
    if (!links.empty()) {
        XW_TRY(loaded, load_division_links(links));
        out.links = std::move(loaded);
    }
    XW_TRY(effective, day_in(body, today));
    out.effective = effective;
    XW_TRY(accept, flag_in(body, "accept_suggestions"));
    out.suggestions = accept ? Suggestions::taken : Suggestions::shown;
    XW_TRY(force, flag_in(body, "force"));
    out.force = force;
    XW_TRY(plan, text_in(body, "plan"));
    out.plan = plan;
    return out;
}

// A plan against what this node holds.
struct Planned {
    DivisionPlan plan;
    DivisionTree kept;
    Roster roster;
    PlanNodes nodes;
};

Result<Planned> make_plan(const Node& node, const ImportRequest& request) {
    Planned out;
    std::optional<DivisionListing> listing;
    DivisionCode city;
    bool at_city = false;
    XW_TRY_VOID(node.look([&](const Situation& s) {
        out.roster = s.core.roster();
        listing = s.core.divisions();
        city = s.core.certificate().code;
        at_city = s.core.is_city();
    }));
    if (!at_city) return refuse(Code::not_at_this_node, "topology import", city.text(), "the city");
    XW_TRY(kept, read_divisions(node.store.snapshot()));
    out.kept = std::move(kept);
    std::optional<DivisionsInForce> in_force;
    if (listing) in_force = DivisionsInForce{listing->list, out.kept};
    // What is kept is not the list that was published: it cannot be compared with, only replaced.
    if (listing && out.kept.hash() != listing->hash) in_force->tree.reset();
    XW_TRY(plan, plan_divisions(city, in_force ? &*in_force : nullptr, request.next, request.links,
                                request.suggestions, request.effective));
    out.plan = std::move(plan);
    out.nodes = nodes_of_plan(out.roster, request.next, out.plan);
    return out;
}

// The change by which `from` went on as `to`, and the two in it.
Result<std::pair<Division, Division>> followed(const Snapshot& kept, DivisionCode from, DivisionCode to) {
    const auto find_in = [](const std::vector<Division>& side, DivisionCode code) {
        return std::find_if(side.begin(), side.end(), [&](const Division& d) { return d.code == code; });
    };
    XW_TRY(changes, changes_of(kept, from));
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
        const auto was = find_in(change->before, from);
        const auto now = find_in(change->after, to);
        if (was != change->before.end() && now != change->after.end()) return std::pair(*was, *now);
    }
    return refuse(Code::not_followed, from.text(), to.text());
}

Json recoded_json(const Certificate& c, DivisionCode from, bool already) {
    return {{"schema", "xinwang.topology_recode/1"},
            {"already", already},
            {"node", c.node.hex()},
            {"from", from.text()},
            {"code", c.code.text()},
            {"name", c.name},
            {"serial", c.serial}};
}

}  // namespace

Result<Response> Api::post_topology_recode(const Request& request) {
    const Json body = Json::parse(request.body, nullptr, false);
    if (!body.is_object()) return refuse(Code::bad_request, "body", "", "{\"from\": …, \"to\": …}");
    XW_TRY(from_text, text_in(body, "from"));
    XW_TRY(to_text, text_in(body, "to"));
    XW_TRY(from, DivisionCode::parse(from_text));
    XW_TRY(to, DivisionCode::parse(to_text));
    XW_TRY(link, followed(node_.store.snapshot(), from, to));
    const auto former = former_holders(node_.store.snapshot(), from);
    bool already = false;
    Result<Certificate> done = refuse(Code::node_stopping);
    XW_TRY_VOID(node_.call([&](Core& core, Instant now) {
        const Certificate* there = core.roster().by_code(to);
        already = there != nullptr && std::find(former.begin(), former.end(), there->node) != former.end();
        done = already ? Result<Certificate>(*there) : core.recode(now, link.first, link.second);
    }));
    if (!done) return tl::unexpected(done.error());
    return answer(already ? 200 : 201, recoded_json(*done, from, already));
}

Result<Response> Api::post_topology_plan(const Request& request) {
    XW_TRY(wanted, read_request(request, node_.today()));
    XW_TRY(planned, make_plan(node_, wanted));
    return answer(200, plan_json(planned.plan, &planned.roster, &planned.nodes));
}

Result<Response> Api::post_topology_import(const Request& request) {
    XW_TRY(wanted, read_request(request, node_.today()));
    XW_TRY(planned, make_plan(node_, wanted));
    const DivisionPlan& plan = planned.plan;
    if (!plan.unchanged) {
        const std::string hash = plan.hash().hex();
        if (wanted.plan != hash) return refuse(Code::plan_differs, "plan", hash, wanted.plan);
        if (planned.nodes.refusal && !wanted.force) return tl::unexpected(*planned.nodes.refusal);
        Result<void> published = refuse(Code::node_stopping);
        XW_TRY_VOID(node_.call([&](Core& core, Instant now) {
            published = core.publish_divisions(now, planned.kept, wanted.next, plan);
        }));
        XW_TRY_VOID(published);
    }
    Json out{{"schema", "xinwang.topology_import/1"}, {"already", plan.unchanged}};
    out["list"] = listing_json(plan.unchanged ? *plan.in_force : plan.listing);
    out["changes"] = plan.changes.size();
    return answer(plan.unchanged ? 200 : 201, out);
}

}  // namespace xinwang::api
