// GET and POST /v1/keys, POST /v1/revocations (API.md sections 17 and 18): this node's own keys, the horizon of
// all certificates below it, and taking a node out.
#include <algorithm>

#include "node/api/api.h"

namespace xinwang::api {
namespace {

constexpr std::int64_t soon_days = 30;

const char* grade_of(std::int64_t days) {
    return days < 0 ? "broken" : days < soon_days ? "attention" : "ok";
}

Json opening_json(const Certificate& c, Instant now) {
    Json out{{"epoch", opening_at(c, now).second}, {"next_epoch", nullptr}, {"next_from_at", nullptr}};
    if (c.next_open && c.next_open->from_ms > now.ms) {
        out["next_epoch"] = c.next_open->epoch;
        out["next_from_at"] = moment({c.next_open->from_ms});
    }
    return out;
}

Json certificate_json(const Roster& roster, const Certificate& c, Instant now) {
    const auto days = days_until({c.expires_ms}, now);
    Json row = node_name(roster, c.node);
    row["tier"] = tier_name(c.tier);
    row["serial"] = c.serial;
    row["grade"] = grade_of(days);
    row["issued_at"] = moment({c.issued_ms});
    row["expires_at"] = moment({c.expires_ms});
    row["expires_days"] = days;
    row["opening"] = opening_json(c, now);
    row["sign_keys"] = roster.sign_keys(c.node).size();
    return row;
}

Json own_keys(const Situation& s) {
    const Core& core = s.core;
    const Certificate& c = core.certificate();
    Json own = certificate_json(core.roster(), c, s.now);
    own["sign_key"] = c.sign_key.hex();
    own["transport_key"] = c.transport_key.hex();
    Json epochs = Json::array();
    if (core.identity().open_keys)
        for (const std::uint32_t epoch : core.identity().open_keys->epochs()) epochs.push_back(epoch);
    own["opening"]["held_epochs"] = std::move(epochs);
    const RenewalNeed need = renewal_need(c, core.renewal_terms(), s.now);
    Json due = Json::array();
    if (need.term) due.push_back("term");
    if (need.opening) due.push_back("opening");
    if (core.identity().next_sign) due.push_back("sign");
    if (core.identity().next_transport) due.push_back("transport");
    own["due"] = std::move(due);
    own["refusal"] = refusal_or_null(core.renewal_refusal());
    return own;
}

// Everyone below, those that end first in front.
Json horizon(const Situation& s, const Page& page) {
    const Roster& roster = s.core.roster();
    std::vector<const Certificate*> below;
    for (const Certificate* c : roster.all())
        if (roster.is_below(c->node, s.core.identity().node)) below.push_back(c);
    std::stable_sort(below.begin(), below.end(),
                     [](const auto* a, const auto* b) { return a->expires_ms < b->expires_ms; });
    Json list = Json::array();
    std::uint64_t ended = 0, soon = 0;
    for (std::size_t i = 0; i < below.size(); ++i) {
        const auto days = days_until({below[i]->expires_ms}, s.now);
        ended += days < 0 ? 1 : 0;
        soon += days >= 0 && days < soon_days ? 1 : 0;
        if (page.covers(i)) list.push_back(certificate_json(roster, *below[i], s.now));
    }
    Json out{{"ended", ended}, {"ending_in_30_days", soon}};
    page.put(out, below.size());
    out["list"] = std::move(list);
    return out;
}

Json revoked(const Situation& s) {
    Json list = Json::array();
    for (const auto& [node, revocation] : s.core.roster().revocations()) {
        Json row = node_name(s.core.roster(), node);
        row["by"] = node_name(s.core.roster(), revocation.revoker);
        row["reason"] = revocation.reason;
        put_moment(row, "", {revocation.at_ms}, s.now);
        list.push_back(std::move(row));
    }
    return list;
}

Json keys_document(const Situation& s, const Page& page) {
    return {{"schema", "xinwang.keys/1"},
            {"own", own_keys(s)},
            {"below", horizon(s, page)},
            {"revoked", revoked(s)}};
}

bool flag(const Json& body, const char* name) {
    const auto it = body.find(name);
    return it != body.end() && it->is_boolean() && it->get<bool>();
}

// Of the node that had the code last; null where nobody with it was taken out.
const Revocation* revoked_before(const Roster& roster, DivisionCode code) {
    const Revocation* newest = nullptr;
    for (const auto& [node, revocation] : roster.revocations())
        if (roster.find(node)->code == code && (newest == nullptr || newest->at_ms < revocation.at_ms))
            newest = &revocation;
    return newest;
}

}  // namespace

Result<Response> Api::get_keys(const Request& request) {
    XW_TRY(page, Page::from(request.query));
    Json document;
    XW_TRY_VOID(node_.look([&](const Situation& s) { document = keys_document(s, page); }));
    return answer(200, document);
}

Result<Response> Api::post_keys(const Request& request) {
    const Json body = Json::parse(request.body, nullptr, false);
    if (!body.is_object() || (!flag(body, "sign") && !flag(body, "transport")))
        return refuse(Code::bad_request, "body", "", "{\"sign\": true, \"transport\": true}, one or both");
    Result<void> done;
    XW_TRY_VOID(node_.call(
        [&](Core& core, Instant) { done = core.change_keys(flag(body, "sign"), flag(body, "transport")); }));
    if (!done) return tl::unexpected(done.error());
    Json document;
    XW_TRY_VOID(node_.look([&](const Situation& s) { document = keys_document(s, Page{0, 100}); }));
    return answer(200, document);
}

Result<Response> Api::post_revocation(const Request& request) {
    const Json body = Json::parse(request.body, nullptr, false);
    const auto text = [&](const char* name) {
        const auto it = body.find(name);
        return it != body.end() && it->is_string() ? it->get<std::string>() : std::string();
    };
    if (!body.is_object() || text("reason").empty())
        return refuse(Code::bad_request, "body", "", "{\"code\": …, \"reason\": …}");
    XW_TRY(code, DivisionCode::parse(text("code")));
    Result<NodeId> gone = refuse(Code::node_stopping);
    bool already = false;
    XW_TRY_VOID(node_.call([&](Core& core, Instant now) {
        const Certificate* held = core.roster().by_code(code);
        const NodeId node = held != nullptr ? held->node : NodeId{};
        const Revocation* before = held != nullptr ? nullptr : revoked_before(core.roster(), code);
        already = before != nullptr;
        gone = already ? Result<NodeId>(before->node)
                       : core.revoke(now, code, text("reason")).map([&] { return node; });
    }));
    if (!gone) return tl::unexpected(gone.error());
    Json document{{"schema", "xinwang.revocation/1"}, {"already", already}};
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        const Revocation& r = *s.core.roster().revocation(*gone);
        document.update(node_name(s.core.roster(), *gone));
        document["reason"] = r.reason;
        document["by"] = node_name(s.core.roster(), r.revoker);
        Json logs = Json::array();
        for (const CutOff& cut : r.logs)
            logs.push_back({{"log", log_name(s.core.roster(), cut.log)}, {"size", cut.size}});
        document["logs"] = std::move(logs);
    }));
    return answer(already ? 200 : 201, document);
}

}  // namespace xinwang::api
