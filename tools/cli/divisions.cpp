// topology import and topology history: a new list of divisions shown as a plan, asked about and published;
// what became of a code.
#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "node/api/division_documents.h"
#include "node/edge/files.h"
#include "node/intake/text.h"
#include "tools/cli/print.h"

namespace xinwang::cli {
namespace {

std::uint32_t today_utc() {
    const std::chrono::year_month_day day{
        std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now())};
    return static_cast<std::uint32_t>(int{day.year()}) * 10'000 + unsigned{day.month()} * 100 +
           unsigned{day.day()};
}

Outcome<std::string> read_text(const std::string& path, const Arguments& arguments, const Terminal& terminal) {
    std::optional<Encoding> declared;
    if (arguments.encoding != "auto") {
        const auto parsed = parse_encoding(arguments.encoding);
        if (!parsed) return tl::unexpected(failure_of(parsed.error(), terminal));
        declared = *parsed;
    }
    const auto text = read_file(path, limits::division_list_bytes_max).and_then([&](const Bytes& bytes) {
        return decode_file(std::filesystem::path(path).filename().string(), bytes, declared);
    });
    if (!text) return tl::unexpected(failure_of(text.error(), terminal));
    return *text;
}

// Null: the node's today.
Outcome<Json> effective_of(const Arguments& arguments, const Terminal& terminal) {
    std::string digits = arguments.effective;
    std::erase_if(digits, [](char c) { return c == '-' || c == '/'; });
    if (digits.empty()) return Json(nullptr);
    std::uint32_t date = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), date);
    if (digits.size() == 8 && error == std::errc() && end == digits.data() + digits.size() && is_date(date))
        return Json(date);
    return tl::unexpected(
        failure_of(Refusal(Code::bad_number, "--effective", arguments.effective, "yyyymmdd"), terminal));
}

// Two files side by side: no node is asked and nothing is published.
Outcome<Exit> compare_files(const Arguments& arguments, const Json& request, const Terminal& terminal) {
    auto old_text = read_text(arguments.against, arguments, terminal);
    if (!old_text) return tl::unexpected(old_text.error());
    const auto made = [&]() -> Result<DivisionPlan> {
        XW_TRY(old, DivisionTree::load(*old_text));
        XW_TRY(next, DivisionTree::load(request["list"].get<std::string>()));
        std::vector<DivisionLink> links;
        if (!request["links"].is_null()) {
            XW_TRY(loaded, load_division_links(request["links"].get<std::string>()));
            links = std::move(loaded);
        }
        const DivisionCode city = old.all().front().code;
        const DivisionsInForce in_force{1, std::move(old)};
        const Json& day = request["effective"];
        return plan_divisions(city, &in_force, next, links,
                              arguments.accept_suggestions ? Suggestions::taken : Suggestions::shown,
                              day.is_null() ? today_utc() : day.get<std::uint32_t>());
    }();
    if (!made) return tl::unexpected(failure_of(made.error(), terminal));
    print(api::plan_json(*made, nullptr, nullptr), terminal);
    return made->unchanged ? Exit::nothing_to_do : Exit::ok;
}

Outcome<Document> ask_node(const NodeClient& node, const char* target, const Json& request) {
    return node.post(target, dumped(request));
}

bool said_yes(const std::string& question, const Terminal& terminal) {
    if (terminal.in == nullptr) return false;
    terminal.err << question << " [y/N] " << std::flush;
    std::string line;
    std::getline(*terminal.in, line);
    return line == "y" || line == "Y" || line == "yes" || line == "是";
}

// Nothing is published that a person, or --yes, has not agreed to. The document is the plan agreed to.
Outcome<Document> agree(const NodeClient& node, Json& request, const Arguments& arguments,
                        const Terminal& terminal) {
    auto plan = ask_node(node, "/v1/topology/plan", request);
    if (!plan || arguments.yes || true_of(at(plan->json, "already"))) return plan;
    print(*plan, terminal);
    if (arguments.dry_run) return plan;
    const Json& suggestions = at(plan->json, "suggestions");
    if (number_of(at(suggestions, "total")) > 0 && !true_of(at(suggestions, "taken")) &&
        said_yes(terminal.say("采用以上建议？", "take the suggestions?"), terminal)) {
        request["accept_suggestions"] = true;
        plan = ask_node(node, "/v1/topology/plan", request);
        if (!plan) return plan;
        print(*plan, terminal);
    }
    if (said_yes(terminal.say("发布？", "publish?"), terminal)) return plan;
    return tl::unexpected(failure_of(Refusal(Code::not_confirmed), terminal));
}

}  // namespace

Outcome<Exit> topology_import(const Arguments& arguments, const Terminal& terminal) {
    const auto effective = effective_of(arguments, terminal);
    if (!effective) return tl::unexpected(effective.error());
    auto text = read_text(arguments.file, arguments, terminal);
    if (!text) return tl::unexpected(text.error());
    Json request{{"list", std::move(*text)}, {"links", nullptr}, {"effective", *effective}};
    request["accept_suggestions"] = arguments.accept_suggestions;
    request["force"] = arguments.force;
    if (!arguments.links.empty()) {
        auto links = read_text(arguments.links, arguments, terminal);
        if (!links) return tl::unexpected(links.error());
        request["links"] = std::move(*links);
    }
    if (!arguments.against.empty()) return compare_files(arguments, request, terminal);
    const NodeClient node(arguments.dir, terminal);
    const auto plan = agree(node, request, arguments, terminal);
    if (!plan) return tl::unexpected(plan.error());
    const bool already = true_of(at(plan->json, "already"));
    if (arguments.dry_run) {
        if (already) print(*plan, terminal);
        return already ? Exit::nothing_to_do : Exit::ok;
    }
    request["plan"] = text_of(at(plan->json, "plan"));
    const auto done = ask_node(node, "/v1/topology/import", request);
    if (!done) return tl::unexpected(done.error());
    print(*done, terminal);
    return true_of(at(done->json, "already")) ? Exit::nothing_to_do : Exit::ok;
}

Outcome<Exit> topology_recode(const Arguments& arguments, const Terminal& terminal) {
    const NodeClient node(arguments.dir, terminal);
    const auto done =
        ask_node(node, "/v1/topology/recode", Json{{"from", arguments.code}, {"to", arguments.to}});
    if (!done) return tl::unexpected(done.error());
    print(*done, terminal);
    return true_of(at(done->json, "already")) ? Exit::nothing_to_do : Exit::ok;
}

Outcome<Exit> topology_move(const Arguments& arguments, const Terminal& terminal) {
    const NodeClient node(arguments.dir, terminal);
    Json request{{"code", arguments.code}, {"parent", arguments.parent}, {"at", arguments.at}};
    if (!arguments.to.empty()) request["to"] = arguments.to;
    const auto done = ask_node(node, "/v1/topology/move", request);
    if (!done) return tl::unexpected(done.error());
    print(*done, terminal);
    return true_of(at(done->json, "already")) ? Exit::nothing_to_do : Exit::ok;
}

Outcome<Exit> topology_history(const Arguments& arguments, const Terminal& terminal) {
    const auto got =
        NodeClient(arguments.dir, terminal).get("/v1/topology/history/" + encode_component(arguments.code));
    if (!got) return tl::unexpected(got.error());
    print(*got, terminal);
    return Exit::ok;
}

}  // namespace xinwang::cli
