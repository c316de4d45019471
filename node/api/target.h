// The request target of HTTP (RFC 9112, origin form), taken apart: "/v1/records?subject=%E4%BD%A0" becomes a
// path and its parameters, percent-decoded. Pure, bounded by the header's limit. Strict: a target that could
// be read in two ways is refused, so that no two readers disagree about which thing a request names: no
// empty, "." or ".." segments, no encoded slash, no control characters, valid UTF-8 only, no parameter twice.
// "+" means a space in the query, as HTML forms write it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/refusal.h"

namespace xinwang {

struct Target {
    std::string path;  // decoded, starts with '/'
    std::map<std::string, std::string, std::less<>> query;
    bool operator==(const Target&) const = default;
};

// Parses a target. Refuses bad_request (field "target") and too_large.
Result<Target> parse_target(std::string_view target);

// Encodes one component: everything but unreserved characters.
std::string encode_component(std::string_view text);

// "/v1/records/ab" → {"v1", "records", "ab"}
std::vector<std::string_view> path_segments(std::string_view path);

}  // namespace xinwang
