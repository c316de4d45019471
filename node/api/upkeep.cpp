// Backup and verification (API.md sections 11 and 13): long work that a POST starts and a GET looks at.
#include "node/api/upkeep.h"

#include "node/api/api.h"

namespace xinwang::api {
namespace {

// A member of a body, or what it is when it is not there; of another kind it is refused.
template <class T>
Result<T> member(const Json& body, const char* name, T absent, bool (Json::*is)() const noexcept,
                 const char* wanted) {
    const auto it = body.find(name);
    if (it == body.end() || it->is_null()) return absent;
    if (!((*it).*is)()) return refuse(Code::bad_request, name, it->dump().substr(0, 40), wanted);
    return it->get<T>();
}

Result<BackupOrder> order_of(const Request& request) {
    const Json body = Json::parse(request.body, nullptr, false);
    if (!body.is_object()) return refuse(Code::bad_request, "body", "", "{\"directory\": …}");
    XW_TRY(directory, member<std::string>(body, "directory", "", &Json::is_string, "text"));
    XW_TRY(with_keys, member<bool>(body, "with_keys", false, &Json::is_boolean, "true, false"));
    XW_TRY(same_disk, member<bool>(body, "same_disk", false, &Json::is_boolean, "true, false"));
    XW_TRY(rate, member<std::uint64_t>(body, "bytes_per_s_max", 0, &Json::is_number_unsigned, "a number"));
    const std::filesystem::path path(directory);
    if (!path.is_absolute()) return refuse(Code::bad_request, "directory", directory, "an absolute path");
    return BackupOrder{path.lexically_normal(), with_keys, same_disk, rate};
}

}  // namespace

Json verification_json(const Verification& result, const Roster& roster) {
    Json findings = Json::array();
    for (const auto& f : result.findings) {
        Json item = refusal_json(f.refusal);
        item["log"] = f.log ? log_name(roster, *f.log) : Json(nullptr);
        item["seq"] = f.seq ? Json(*f.seq) : Json(nullptr);
        findings.push_back(std::move(item));
    }
    return {{"ok", result.total == 0},   {"logs", result.logs},       {"batches", result.batches},
            {"expired", result.expired}, {"entries", result.entries}, {"indexed", result.indexed},
            {"values", result.values},   {"total", result.total},     {"findings", findings}};
}

Json backup_json(const BackupMade& made, Instant now) {
    Json logs = Json::array();
    for (const auto& log : made.logs) logs.push_back({{"line", log.line}, {"size", log.size}});
    Json out{{"node", made.node.hex()}, {"code", made.code}, {"name", made.name}, {"tier", made.tier}};
    out["incarnation"] = made.incarnation.hex();
    put_moment(out, "made", made.made, now);
    out["files"] = made.files;
    out["bytes"] = made.bytes;
    out["hash"] = made.hash.hex();
    out["keys"] = made.keys;
    out["logs"] = std::move(logs);
    return out;
}

Json with_schema(const char* schema, const Json& document) {
    Json out{{"schema", schema}};
    out.update(document);
    return out;
}

Json blank_verification() {
    Json out;
    for (const char* member : {"ok", "logs", "batches", "expired", "entries", "indexed", "values", "total"})
        out[member] = nullptr;
    out["findings"] = Json::array();
    return out;
}

Json blank_backup() {
    return {{"directory", nullptr}, {"with_keys", nullptr}, {"backup", nullptr}};
}

Api::Api(Node node)
    : node_(std::move(node)),
      verification_("verify", node_.now, blank_verification()),
      backup_("backup", node_.now, blank_backup()) {}

Result<Response> Api::post_verify() {
    auto roster = std::make_shared<Roster>();
    XW_TRY_VOID(node_.look([&](const Situation& s) { *roster = s.core.roster(); }));
    // One that runs already is the one that was asked for.
    const auto started =
        verification_.start(Json::object(), [this, roster](const Task::Tell& tell) -> Result<Json> {
            XW_TRY(result, verify_node(node_.store, *roster, node_.room, tell));
            return verification_json(result, *roster);
        });
    if (!started && started.error().code != Code::task_under_way) return tl::unexpected(started.error());
    return answer(202, with_schema("xinwang.verify/1", verification_.document()));
}

Result<Response> Api::get_verify() {
    return answer(200, with_schema("xinwang.verify/1", verification_.document()));
}

Result<Response> Api::post_backup(const Request& request) {
    XW_TRY(order, order_of(request));
    const Json about{{"directory", order.directory.string()}, {"with_keys", order.with_keys}};
    const auto started = backup_.start(about, [this, order](const Task::Tell& tell) -> Result<Json> {
        XW_TRY(made, node_.backup(order, tell));
        return Json{{"backup", backup_json(made, node_.now())}};
    });
    const bool same = backup_.document()["directory"] == about["directory"];
    if (!started && !same) return tl::unexpected(started.error());
    return answer(202, with_schema("xinwang.backup/1", backup_.document()));
}

Result<Response> Api::get_backup() {
    return answer(200, with_schema("xinwang.backup/1", backup_.document()));
}

Result<Response> Api::post_drain(const Request& request) {
    const Json body = Json::parse(request.body, nullptr, false);
    const auto on = body.is_object() ? body.find("on") : body.end();
    if (!body.is_object() || on == body.end() || !on->is_boolean())
        return refuse(Code::bad_request, "body", "", "{\"on\": true}");
    XW_TRY_VOID(node_.drain(on->get<bool>()));
    Json document;
    XW_TRY_VOID(node_.look([&](const Situation& s) { document = drain_json(s); }));
    return answer(200, with_schema("xinwang.drain/1", document));
}

}  // namespace xinwang::api
