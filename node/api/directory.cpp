// The directory's statements (API.md section 20): shown everywhere, drafted and published at the city.
#include "node/api/api.h"

namespace xinwang::api {
namespace {

Result<Json> body_of(const Request& request, const char* expected) {
    Json body = Json::parse(request.body, nullptr, false);
    if (!body.is_object()) return refuse(Code::bad_request, "body", "", expected);
    return body;
}

Result<std::vector<std::string>> texts_of(const Json& body, const char* name) {
    std::vector<std::string> texts;
    const auto it = body.find(name);
    if (it == body.end() || it->is_null()) return texts;
    if (!it->is_array()) return refuse(Code::bad_request, name, it->dump().substr(0, 40), "a list of texts");
    for (const Json& item : *it) {
        if (!item.is_string()) return refuse(Code::bad_request, name, item.dump().substr(0, 40), "text");
        texts.push_back(item.get<std::string>());
    }
    return texts;
}

Result<std::int64_t> number_of(const Json& body, const char* name, std::int64_t otherwise, std::int64_t low,
                               std::int64_t high) {
    const auto it = body.find(name);
    if (it == body.end() || it->is_null()) return otherwise;
    const auto value = it->is_number_integer() ? it->get<std::int64_t>() : low - 1;
    if (value < low || value > high)
        return refuse(Code::bad_request, name, it->dump().substr(0, 40),
                      std::to_string(low) + ".." + std::to_string(high));
    return value;
}

Result<DirectoryChange> change_of(const Json& body) {
    DirectoryChange change;
    XW_TRY(operators, texts_of(body, "add_operators"));
    for (const std::string& line : operators) {
        XW_TRY(person, parse_operator_text(line));
        change.add_operators.push_back(person);
    }
    XW_TRY(dropped, texts_of(body, "drop_operators"));
    change.drop_operators = dropped;
    XW_TRY(keys, texts_of(body, "root_keys"));
    XW_TRY(threshold, number_of(body, "threshold", 2, 1, static_cast<std::int64_t>(limits::root_keys_max)));
    if (!keys.empty()) change.roots.emplace(RootSet{static_cast<std::uint8_t>(threshold), {}});
    for (const std::string& digits : keys) {
        const auto key = SignPublicKey::parse_hex(digits);
        if (!key) return refuse(Code::bad_request, "root_keys", digits, "64 hexadecimal digits");
        change.roots->keys.push_back(*key);
    }
    XW_TRY(days, number_of(body, "days", limits::statement_days, 1, 3650));
    change.days = days;
    XW_TRY(grace, number_of(body, "grace_days", limits::grace_days, 0, 3650));
    change.grace_days = static_cast<std::uint16_t>(grace);
    return change;
}

}  // namespace

Json statement_json(const DirectoryStatement& s, Instant now) {
    Json out{{"number", s.number}, {"id", id_of(s).hex()}, {"code", s.code.text()}};
    out["previous"] = s.previous.is_zero() ? Json(nullptr) : Json(s.previous.hex());
    const DirectoryTerm end = term(s, now);
    out["issued_at"] = moment({s.issued_ms});
    out["expires_at"] = moment({s.expires_ms});
    out["expires_days"] = end.days_left;
    out["grace_days"] = s.grace_days;
    Json keys = Json::array(), operators = Json::array(), signatures = Json::array();
    for (const SignPublicKey& key : s.roots.keys) keys.push_back(key.hex());
    for (const Operator& person : s.operators)
        operators.push_back({{"name", person.name}, {"key", person.key.hex()}});
    for (const auto& one : s.signatures) signatures.push_back(one.key.hex());
    out["root"] = {{"id", root_id_of(s.roots).hex()}, {"threshold", s.roots.threshold}, {"keys", keys}};
    out["operators"] = operators;
    const auto city = parse_certificate(s.city);
    out["city"] = {{"node", city ? Json(city->node.hex()) : Json(nullptr)},
                   {"name", city ? Json(city->name) : Json(nullptr)},
                   {"serial", city ? Json(city->serial) : Json(nullptr)}};
    out["checkpoint"] = {{"incarnation", s.checkpoint.incarnation.hex()},
                         {"size", s.checkpoint.size},
                         {"root", s.checkpoint.root.hex()}};
    out["signatures"] = signatures;
    return out;
}

Result<Response> Api::get_directory() {
    Json document{{"schema", "xinwang.directory/1"}};
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        const Roster& roster = s.core.roster();
        const DirectoryStatement* newest = roster.statement();
        document["pinned_root"] = roster.root().hex();
        document["state"] = newest == nullptr ? Json(nullptr) : statement_summary(s).at("state");
        document["statement"] = newest == nullptr ? Json(nullptr) : statement_json(*newest, s.now);
        document["text"] = newest == nullptr ? Json(nullptr) : Json(statement_text(*newest));
        Json history = Json::array();
        for (const Bytes& bytes : roster.statements())
            if (const auto one = parse_statement(bytes))
                history.push_back({{"number", one->number},
                                   {"id", id_of(*one).hex()},
                                   {"issued_at", moment({one->issued_ms})},
                                   {"expires_at", moment({one->expires_ms})}});
        document["history"] = history;
    }));
    return answer(200, document);
}

Result<Response> Api::post_draft(const Request& request) {
    XW_TRY(body, body_of(request, "{\"add_operators\": […], \"root_keys\": […], …}"));
    XW_TRY(change, change_of(body));
    Result<DirectoryStatement> draft = refuse(Code::node_stopping);
    XW_TRY_VOID(node_.call([&](Core& core, Instant now) { draft = core.draft_directory(now, change); }));
    if (!draft) return tl::unexpected(draft.error());
    return answer(201, {{"schema", "xinwang.directory_draft/1"},
                        {"statement", statement_json(*draft, node_.now())},
                        {"text", statement_text(*draft)}});
}

Result<Response> Api::post_directory(const Request& request) {
    XW_TRY(body, body_of(request, "{\"text\": \"xinwang-directory1:…\"}"));
    const auto it = body.find("text");
    if (it == body.end() || !it->is_string())
        return refuse(Code::bad_request, "text", "", "xinwang-directory1:…");
    XW_TRY(statement, parse_statement_text(it->get<std::string>()));
    Result<bool> already = refuse(Code::node_stopping);
    XW_TRY_VOID(node_.call([&](Core& core, Instant) {
        const std::size_t before = core.roster().statements().size();
        already = core.publish_directory(encode(statement)).map([&] {
            return core.roster().statements().size() == before;
        });
    }));
    if (!already) return tl::unexpected(already.error());
    return answer(*already ? 200 : 201, {{"schema", "xinwang.directory_published/1"},
                                         {"number", statement.number},
                                         {"id", id_of(statement).hex()},
                                         {"already", *already}});
}

}  // namespace xinwang::api
