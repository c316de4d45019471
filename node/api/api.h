// The API's handler: answers each request of API.md from the loop's turn, from a snapshot, or with a change
// that is durable before the answer. Called on the HTTP server's thread, one request at a time.
#pragma once

#include <filesystem>

#include "node/api/documents.h"
#include "node/api/http.h"
#include "node/api/upkeep.h"
#include "node/links/link.h"

namespace xinwang::api {

// The node as the handler sees it; outlives the handler.
struct Node {
    // Runs a request in a turn of the loop; returns when its commit is durable.
    std::function<Result<void>(std::function<void(Core&, Instant)>)> call;
    // Runs a request like `call`, with everything that a document may read.
    std::function<Result<void>(std::function<void(const Situation&)>)> look;
    std::function<Instant()> now;
    std::function<std::uint32_t()> today;  // by the machine's calendar, yyyymmdd
    const Store& store;
    const JobRoom& room;
    std::filesystem::path spool;  // files handed in, named by their submission's id
    MakeBackup backup;            // called on the backup's own thread
    Link* link = nullptr;         // null except at the city
    RetentionSetting retention = {};
    std::function<Result<void>(bool on)> drain = {};  // sends the children away, or lets them come again
};

// The batches that may go by now. Walks the whole store; on any thread but the loop's.
Result<RetentionPlan> plan_retention(const Node& node);
// Removes the plan's batches, some in each turn of the loop; returns how many went.
Result<std::size_t> apply_retention(const Node& node, const RetentionPlan& plan);

class Api {
  public:
    explicit Api(Node node);

    Response handle(Request& request);
    // The place for a body that is a file; nothing for a short text.
    Result<std::optional<Upload>> upload(const Request& request) const;

  private:
    Result<Response> answer_get(const Request& request);
    Result<Response> answer_post(Request& request);

    Result<Response> get_status();
    Result<Response> get_topology(const Request& request);
    Result<Response> get_topology_history(const std::string& code);
    Result<Response> post_topology_plan(const Request& request);
    Result<Response> post_topology_recode(const Request& request);
    Result<Response> post_topology_move(const Request& request);
    Result<Response> post_topology_import(const Request& request);
    Result<Response> get_catalogues();
    Result<Response> get_directory();
    Result<Response> post_draft(const Request& request);
    Result<Response> post_directory(const Request& request);
    Result<Response> get_invitations(const Request& request);
    Result<Response> get_quarantine(const Request& request);
    Result<Response> post_invitation(const Request& request);
    Result<void> check_listed(DivisionCode code);
    Result<Response> post_order(const Request& request);
    Result<Response> post_approval(const Request& request);
    Result<Response> post_certificate(const Request& request);
    Result<Response> get_orders(const Request& request);
    Result<Response> post_submission(Request& request);
    Result<Response> get_submissions(const Request& request);
    Result<Response> get_submission(const Request& request, const std::string& id);
    Result<Response> get_record(const std::string& id);
    Result<Response> get_records(const Request& request);
    Result<Response> get_entries(const Request& request);
    Result<Response> get_receipts(const Request& request);
    Result<Response> get_receipt_files(const Request& request);
    Result<Response> post_transfer(const Request& request);
    Result<std::string> city_code();
    Result<Response> get_link(const Request& request);
    Result<Response> post_link_export();
    Result<Response> post_link_feedback(Request& request);
    Result<Response> get_verify();
    Result<Response> post_verify();
    Result<Response> get_backup();
    Result<Response> post_backup(const Request& request);
    Result<Response> post_drain(const Request& request);
    Result<Response> get_retention(const Request& request);
    Result<Response> post_retention();
    // keys.cpp
    Result<Response> get_keys(const Request& request);
    Result<Response> post_keys(const Request& request);
    Result<Response> post_revocation(const Request& request);
    Result<Response> post_thaw(const Request& request);

    Node node_;
    Task verification_;
    Task backup_;
};

}  // namespace xinwang::api
