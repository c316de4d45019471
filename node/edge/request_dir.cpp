#include "node/edge/request_dir.h"

#include "node/edge/first_commit.h"
#include "node/edge/node_config.h"
#include "node/edge/node_keys.h"

namespace xinwang {
namespace {

constexpr std::size_t request_file_bytes_max = 4096;

Result<void> check_free(const Path& dir) {
    if (std::filesystem::exists(dir / "node.toml"))
        return refuse(Code::already_a_node, "directory", dir.string());
    return {};
}

ChildKeys child_keys(const NodeKeys& keys) {
    return {keys.sign, *keys.open.find(1), 1, keys.transport.public_key};
}

Result<CertificationRequest> pending_request(const Path& dir) {
    XW_TRY(bytes, read_file(dir / "request", request_file_bytes_max));
    return parse_request_text(xinwang::text(bytes));
}

}  // namespace

Result<CertificationRequest> make_request_in(const Path& dir, std::string_view code_text,
                                             const std::string& name, Pending pending) {
    XW_TRY_VOID(check_free(dir));
    XW_TRY(code, DivisionCode::parse(code_text));
    if (code.tier() == Tier::city)
        return refuse(Code::code_shape, "code", code_text, "county, township, village");
    XW_TRY_VOID(check_name(name, "name"));
    // The reply to the request before would fit no longer.
    if (pending == Pending::keep && std::filesystem::exists(dir / "request")) {
        XW_TRY(before, pending_request(dir));
        if (before.code != code)
            return refuse(Code::request_pending, dir.string(), before.code.text(), code.text());
    }
    XW_TRY_VOID(make_dir(dir));
    XW_TRY(keys, make_node_keys(dir / "keys"));
    XW_TRY(request, request_certificate(child_keys(keys), code, name));
    XW_TRY_VOID(write_file_atomic(dir / "request", view(request_text(request)), FileMode::shared));
    return request;
}

Result<NodeDirSummary> join_by_reply(const Path& dir, std::string_view text, const JoinOptions& options,
                                     std::string_view root) {
    XW_TRY_VOID(check_free(dir));
    XW_TRY_VOID(check_apart(options.data_listen, options.enrol_listen));
    if (!std::filesystem::exists(dir / "request"))
        return refuse(Code::request_missing, "request", dir.string());
    XW_TRY(asked, pending_request(dir));
    if (!options.code.empty() && options.code != asked.code.text())
        return refuse(Code::token_other_code, "code", options.code, asked.code.text());
    if (!std::filesystem::exists(dir / "keys")) return refuse(Code::file_missing, (dir / "keys").string());
    XW_TRY(keys, make_node_keys(dir / "keys"));
    XW_TRY(reply, parse_reply_text(text));
    XW_TRY(joined, check_reply(asked, child_keys(keys), reply, root));
    const Enrolled& enrolled = joined.enrolled;
    XW_TRY_VOID(make_store(
        dir, first_writes(joined.root, enrolled.certificate.node, enrolled.statements, enrolled.certificates)));
    NodeConfig config;
    config.data_listen = options.data_listen;
    config.enrol_listen = options.enrol_listen;
    config.parent_address = enrolled.data_address;
    config.parent_key = joined.parent_key;
    XW_TRY_VOID(write_config(dir / "node.toml", config));
    return summary_of(enrolled.certificate);
}

}  // namespace xinwang
