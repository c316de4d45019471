// city new and join: they make a node's directory, so no node runs there yet.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "node/edge/city_new.h"
#include "node/edge/files.h"
#include "node/edge/request_dir.h"
#include "tools/cli/passphrase.h"
#include "tools/cli/print.h"

namespace xinwang::cli {
namespace {

Json node_dir_document(const NodeDirSummary& made, const Arguments& arguments) {
    return {{"schema", "xinwang.node_dir/1"},
            {"node", made.node},
            {"code", made.code},
            {"name", made.name},
            {"tier", made.tier},
            {"parent", made.parent.empty() ? Json() : Json(made.parent)},
            {"directory", arguments.dir}};
}

void say_start(const Arguments& arguments, const Terminal& terminal) {
    terminal.err << terminal.say("现在可以启动节点：xinwang-node --dir ",
                                 "now start the node: xinwang-node --dir ")
                 << arguments.dir << '\n';
}

// What people carry away, and where to.
void say_ceremony(const NewCity& made, const Terminal& terminal) {
    auto& err = terminal.err;
    err << fmt::format(
        fmt::runtime(terminal.say("根密钥已写入以下{}个文件，今后任意{}把共同签名即可更改名录：\n",
                                  "the root keys are in these {} files; any {} of them together "
                                  "may change the directory:\n")),
        made.root_keys.size(), made.threshold);
    for (const std::string& file : made.root_keys) err << "  " << file << '\n';
    err << terminal.say("请把每个文件移到各自的离线介质，交不同的人分别保管，然后从本机删除。\n",
                        "take each to an offline medium of its own, give them to different people, and delete "
                        "them from this machine.\n");
    if (made.operators.size() < 2)
        err << terminal.say("邀请县级节点须两名操作员：见 xinwang operator new 和 xinwang directory draft。\n",
                            "inviting counties takes two operators: see xinwang operator new and xinwang "
                            "directory draft.\n");
}

std::vector<std::filesystem::path> root_files(const Arguments& arguments) {
    if (!arguments.root_keys.empty()) return {arguments.root_keys.begin(), arguments.root_keys.end()};
    std::vector<std::filesystem::path> files;
    for (const char* number : {"1", "2", "3"})
        files.push_back("root-" + arguments.code + "-" + number + ".key");
    return files;
}

Outcome<Exit> join_with_file(const Arguments& arguments, const Terminal& terminal) {
    const auto bytes = read_file(arguments.line, limits::reply_text_bytes_max);
    if (!bytes) return tl::unexpected(failure_of(bytes.error(), terminal));
    JoinOptions options;
    options.data_listen = arguments.data_listen;
    options.enrol_listen = arguments.enrol_listen;
    options.name = arguments.name;
    options.code = arguments.code;
    const auto made = is_reply_text(text(*bytes))
                          ? join_by_reply(arguments.dir, text(*bytes), options, arguments.root)
                          : join(arguments.dir, text(*bytes), options);
    if (!made) return tl::unexpected(failure_of(made.error(), terminal));
    print(node_dir_document(*made, arguments), terminal);
    say_start(arguments, terminal);
    return Exit::ok;
}

std::string or_default(const std::string& given, const char* otherwise) {
    return given.empty() ? otherwise : given;
}

}  // namespace

Outcome<Exit> city_new(const Arguments& arguments, const Terminal& terminal) {
    CityOptions options;
    options.code = arguments.code;
    options.name = arguments.name;
    options.data_listen = or_default(arguments.data_listen, "0.0.0.0:7301");
    options.enrol_listen = or_default(arguments.enrol_listen, "0.0.0.0:7302");
    options.catalogues_dir = or_default(arguments.catalogues, "deploy/catalogues");
    options.profile = arguments.profile;
    options.root_keys = root_files(arguments);
    options.threshold = static_cast<std::uint8_t>(arguments.threshold);
    for (const std::string& line : arguments.operators) {
        const auto person = parse_operator_text(line);
        if (!person) return tl::unexpected(failure_of(person.error(), terminal));
        options.operators.push_back(*person);
    }
    // Only a file named for it: a passphrase in the environment is an operator's.
    if (!arguments.passphrase_file.empty()) {
        const auto passphrase = passphrase_for({}, arguments, terminal, Ask::twice);
        if (!passphrase) return tl::unexpected(failure_of(passphrase.error(), terminal));
        options.passphrase = text(passphrase->view());
    }
    const auto made = new_city(arguments.dir, options);
    if (!made) return tl::unexpected(failure_of(made.error(), terminal));
    Json document = node_dir_document(made->node, arguments);
    document["root"] = {{"id", made->root}, {"threshold", made->threshold}, {"keys", made->root_keys}};
    document["operators"] = made->operators;
    print(document, terminal);
    say_ceremony(*made, terminal);
    say_start(arguments, terminal);
    return Exit::ok;
}

Outcome<Exit> request(const Arguments& arguments, const Terminal& terminal) {
    const auto made = make_request_in(arguments.dir, arguments.code, arguments.name,
                                      arguments.force ? Pending::replace : Pending::keep);
    if (!made) return tl::unexpected(failure_of(made.error(), terminal));
    if (const auto kept = write_file_atomic(arguments.out, view(request_text(*made)), FileMode::open); !kept)
        return tl::unexpected(failure_of(kept.error(), terminal));
    print(Json{{"schema", "xinwang.request/1"},
               {"id", id_of(*made).hex()},
               {"code", made->code.text()},
               {"name", made->name},
               {"file", arguments.out}},
          terminal);
    terminal.err << terminal.say("请把该文件交给上级节点：xinwang certify ",
                                 "take the file to the parent: xinwang certify ")
                 << arguments.out << " --out REPLY\n";
    return Exit::ok;
}

Outcome<Exit> join_parent(const Arguments& arguments, const Terminal& terminal) {
    if (std::filesystem::is_regular_file(arguments.line)) return join_with_file(arguments, terminal);
    std::string line = arguments.line;
    // The line is a secret, and arguments are seen by everybody on the machine.
    if (line.empty() || line == "-") {
        if (isatty(STDIN_FILENO) != 0) std::cerr << terminal.say("邀请：", "invitation: ") << std::flush;
        std::getline(std::cin, line);
    }
    JoinOptions options;
    options.data_listen = arguments.data_listen;
    options.enrol_listen = arguments.enrol_listen;
    options.name = arguments.name;
    options.code = arguments.code;
    const auto made = join(arguments.dir, line, options);
    if (!made) return tl::unexpected(failure_of(made.error(), terminal));
    print(node_dir_document(*made, arguments), terminal);
    say_start(arguments, terminal);
    return Exit::ok;
}

}  // namespace xinwang::cli
