// POST /v1/topology/move (API.md section 16).
#include <algorithm>

#include "node/api/api.h"
#include "node/core/division_rows.h"
#include "node/core/roster_rows.h"

namespace xinwang::api {
namespace {

struct MoveRequest {
    DivisionCode code, parent;
    std::optional<DivisionCode> to;
    std::string at;
};

Result<std::string> text_of(const Json& body, const char* name) {
    const auto it = body.find(name);
    if (it == body.end() || it->is_null()) return std::string();
    if (!it->is_string()) return refuse(Code::bad_request, name, it->dump().substr(0, 40), "text");
    return it->get<std::string>();
}

Result<MoveRequest> read_request(const Request& request) {
    const Json body = Json::parse(request.body, nullptr, false);
    if (!body.is_object())
        return refuse(Code::bad_request, "body", "", "{\"code\": …, \"parent\": …, \"to\": …, \"at\": …}");
    MoveRequest out;
    XW_TRY(code_text, text_of(body, "code"));
    XW_TRY(code, DivisionCode::parse(code_text));
    out.code = code;
    XW_TRY(parent_text, text_of(body, "parent"));
    XW_TRY(parent, DivisionCode::parse(parent_text));
    out.parent = parent;
    XW_TRY(to_text, text_of(body, "to"));
    if (!to_text.empty()) {
        XW_TRY(to, DivisionCode::parse(to_text));
        out.to = to;
    }
    XW_TRY(at, text_of(body, "at"));
    XW_TRY_VOID(check_address(at, "at"));
    out.at = at;
    return out;
}

// What the lists say: the newest change by which `code` went on below `parent` (as `to`, when that is given).
Result<std::optional<std::pair<Division, Division>>> said_by_lists(const Snapshot& kept, const MoveRequest& r) {
    XW_TRY(changes, changes_of(kept, r.code));
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
        const auto was = std::find_if(change->before.begin(), change->before.end(),
                                      [&](const Division& d) { return d.code == r.code; });
        std::vector<Division> there;
        for (const Division& d : change->after)
            if (d.code.parent() == r.parent && (!r.to || d.code == *r.to)) there.push_back(d);
        if (was != change->before.end() && there.size() == 1) return std::pair(*was, there.front());
    }
    return std::nullopt;
}

Json moved_json(const Certificate& c, DivisionCode from, DivisionCode parent, bool already) {
    return {{"schema", "xinwang.topology_move/1"},
            {"already", already},
            {"node", c.node.hex()},
            {"from", from.text()},
            {"code", c.code.text()},
            {"parent", parent.text()},
            {"name", c.name},
            {"serial", c.serial}};
}

}  // namespace

Result<Response> Api::post_topology_move(const Request& request) {
    XW_TRY(wanted, read_request(request));
    XW_TRY(link, said_by_lists(node_.store.snapshot(), wanted));
    const auto to = wanted.to ? wanted.to : link ? std::optional(link->second.code) : std::nullopt;
    if (!to) return refuse(Code::move_code_needed, wanted.code.text(), "", wanted.parent.text());
    const auto former = former_holders(node_.store.snapshot(), wanted.code);
    bool already = false;
    Result<Certificate> done = refuse(Code::node_stopping);
    XW_TRY_VOID(node_.call([&](Core& core, Instant now) {
        const Certificate* there = core.roster().by_code(*to);
        already = there != nullptr && std::find(former.begin(), former.end(), there->node) != former.end();
        if (already) {
            done = *there;
            return;
        }
        MoveOrder order{wanted.code, wanted.parent, *to, {}, wanted.at, {}};
        if (const Certificate* node = core.roster().by_code(wanted.code)) {
            // A name that somebody chose for the node is left alone.
            if (link && node->name == link->first.name) order.name = link->second.name;
            order.rekeys = read_rekeys(node_.store.snapshot(), core.roster(), node->node);
        }
        done = core.move(now, order);
    }));
    if (!done) return tl::unexpected(done.error());
    return answer(already ? 200 : 201, moved_json(*done, wanted.code, wanted.parent, already));
}

}  // namespace xinwang::api
