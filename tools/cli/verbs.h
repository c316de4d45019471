// The verbs of `xinwang VERB`, run once the arguments are read. Each verb prints its document (as it came
// with -o json, else for people) and returns its exit code, or the failure that ended it.
#pragma once

#include <string>
#include <vector>

#include "tools/cli/terminal.h"

namespace xinwang::cli {

// The arguments of all verbs; each verb reads its own.
struct Arguments {
    std::string dir;
    std::vector<std::string> dirs;  // status

    std::string code, name, data_listen, enrol_listen, catalogues, profile;  // city new, invite, join
    std::vector<std::string> root_keys;                                      // city new
    int threshold = 2;
    std::vector<std::string> operators, drop_operators, files;  // city new, directory
    std::int64_t days = 0, grace_days = -1;
    std::string operator_key, passphrase_file, passphrase;  // the environment's, unless a file is named
    bool qr = false;
    std::string root;  // join, receipt verify
    std::string line;  // join; "-" reads it from stdin

    std::string file, catalogue, action = "publish", encoding = "auto";  // submit, link feedback
    std::string id;                                                      // submission, record, receipt
    std::string subject, from, to;                                       // record
    bool wait = false;
    std::string until = "city";
    double timeout_s = 600;
    std::string rows = "refused";
    std::uint64_t offset = 0;
    std::uint64_t after = 0;  // submission
    std::uint64_t limit = 100;
    bool apply = false;  // retention
    std::string out;     // receipt
    std::string number;  // explain
    // backup, restore; `file` is the backup's directory
    bool with_keys = false;
    bool same_disk = false;
    bool force = false;
    std::string rate = "off";
    std::string keys;
    std::string host;                       // join-all, submit-all: the host's directory
    std::string against, links, effective;  // topology import; `file` is the new list
    bool accept_suggestions = false;
    bool yes = false;
    bool dry_run = false;
    bool off = false;
    bool sign = false, transport = false;  // key renew
    std::string reason;                    // revoke, thaw, record transfer
    std::string parent, at;                // topology move
    std::uint32_t epoch = 0;               // key forget
    std::uint32_t row = 0;                 // receipt
};

using Verb = Outcome<Exit> (*)(const Arguments&, const Terminal&);

// enrol.cpp
Outcome<Exit> city_new(const Arguments&, const Terminal&);
Outcome<Exit> request(const Arguments&, const Terminal&);
Outcome<Exit> join_parent(const Arguments&, const Terminal&);
// divisions.cpp
Outcome<Exit> topology_import(const Arguments&, const Terminal&);
Outcome<Exit> topology_recode(const Arguments&, const Terminal&);
Outcome<Exit> topology_move(const Arguments&, const Terminal&);
Outcome<Exit> topology_history(const Arguments&, const Terminal&);
// keys.cpp
Outcome<Exit> check_key(const Arguments&, const Terminal&);
Outcome<Exit> key_renew(const Arguments&, const Terminal&);
Outcome<Exit> revoke(const Arguments&, const Terminal&);
Outcome<Exit> thaw(const Arguments&, const Terminal&);
Outcome<Exit> key_forget(const Arguments&, const Terminal&);
Outcome<Exit> key_protect(const Arguments&, const Terminal&);
// orders.cpp
Outcome<Exit> operator_new(const Arguments&, const Terminal&);
Outcome<Exit> root_new(const Arguments&, const Terminal&);
Outcome<Exit> invite(const Arguments&, const Terminal&);
Outcome<Exit> approve(const Arguments&, const Terminal&);
Outcome<Exit> certify(const Arguments&, const Terminal&);
Outcome<Exit> orders(const Arguments&, const Terminal&);
// directory.cpp
Outcome<Exit> directory_show(const Arguments&, const Terminal&);
Outcome<Exit> directory_draft(const Arguments&, const Terminal&);
Outcome<Exit> directory_sign(const Arguments&, const Terminal&);
Outcome<Exit> directory_check(const Arguments&, const Terminal&);
Outcome<Exit> directory_publish(const Arguments&, const Terminal&);
// verbs.cpp
Outcome<Exit> invitations(const Arguments&, const Terminal&);
Outcome<Exit> topology(const Arguments&, const Terminal&);
Outcome<Exit> quarantine(const Arguments&, const Terminal&);
Outcome<Exit> retention(const Arguments&, const Terminal&);
Outcome<Exit> record(const Arguments&, const Terminal&);
Outcome<Exit> record_transfer(const Arguments&, const Terminal&);
Outcome<Exit> link_show(const Arguments&, const Terminal&);
Outcome<Exit> link_export(const Arguments&, const Terminal&);
Outcome<Exit> link_feedback(const Arguments&, const Terminal&);
Outcome<Exit> catalogues(const Arguments&, const Terminal&);
Outcome<Exit> explain(const Arguments&, const Terminal&);
Outcome<Exit> version(const Arguments&, const Terminal&);
// receipts.cpp
Outcome<Exit> receipt(const Arguments&, const Terminal&);
Outcome<Exit> receipt_verify(const Arguments&, const Terminal&);
// upkeep.cpp
Outcome<Exit> backup(const Arguments&, const Terminal&);
Outcome<Exit> restore(const Arguments&, const Terminal&);
Outcome<Exit> verify(const Arguments&, const Terminal&);
Outcome<Exit> repair(const Arguments&, const Terminal&);
// drain.cpp
Outcome<Exit> node_drain(const Arguments&, const Terminal&);
// bulk.cpp
Outcome<Exit> invite_all(const Arguments&, const Terminal&);
Outcome<Exit> join_all(const Arguments&, const Terminal&);
Outcome<Exit> submit_all(const Arguments&, const Terminal&);
// tree.cpp
Outcome<Exit> tree(const Arguments&, const Terminal&);
// status.cpp
Outcome<Exit> status(const Arguments&, const Terminal&);
// submissions.cpp
Outcome<Exit> submit(const Arguments&, const Terminal&);
Outcome<Exit> submission(const Arguments&, const Terminal&);

}  // namespace xinwang::cli
