// Refusals in the local API (API.md, Refusals): their JSON form and their HTTP status. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "node/api/http.h"

namespace xinwang {

// The refusal's number, name, field, value, limit, zh and en, in this order; without a schema, because it
// also stands inside other documents.
nlohmann::ordered_json refusal_json(const Refusal& refusal);

// The status from the table in API.md; `data refused` (422) for a refusal of no special kind.
int http_status(Code code);

// A refusal as a whole answer.
Response refuse_request(const Refusal& refusal);
// A document as an answer; it must carry its schema.
Response answer(int status, const nlohmann::ordered_json& document);

}  // namespace xinwang
