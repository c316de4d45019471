// How refusals look in the local API (API.md, Refusals): their JSON form and their HTTP status. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "node/api/http.h"

namespace xinwang {

// number, name, field, value, limit, zh and en, in this order; no schema: it also stands inside other
// documents.
nlohmann::ordered_json refusal_json(const Refusal& refusal);

// The status of the table in API.md. `data refused` (422) is what a refusal of no special kind means.
int http_status(Code code);

// A refusal as a whole answer.
Response refuse_request(const Refusal& refusal);
// A document as an answer; it must carry its schema.
Response answer(int status, const nlohmann::ordered_json& document);

}  // namespace xinwang
