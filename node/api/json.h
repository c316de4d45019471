// JSON forms that all documents share (API.md section 1): moments with their age, refusals in both languages,
// logs, pages.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "node/api/answer.h"
#include "node/core/core.h"

namespace xinwang::api {

using Json = nlohmann::ordered_json;

// The instant by RFC 3339 in UTC with seconds; null for an instant of 0.
Json moment(Instant at);
// Puts `<name>_at` and `<name>_age_s` into `into`; both null for an instant of 0. An empty name gives `at`,
// `age_s`.
void put_moment(Json& into, const std::string& name, Instant at, Instant now);

// The refusal as JSON; null for none.
Json refusal_or_null(const std::optional<Refusal>& refusal);

Json node_name(const Roster& roster, const NodeId& node);
Json log_name(const Roster& roster, const LogId& log);
// Whole days from `now` to `at`, negative when past.
std::int64_t days_until(Instant at, Instant now);

// The `offset` and `limit` of a request, with their defaults and bounds.
struct Page {
    std::size_t offset = 0;
    std::size_t limit = 100;
    static constexpr std::size_t limit_max = 1000;
    static Result<Page> from(const std::map<std::string, std::string, std::less<>>& query);
    void put(Json& into, std::size_t total) const;
    bool covers(std::size_t index) const { return index >= offset && index - offset < limit; }
};

}  // namespace xinwang::api
