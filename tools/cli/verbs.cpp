#include "tools/cli/verbs.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "node/api/answer.h"
#include "node/api/target.h"
#include "tools/cli/print.h"

namespace xinwang::cli {
namespace {

Outcome<Exit> print_and(Outcome<Document> got, const Terminal& terminal, Exit exit = Exit::ok) {
    if (!got) return tl::unexpected(got.error());
    print(*got, terminal);
    return exit;
}

std::string page_of(const Arguments& arguments) {
    return fmt::format("offset={}&limit={}", arguments.offset, arguments.limit);
}

Json explanation_of(const RefusalText& row) {
    return {{"number", fmt::format("XW-{}", static_cast<int>(row.code))},
            {"name", row.name},
            {"zh", {{"sentence", row.sentence_zh}, {"advice", row.advice_zh}}},
            {"en", {{"sentence", row.sentence_en}, {"advice", row.advice_en}}}};
}

}  // namespace

Outcome<Exit> invitations(const Arguments& arguments, const Terminal& terminal) {
    return print_and(NodeClient(arguments.dir, terminal).get("/v1/invitations?" + page_of(arguments)),
                     terminal);
}

Outcome<Exit> topology(const Arguments& arguments, const Terminal& terminal) {
    return print_and(NodeClient(arguments.dir, terminal).get("/v1/topology?" + page_of(arguments)), terminal);
}

Outcome<Exit> record_transfer(const Arguments& arguments, const Terminal& terminal) {
    const Json request{{"from", arguments.from},
                       {"to", arguments.to},
                       {"catalogue", arguments.catalogue},
                       {"subject", arguments.subject},
                       {"reason", arguments.reason}};
    return print_and(NodeClient(arguments.dir, terminal).post("/v1/transfers", dumped(request)), terminal);
}

Outcome<Exit> record(const Arguments& arguments, const Terminal& terminal) {
    const NodeClient node(arguments.dir, terminal);
    if (!arguments.id.empty())
        return print_and(node.get("/v1/records/" + encode_component(arguments.id)), terminal);
    if (!arguments.subject.empty())
        return print_and(node.get(fmt::format("/v1/records?subject={}&{}", encode_component(arguments.subject),
                                              page_of(arguments))),
                         terminal);
    if (!arguments.catalogue.empty())
        return print_and(
            node.get(fmt::format("/v1/entries?catalogue={}&from={}&to={}&{}",
                                 encode_component(arguments.catalogue), encode_component(arguments.from),
                                 encode_component(arguments.to), page_of(arguments))),
            terminal);
    return tl::unexpected(failure_of(Refusal(Code::bad_usage, "xinwang record",
                                             terminal.say("需要记录编号、--subject或--catalogue",
                                                          "an id, --subject or --catalogue is needed")),
                                     terminal));
}

Outcome<Exit> link_show(const Arguments& arguments, const Terminal& terminal) {
    return print_and(NodeClient(arguments.dir, terminal).get("/v1/link?" + page_of(arguments)), terminal);
}

Outcome<Exit> link_export(const Arguments& arguments, const Terminal& terminal) {
    auto got = NodeClient(arguments.dir, terminal).post("/v1/link/export");
    const bool nothing = got && true_of(at(got->json, "already"));
    return print_and(std::move(got), terminal, nothing ? Exit::nothing_to_do : Exit::ok);
}

Outcome<Exit> link_feedback(const Arguments& arguments, const Terminal& terminal) {
    const auto name = std::filesystem::path(arguments.file).filename().string();
    auto got = NodeClient(arguments.dir, terminal)
                   .upload("/v1/link/feedback?name=" + encode_component(name), arguments.file);
    const bool unknown = got && !list(got->json, "unknown").empty();
    return print_and(std::move(got), terminal, unknown ? Exit::refused : Exit::ok);
}

Outcome<Exit> quarantine(const Arguments& arguments, const Terminal& terminal) {
    return print_and(NodeClient(arguments.dir, terminal).get("/v1/quarantine?" + page_of(arguments)), terminal);
}

Outcome<Exit> retention(const Arguments& arguments, const Terminal& terminal) {
    // Walking a whole store takes as long as it takes.
    const NodeClient node(arguments.dir, terminal, std::chrono::hours(24));
    if (!arguments.apply) return print_and(node.get("/v1/retention?" + page_of(arguments)), terminal);
    auto got = node.post("/v1/retention");
    const bool nothing = got && number_of(at(got->json, "applied")) == 0;
    return print_and(std::move(got), terminal, nothing ? Exit::nothing_to_do : Exit::ok);
}

Outcome<Exit> catalogues(const Arguments& arguments, const Terminal& terminal) {
    return print_and(NodeClient(arguments.dir, terminal).get("/v1/catalogues"), terminal);
}

Outcome<Exit> explain(const Arguments& arguments, const Terminal& terminal) {
    Json rows = Json::array();
    if (arguments.number.empty()) {
        for (const auto& row : all_refusals()) rows.push_back(explanation_of(row));
    } else {
        std::string_view digits = arguments.number;
        digits.remove_prefix(std::min(digits.find_first_of("0123456789"), digits.size()));
        std::uint16_t number = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        const bool whole = error == std::errc() && end == digits.data() + digits.size();
        const RefusalText* row = whole ? find_refusal(number) : nullptr;
        if (row == nullptr)
            return tl::unexpected(failure_of(
                Refusal(Code::not_found, terminal.say("编号", "refusal"), arguments.number), terminal));
        rows.push_back(explanation_of(*row));
    }
    print(Json{{"schema", "xinwang.explain/1"}, {"refusals", rows}}, terminal);
    return Exit::ok;
}

Outcome<Exit> version(const Arguments&, const Terminal& terminal) {
    print(Json{{"schema", "xinwang.version/1"}, {"version", XINWANG_VERSION}}, terminal);
    return Exit::ok;
}

}  // namespace xinwang::cli
