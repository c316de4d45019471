// A node's directory: every file of one node.
//
//   node.toml        where it listens, who its parent is; written last: with it the node exists
//   keys/sign, keys/open, keys/transport   32 secret bytes each in hexadecimal, mode 0600
//   store/           the LMDB environment (FORMAT.md)
//   spool/           files handed in, until their rows are read
//   api.sock         the local API while the node runs
//   link/            outbox, inbox and spool of the provincial link, at the city
//
// new_city() (city_new.h) and join() make one; open_node() reads one. All three may be repeated after a
// crash: keys made once are used again, so that an invitation whose reply was lost still lets the same node
// in.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "node/edge/loop.h"

namespace xinwang {

struct NodeDirSummary {
    std::string node;
    std::string code;
    std::string name;
    std::string tier;
    std::string parent;  // code of the parent; empty at the city
};

struct JoinOptions {
    std::string data_listen;  // empty: the node takes no children
    std::string enrol_listen;
    std::string name;
    std::string code;  // the division that the invitation must be for; empty: any
};
// Enrols with the parent that the invitation names. Refuses already_a_node, an invitation line that is wrong,
// a parent that cannot be reached (by name: wrong key, nobody listening), and as the parent refuses. A
// refusal leaves nothing behind; when the parent may have agreed and its answer never came, the keys stay for
// the next try.
Result<NodeDirSummary> join(const std::filesystem::path& dir, std::string_view line,
                            const JoinOptions& options);

// A node ready to run.
struct OpenNode {
    std::unique_ptr<Store> store;
    LoopOptions loop;
    std::string profile_toml;  // empty without a provincial link
    RetentionSetting retention;
    Duration retention_every{0};
};
// Resources that the nodes of a host share (host.h). Empty: the node runs alone.
struct Housing {
    std::shared_ptr<TransportHub> hub;
    std::shared_ptr<Workers> workers;
    std::filesystem::path ballast_file;
};
// Opens the node in `dir`. Refuses not_a_node, and each fault in its files by name.
Result<OpenNode> open_node(const std::filesystem::path& dir, const Housing& housing = {});

}  // namespace xinwang
