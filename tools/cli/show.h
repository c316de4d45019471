// Documents of the node's API as people read them. Each function writes one document of API.md to `out`; none
// of them can fail, whatever the document lacks. show() picks by schema.
#pragma once

#include "tools/cli/node_client.h"
#include "tools/cli/table.h"

namespace xinwang::cli {

// Shows the document; false when its schema is not from API.md, and then nothing is written.
bool show(const Json& document, const Terminal& terminal);

void show_status(const Json& document, const Terminal& terminal);
// One row for each node of a `xinwang.status_all/1`.
void show_status_all(const Json& document, const Terminal& terminal);
// The results of invite-all, join-all and submit-all.
void show_bulk(const Json& document, const Terminal& terminal);
void show_drain(const Json& document, const Terminal& terminal);
void show_tree(const Json& document, const Terminal& terminal);
void show_topology(const Json& document, const Terminal& terminal);
void show_topology_plan(const Json& document, const Terminal& terminal);
void show_topology_recode(const Json& document, const Terminal& terminal);
void show_topology_move(const Json& document, const Terminal& terminal);
void show_topology_history(const Json& document, const Terminal& terminal);
void show_topology_import(const Json& document, const Terminal& terminal);
void show_invitation(const Json& document, const Terminal& terminal);
void show_invitations(const Json& document, const Terminal& terminal);
void show_submitted(const Json& document, const Terminal& terminal);
void show_submissions(const Json& document, const Terminal& terminal);
void show_submission(const Json& document, const Terminal& terminal);
void show_record(const Json& document, const Terminal& terminal);
void show_entries(const Json& document, const Terminal& terminal);
void show_records(const Json& document, const Terminal& terminal);
void show_transfer(const Json& document, const Terminal& terminal);
void show_receipts(const Json& document, const Terminal& terminal);
void show_receipt_verified(const Json& document, const Terminal& terminal);
void show_link(const Json& document, const Terminal& terminal);
void show_link_export(const Json& document, const Terminal& terminal);
void show_link_feedback(const Json& document, const Terminal& terminal);
void show_verify(const Json& document, const Terminal& terminal);
void show_backup(const Json& document, const Terminal& terminal);
void show_repair(const Json& document, const Terminal& terminal);
void show_restored(const Json& document, const Terminal& terminal);
void show_quarantine(const Json& document, const Terminal& terminal);
void show_retention(const Json& document, const Terminal& terminal);
void show_directory(const Json& document, const Terminal& terminal);
void show_directory_draft(const Json& document, const Terminal& terminal);
void show_directory_published(const Json& document, const Terminal& terminal);
void show_order(const Json& document, const Terminal& terminal);
void show_orders(const Json& document, const Terminal& terminal);
void show_request(const Json& document, const Terminal& terminal);
void show_certified(const Json& document, const Terminal& terminal);
void show_operator(const Json& document, const Terminal& terminal);
void show_root_key(const Json& document, const Terminal& terminal);
void show_catalogues(const Json& document, const Terminal& terminal);
void show_refusal(const Json& document, const Terminal& terminal);
void show_explain(const Json& document, const Terminal& terminal);
void show_version(const Json& document, const Terminal& terminal);
void show_keys(const Json& document, const Terminal& terminal);
void show_revocation(const Json& document, const Terminal& terminal);
void show_thaw(const Json& document, const Terminal& terminal);
void show_key_forgotten(const Json& document, const Terminal& terminal);
void show_key_store(const Json& document, const Terminal& terminal);
void show_node_dir(const Json& document, const Terminal& terminal);

// Words of the API in the reader's language; a word that is not known stays as it is.
std::string word(const Json& value, const Terminal& terminal);
Tone tone_of_grade(const Json& grade);
// The age behind `<member>_age_s`, "-" for null.
std::string age_of(const Json& object, const char* member);
// One line, made printable.
std::string clean(const std::string& text);
// "and N more" when a page does not hold everything.
void show_rest(const Json& page, const char* member, const Terminal& terminal);

}  // namespace xinwang::cli
