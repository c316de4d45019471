#include "node/api/api.h"

namespace xinwang::api {
namespace {

std::string joined(const std::vector<std::string_view>& segments, std::size_t from) {
    std::string out;
    for (std::size_t i = from; i < segments.size(); ++i)
        out += (i == from ? "" : "/") + std::string(segments[i]);
    return out;
}

}  // namespace

Response Api::handle(Request& request) {
    Result<Response> done = refuse(Code::wrong_method, "method", request.method, "GET, POST");
    try {
        if (request.method == "GET") done = answer_get(request);
        if (request.method == "POST") done = answer_post(request);
    } catch (const StoreCorrupt& damaged) {
        // Met by this reader, on this thread: no answer, and no reason for the node to end.
        done = tl::unexpected(damaged.refusal());
    }
    if (done) return std::move(*done);
    // What a look-up met goes on the list and is fetched again; whether the loop still takes it is its own
    // matter.
    if (done.error().code == Code::store_corrupt)
        (void)node_.call([&](Core& core, Instant) { core.suspect(done.error()); });
    return refuse_request(done.error());
}

Result<std::optional<Upload>> Api::upload(const Request& request) const {
    if (request.method == "POST" && request.path == "/v1/submissions")
        return std::optional(Upload{node_.spool, limits::file_bytes_max, {}});
    if (request.method == "POST" && request.path == "/v1/link/feedback")
        return std::optional(Upload{node_.spool, limits::feedback_bytes_max, {}});
    // A list of divisions with its links, as JSON, is larger than other bodies.
    if (request.method == "POST" &&
        (request.path == "/v1/topology/plan" || request.path == "/v1/topology/import"))
        return std::optional(Upload{node_.spool, limits::topology_body_bytes_max, {}});
    return std::nullopt;
}

Result<Response> Api::answer_get(const Request& request) {
    const auto path = path_segments(request.path);
    const std::string rest = joined(path, 1);
    if (path.empty() || path[0] != "v1") return refuse(Code::no_such_path, "path", request.path);
    if (rest == "status") return get_status();
    if (rest == "topology") return get_topology(request);
    if (rest == "catalogues") return get_catalogues();
    if (rest == "directory") return get_directory();
    if (rest == "invitations") return get_invitations(request);
    if (rest == "orders") return get_orders(request);
    if (rest == "quarantine") return get_quarantine(request);
    if (rest == "retention") return get_retention(request);
    if (rest == "keys") return get_keys(request);
    if (rest == "submissions") return get_submissions(request);
    if (rest == "records") return get_records(request);
    if (rest == "entries") return get_entries(request);
    if (rest == "receipts") return get_receipts(request);
    if (rest == "receipt-files") return get_receipt_files(request);
    if (rest == "link") return get_link(request);
    if (rest == "verify") return get_verify();
    if (rest == "backup") return get_backup();
    if (path.size() == 3 && path[1] == "submissions") return get_submission(request, std::string(path[2]));
    if (path.size() == 4 && path[1] == "topology" && path[2] == "history")
        return get_topology_history(std::string(path[3]));
    if (path.size() == 3 && path[1] == "records") return get_record(std::string(path[2]));
    return refuse(Code::no_such_path, "path", request.path);
}

Result<Response> Api::answer_post(Request& request) {
    if (request.path == "/v1/invitations") return post_invitation(request);
    if (request.path == "/v1/topology/plan") return post_topology_plan(request);
    if (request.path == "/v1/topology/recode") return post_topology_recode(request);
    if (request.path == "/v1/topology/move") return post_topology_move(request);
    if (request.path == "/v1/topology/import") return post_topology_import(request);
    if (request.path == "/v1/orders") return post_order(request);
    if (request.path == "/v1/certificates") return post_certificate(request);
    if (request.path == "/v1/orders/approve") return post_approval(request);
    if (request.path == "/v1/directory") return post_directory(request);
    if (request.path == "/v1/directory/draft") return post_draft(request);
    if (request.path == "/v1/submissions") return post_submission(request);
    if (request.path == "/v1/link/export") return post_link_export();
    if (request.path == "/v1/link/feedback") return post_link_feedback(request);
    if (request.path == "/v1/verify") return post_verify();
    if (request.path == "/v1/backup") return post_backup(request);
    if (request.path == "/v1/drain") return post_drain(request);
    if (request.path == "/v1/retention") return post_retention();
    if (request.path == "/v1/keys") return post_keys(request);
    if (request.path == "/v1/revocations") return post_revocation(request);
    if (request.path == "/v1/thaw") return post_thaw(request);
    if (request.path == "/v1/transfers") return post_transfer(request);
    return refuse(Code::no_such_path, "path", request.path);
}

Result<Response> Api::get_status() {
    Json link;
    if (node_.link != nullptr) {
        const Snapshot kept = node_.store.snapshot();
        link = link_summary(*node_.link, kept);
    }
    Json document;
    XW_TRY_VOID(node_.look([&](const Situation& s) { document = status(s, link); }));
    return answer(200, document);
}

Result<Response> Api::get_topology(const Request& request) {
    XW_TRY(page, Page::from(request.query));
    Json document;
    XW_TRY_VOID(node_.look([&](const Situation& s) { document = topology(s, page); }));
    return answer(200, document);
}

Result<Response> Api::get_catalogues() {
    Json document;
    XW_TRY_VOID(node_.look([&](const Situation& s) { document = catalogues(s); }));
    return answer(200, document);
}

Result<Response> Api::get_invitations(const Request& request) {
    XW_TRY(page, Page::from(request.query));
    Json document;
    XW_TRY_VOID(node_.look([&](const Situation& s) { document = invitations(s, page); }));
    return answer(200, document);
}

Result<Response> Api::get_quarantine(const Request& request) {
    XW_TRY(page, Page::from(request.query));
    Json document;
    XW_TRY_VOID(node_.look([&](const Situation& s) { document = quarantine(s, page); }));
    return answer(200, document);
}

}  // namespace xinwang::api
