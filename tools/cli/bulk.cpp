// invite-all, join-all, submit-all: what `invite`, `join` and `submit` do, for every node of a list or of a
// host's directory. One that is refused is named and stops none of the others; all may be repeated.
#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <thread>

#include "node/api/target.h"
#include "node/edge/host.h"
#include "node/edge/node_dir.h"
#include "tools/cli/print.h"
#include "topology/division_list.h"
#include "topology/invitation.h"

namespace xinwang::cli {
namespace {

constexpr std::size_t hands = 8;  // most of the time is waiting: for parents, and for the disk

struct Done {
    std::string code;
    bool already = false;
    Json document;                   // what the node or the parent said
    std::optional<Failure> failure;  // why it came to nothing
};

// Calls `act` for 0 … count-1, several at a time.
std::vector<Done> for_each(std::size_t count, const std::function<Done(std::size_t)>& act) {
    std::vector<Done> done(count);
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::min(hands, count); ++i)
        threads.emplace_back([&] {
            for (std::size_t at = next++; at < count; at = next++) done[at] = act(at);
        });
    for (std::thread& thread : threads) thread.join();
    return done;
}

// The document of all, the failures on stderr.
Exit finish(const char* schema, const std::vector<Done>& all, const Terminal& terminal) {
    Json rows = Json::array();
    std::size_t made = 0, already = 0;
    for (const Done& one : all) {
        if (one.failure) {
            terminal.err << one.code << ": " << one.failure->line << '\n';
            continue;
        }
        ++(one.already ? already : made);
        rows.push_back(one.document);
    }
    const std::size_t failed = all.size() - made - already;
    print(Json{{"schema", schema}, {"done", made}, {"already", already}, {"failed", failed}, {"rows", rows}},
          terminal);
    if (failed > 0) return Exit::refused;
    return made == 0 ? Exit::nothing_to_do : Exit::ok;
}

Outcome<std::string> whole_text(const std::string& path, const Terminal& terminal) {
    if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
    std::ifstream file(path, std::ios::binary);
    if (file) return std::string(std::istreambuf_iterator<char>(file), {});
    return tl::unexpected(
        failure_of(Refusal(Code::cannot_read_file, path, std::generic_category().message(errno)), terminal));
}

// "127.0.0.1:7400" → the address that is `steps` ports further.
std::string address_after(const std::string& first, std::size_t steps) {
    const auto colon = first.rfind(':');
    return fmt::format("{}:{}", first.substr(0, colon), std::stoul(first.substr(colon + 1)) + steps);
}

bool is_host_and_port(const std::string& address) {
    const auto colon = address.rfind(':');
    const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
    return !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

Outcome<Exit> invite_all(const Arguments& arguments, const Terminal& terminal) {
    auto csv = whole_text(arguments.file, terminal);
    if (!csv) return tl::unexpected(csv.error());
    const auto tree = DivisionTree::load(*csv);
    if (!tree) return tl::unexpected(failure_of(tree.error(), terminal));
    const NodeClient node(arguments.dir, terminal);
    auto status = node.get("/v1/status");
    if (!status) return tl::unexpected(status.error());
    const auto self = DivisionCode::parse(text_of(at(at(status->json, "node"), "code")));
    if (!self) return tl::unexpected(failure_of(self.error(), terminal));
    if (tree->find(*self) == nullptr)
        return tl::unexpected(failure_of(
            Refusal(Code::list_without_node, self->text(), tree->all().front().code.text()), terminal));
    std::set<std::string> there;
    for (const Json& child : list(status->json, "children")) there.insert(text_of(at(child, "code")));
    const auto children = tree->children(*self);
    return finish("xinwang.invite_all/1",
                  for_each(children.size(),
                           [&](std::size_t i) {
                               const std::string& name = tree->find(children[i])->name;
                               Done done{children[i].text(), false, nullptr, std::nullopt};
                               done.already = there.contains(done.code);
                               done.document = {{"code", done.code}, {"name", name}, {"line", nullptr}};
                               if (done.already) return done;
                               const Json body{{"code", done.code}, {"name", name}};
                               auto made = node.post("/v1/invitations", body.dump());
                               if (made)
                                   done.document["line"] = at(made->json, "line");
                               else
                                   done.failure = made.error();
                               return done;
                           }),
                  terminal);
}

Outcome<Exit> join_all(const Arguments& arguments, const Terminal& terminal) {
    if (!is_host_and_port(arguments.data_listen))
        return tl::unexpected(
            failure_of(Refusal(Code::bad_address, "--listen-from", arguments.data_listen), terminal));
    auto text = whole_text(arguments.file, terminal);
    if (!text) return tl::unexpected(text.error());
    struct Newcomer {
        std::string line;
        Result<Invitation> invitation;
        std::string data_listen, enrol_listen;
    };
    std::vector<Newcomer> newcomers;
    std::istringstream lines(*text);
    std::size_t ports = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        Newcomer newcomer{line, parse_invitation(line), {}, {}};
        // Every node that may have children gets the next two ports, whether or not it is new.
        if (newcomer.invitation && newcomer.invitation->code.tier() != Tier::village) {
            newcomer.data_listen = address_after(arguments.data_listen, ports++);
            newcomer.enrol_listen = address_after(arguments.data_listen, ports++);
        }
        newcomers.push_back(std::move(newcomer));
    }
    std::error_code ignored;
    std::filesystem::create_directories(arguments.host, ignored);
    return finish(
        "xinwang.join_all/1",
        for_each(newcomers.size(),
                 [&](std::size_t i) {
                     const Newcomer& newcomer = newcomers[i];
                     Done done{fmt::format("{} {}", terminal.say("行", "line"), i + 1), false, nullptr, {}};
                     if (!newcomer.invitation) {
                         done.failure = failure_of(newcomer.invitation.error(), terminal);
                         return done;
                     }
                     done.code = newcomer.invitation->code.text();
                     const auto dir = std::filesystem::path(arguments.host) / done.code;
                     const auto made =
                         join(dir, newcomer.line, {newcomer.data_listen, newcomer.enrol_listen, {}, {}});
                     done.already = !made && made.error().code == Code::already_a_node;
                     if (!made && !done.already) done.failure = failure_of(made.error(), terminal);
                     done.document = {{"code", done.code}, {"directory", dir.string()}};
                     return done;
                 }),
        terminal);
}

Outcome<Exit> submit_all(const Arguments& arguments, const Terminal& terminal) {
    std::vector<std::filesystem::path> files;
    std::error_code failed;
    for (const auto& file : std::filesystem::directory_iterator(arguments.file, failed))
        if (file.path().extension() == ".csv") files.push_back(file.path());
    if (failed)
        return tl::unexpected(
            failure_of(Refusal(Code::cannot_read_file, arguments.file, failed.message()), terminal));
    std::sort(files.begin(), files.end());
    // Whose progress nobody could read: many go on at once.
    Terminal quiet = terminal;
    quiet.progress = false;
    return finish(
        "xinwang.submit_all/1",
        for_each(files.size(),
                 [&](std::size_t i) {
                     // CODE.csv or CODE-anything.csv
                     Done done{files[i].stem().string().substr(0, 12), false, nullptr, std::nullopt};
                     const auto dir = std::filesystem::path(arguments.host) / done.code;
                     if (!DivisionCode::parse(done.code) || !std::filesystem::exists(dir / "node.toml")) {
                         done.failure =
                             failure_of(Refusal(Code::file_names_no_node, files[i].filename().string(),
                                                done.code, arguments.host),
                                        terminal);
                         return done;
                     }
                     auto taken =
                         NodeClient(dir, quiet)
                             .upload(fmt::format("/v1/submissions?catalogue={}&action={}&name={}&encoding={}",
                                                 encode_component(arguments.catalogue),
                                                 encode_component(arguments.action),
                                                 encode_component(files[i].filename().string()),
                                                 encode_component(arguments.encoding)),
                                     files[i]);
                     if (!taken) {
                         done.failure = taken.error();
                         return done;
                     }
                     done.already = true_of(at(taken->json, "already"));
                     done.document = {{"code", done.code}, {"submission", at(taken->json, "id")}};
                     return done;
                 }),
        terminal);
}

}  // namespace xinwang::cli
