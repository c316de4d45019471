#include "node/api/json.h"

#include <charconv>
#include <ctime>

namespace xinwang::api {

Json moment(Instant at) {
    if (at.ms == 0) return nullptr;
    const std::time_t seconds = at.ms / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char out[32];
    const std::size_t length = std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return std::string(out, length);
}

void put_moment(Json& into, const std::string& name, Instant at, Instant now) {
    const std::string prefix = name.empty() ? "" : name + "_";
    into[prefix + "at"] = moment(at);
    into[prefix + "age_s"] =
        at.ms == 0 ? Json(nullptr) : Json(std::max<std::int64_t>(0, (now - at).count() / 1000));
}

Json refusal_or_null(const std::optional<Refusal>& r) {
    return r ? refusal_json(*r) : Json(nullptr);
}

Json node_name(const Roster& roster, const NodeId& node) {
    const Certificate* c = roster.find(node);
    return {
        {"node", node.hex()}, {"code", c ? Json(c->code.text()) : Json(nullptr)}, {"name", c ? c->name : ""}};
}

Json log_name(const Roster& roster, const LogId& log) {
    const Certificate* c = roster.find(log.origin);
    return {{"origin", log.origin.hex()},
            {"code", c ? Json(c->code.text()) : Json(nullptr)},
            {"incarnation", log.incarnation.hex()},
            {"lane", lane_name(log.lane)},
            {"toward", log.toward.is_zero() ? Json(nullptr) : Json(log.toward.hex())},
            {"line", log.origin_line()}};
}

std::int64_t days_until(Instant at, Instant now) {
    const std::int64_t ms = (at - now).count();
    return ms >= 0 ? ms / day_ms : -((-ms + day_ms - 1) / day_ms);
}

Result<Page> Page::from(const std::map<std::string, std::string, std::less<>>& query) {
    Page page;
    const auto read = [&](const char* name, std::size_t& into, std::size_t max) -> Result<void> {
        const auto it = query.find(name);
        if (it == query.end()) return {};
        const std::string& text = it->second;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
        if (error != std::errc{} || end != text.data() + text.size() || into > max)
            return refuse(Code::bad_number, name, text, "0.." + std::to_string(max));
        return {};
    };
    XW_TRY_VOID(read("offset", page.offset, 1'000'000'000));
    XW_TRY_VOID(read("limit", page.limit, limit_max));
    return page;
}

void Page::put(Json& into, std::size_t total) const {
    into["total"] = total;
    into["offset"] = offset;
    into["limit"] = limit;
}

}  // namespace xinwang::api
