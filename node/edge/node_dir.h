// A node's directory: what one node is made of on disk.
//
//   node.toml        where it listens, who its parent is; written last: with it the node exists
//   keys/sign, keys/open, keys/transport   32 secret bytes each in hexadecimal, mode 0600
//   store/           the LMDB environment (FORMAT.md)
//   spool/           files handed in, until their rows are read
//   api.sock         the local API while the node runs
//   link/            outbox, inbox and spool of the provincial link, at the city
//
// new_city() (city_new.h) and join() make one; open_node() reads one. All three may be repeated after a crash:
// keys made once are used again, so that an invitation whose reply was lost still lets the same node in.
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
    std::string code;  // empty, or which division's the invitation must be
};
// Enrols with the parent that the invitation names. Refuses already_a_node, what is wrong with the line, what
// keeps the parent from being reached (by name: wrong key, nobody listening), and what the parent refuses. A
// refusal leaves nothing behind; when the parent may have said yes and no answer came, the keys stay, for the
// next try.
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
// What the nodes of a host share (host.h). Empty: the node runs alone.
struct Housing {
    std::shared_ptr<TransportHub> hub;
    std::shared_ptr<Workers> workers;
    std::filesystem::path ballast_file;
};
// Refuses not_a_node, and what is wrong with its files, each named.
Result<OpenNode> open_node(const std::filesystem::path& dir, const Housing& housing = {});

}  // namespace xinwang
