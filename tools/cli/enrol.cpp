// init and join: they make a node's directory, so no node runs there yet.
#include <iostream>

#include "node/edge/node_dir.h"
#include "tools/cli/print.h"

namespace xinwang::cli {
namespace {

Outcome<Exit> finish(const Result<NodeDirSummary>& made, const Arguments& arguments, const Terminal& terminal) {
    if (!made) return tl::unexpected(failure_of(made.error(), terminal));
    print(Json{{"schema", "xinwang.node_dir/1"},
               {"node", made->node},
               {"code", made->code},
               {"name", made->name},
               {"tier", made->tier},
               {"parent", made->parent.empty() ? Json() : Json(made->parent)},
               {"directory", arguments.dir}},
          terminal);
    terminal.err << terminal.say("现在可以启动节点：xinwang-node --dir ",
                                 "now start the node: xinwang-node --dir ")
                 << arguments.dir << '\n';
    return Exit::ok;
}

}  // namespace

Outcome<Exit> init(const Arguments& arguments, const Terminal& terminal) {
    InitOptions options;
    options.code = arguments.code;
    options.name = arguments.name;
    options.data_listen = arguments.data_listen;
    options.enrol_listen = arguments.enrol_listen;
    options.catalogues_dir = arguments.catalogues;
    options.profile = arguments.profile;
    return finish(init_city(arguments.dir, options), arguments, terminal);
}

Outcome<Exit> join_parent(const Arguments& arguments, const Terminal& terminal) {
    std::string line = arguments.line;
    // The line is a secret, and arguments are seen by everybody on the machine.
    if (line == "-") std::getline(std::cin, line);
    JoinOptions options;
    options.data_listen = arguments.data_listen;
    options.enrol_listen = arguments.enrol_listen;
    options.name = arguments.name;
    return finish(join(arguments.dir, line, options), arguments, terminal);
}

}  // namespace xinwang::cli
