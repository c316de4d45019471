#include "node/api/target.h"

#include <fmt/format.h>

#include "protocol/base/limits.h"

namespace xinwang {
namespace {

tl::unexpected<Refusal> bad_target(std::string_view value, std::string_view expected) {
    return refuse(Code::bad_request, "target", value, expected);
}

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_unreserved(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

// printable() changes exactly the text that is not valid UTF-8 or holds controls, and cuts only above its
// bound.
bool is_clean(std::string_view text) {
    return printable(text, text.size() + 8) == text;
}

enum class Plus { literal, space };

Result<std::string> decode(std::string_view component, Plus plus) {
    std::string out;
    for (std::size_t i = 0; i < component.size(); ++i) {
        const char c = component[i];
        if (c == '%') {
            const int high = i + 2 < component.size() ? digit(component[i + 1]) : -1;
            const int low = i + 2 < component.size() ? digit(component[i + 2]) : -1;
            if (high < 0 || low < 0) return bad_target(component, "%XX");
            out.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        } else {
            out.push_back(c == '+' && plus == Plus::space ? ' ' : c);
        }
    }
    if (!is_clean(out)) return bad_target(out, "UTF-8 without control characters");
    return out;
}

Result<std::string> decode_path(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const auto end = std::min(path.find('/'), path.size());
        XW_TRY(segment, decode(path.substr(0, end), Plus::literal));
        const bool only_slash = out.empty() && end == path.size() && segment.empty();
        if ((segment.empty() && !only_slash) || segment == "." || segment == "..")
            return bad_target(path, "no empty, . or .. segments");
        if (segment.find('/') != std::string::npos) return bad_target(segment, "no encoded slash");
        out += '/';
        out += segment;
        path.remove_prefix(end);
    }
    return out;
}

Result<void> add_parameter(std::string_view pair, Target& target) {
    const auto equals = pair.find('=');
    XW_TRY(name, decode(pair.substr(0, equals), Plus::space));
    XW_TRY(value, decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1),
                         Plus::space));
    if (name.empty()) return bad_target(pair, "name=value");
    if (target.query.size() == limits::api_query_parameters_max)
        return refuse(Code::too_large, "query", fmt::format("{}", target.query.size() + 1),
                      fmt::format("{}", limits::api_query_parameters_max));
    if (!target.query.emplace(name, value).second) return bad_target(name, "each parameter once");
    return {};
}

}  // namespace

Result<Target> parse_target(std::string_view target) {
    if (target.size() > limits::api_header_bytes_max)
        return refuse(Code::too_large, "target", fmt::format("{}", target.size()),
                      fmt::format("{}", limits::api_header_bytes_max));
    if (target.empty() || target.front() != '/') return bad_target(target, "/path?name=value");
    if (target.find('#') != std::string_view::npos) return bad_target(target, "no fragment");
    const auto question = target.find('?');
    Target out;
    XW_TRY(path, decode_path(target.substr(0, question)));
    out.path = std::move(path);
    auto rest = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
    while (!rest.empty()) {
        const auto end = std::min(rest.find('&'), rest.size());
        XW_TRY_VOID(add_parameter(rest.substr(0, end), out));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
}

std::string encode_component(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (is_unreserved(c))
            out.push_back(c);
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::vector<std::string_view> path_segments(std::string_view path) {
    std::vector<std::string_view> out;
    while (path.size() > 1) {
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        out.push_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return out;
}

}  // namespace xinwang
