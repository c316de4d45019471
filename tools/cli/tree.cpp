// tree: many nodes of one machine in the order of the tree, counties and townships with how many of their
// children are connected. Only nodes that take children are asked; of the lowest tier their parents know.
#include <fmt/format.h>

#include <map>

#include "node/edge/host.h"
#include "node/edge/node_config.h"
#include "tools/cli/print.h"

namespace xinwang::cli {
namespace {

// A node's own directory, or every node below it.
std::vector<std::filesystem::path> dirs_of(const std::string& directory) {
    if (std::filesystem::exists(std::filesystem::path(directory) / "node.toml")) return {directory};
    return node_dirs_below(directory);
}

bool takes_children(const std::filesystem::path& dir) {
    const auto config = read_config(dir / "node.toml");
    return config && !config->data_listen.empty();
}

Json row_of(const Json& status) {
    std::size_t connected = 0;
    const Json& children = list(status, "children");
    for (const Json& child : children) connected += text_of(at(child, "state")) == "connected" ? 1 : 0;
    std::int64_t records = 0;
    for (const Json& lane : list(status, "logs"))
        if (text_of(at(lane, "lane")) != "trust") records += number_of(at(lane, "entries"));
    const Json& node = at(status, "node");
    Json row{{"code", at(node, "code")}, {"name", at(node, "name")}, {"tier", at(node, "tier")}};
    row["grade"] = at(at(status, "health"), "grade");
    row["parent"] = at(at(status, "parent"), "state");
    row["children"] = children.size();
    row["connected"] = connected;
    row["records"] = records;
    row["behind_batches"] = at(at(status, "lag"), "batches");
    return row;
}

}  // namespace

Outcome<Exit> tree(const Arguments& arguments, const Terminal& terminal) {
    std::map<std::string, Json> rows;  // by code, which is the order of the tree
    std::size_t asked = 0, connected = 0, children = 0;
    for (const std::string& directory : arguments.dirs)
        for (const auto& dir : dirs_of(directory)) {
            if (!takes_children(dir)) continue;
            ++asked;
            auto got = NodeClient(dir, terminal).get("/v1/status");
            if (!got) {
                terminal.err << got.error().line << '\n';
                continue;
            }
            Json row = row_of(got->json);
            connected += static_cast<std::size_t>(number_of(at(row, "connected")));
            children += static_cast<std::size_t>(number_of(at(row, "children")));
            const std::string code = text_of(at(row, "code"));
            rows[code] = std::move(row);
        }
    Json nodes = Json::array();
    for (auto& [code, row] : rows) nodes.push_back(std::move(row));
    const bool all = nodes.size() == asked && connected == children;
    print(Json{{"schema", "xinwang.tree/1"},
               {"asked", asked},
               {"answered", nodes.size()},
               {"children", children},
               {"connected", connected},
               {"nodes", nodes}},
          terminal);
    if (nodes.size() < asked) return Exit::unreachable;
    return all ? Exit::ok : Exit::other;
}

}  // namespace xinwang::cli
