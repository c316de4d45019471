// A plan of a new list of divisions, for people: every change a line, then what is only suggested.
#include <fmt/format.h>

#include "tools/cli/show.h"

namespace xinwang::cli {
namespace {

std::string name_in(const Json& side, std::size_t i, const char* member) {
    return i < side.size() ? text_of(at(side[i], member)) : std::string();
}

Tone tone_of_change(const Json& change) {
    if (text_of(at(change, "basis")) == "suggested") return Tone::warn;
    return text_of(at(change, "kind")) == "removed" ? Tone::bad : Tone::plain;
}

// Of `recode` and `move`, once more.
void show_done_before(const Json& document, const Terminal& terminal) {
    terminal.out << fmt::format(fmt::runtime(terminal.say("无须办理：节点{}此前已由{}改为{} {}\n",
                                                          "nothing to do: node {} of {} is {} {} already\n")),
                                clean(text_of(at(document, "node"))), clean(text_of(at(document, "from"))),
                                clean(text_of(at(document, "code"))), clean(text_of(at(document, "name"))));
}

enum class Dates { left_out, shown };  // of a plan all changes have one

// A change of several codes takes several lines.
void add_change(Table& table, const Json& change, Dates dates, const Terminal& terminal) {
    const Json& before = list(change, "before");
    const Json& after = list(change, "after");
    const Tone tone = tone_of_change(change);
    const std::string basis = text_of(at(change, "basis")) == "none" ? "" : word(at(change, "basis"), terminal);
    for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
        std::vector<Cell> row{Cell(i == 0 ? word(at(change, "kind"), terminal) : "", tone),
                              name_in(before, i, "code"),
                              name_in(before, i, "name"),
                              name_in(after, i, "code"),
                              name_in(after, i, "name"),
                              Cell(i == 0 ? basis : "", tone)};
        if (dates == Dates::shown)
            row.insert(row.begin(), i == 0 ? text_of(at(change, "effective")) : std::string());
        table.add(std::move(row));
    }
}

void show_changes(const Json& changes, Dates dates, const Terminal& terminal) {
    if (changes.empty()) return;
    std::vector<Column> columns{{terminal.say("变更", "change")},     {terminal.say("原代码", "old code")},
                                {terminal.say("原名称", "old name")}, {terminal.say("新代码", "new code")},
                                {terminal.say("新名称", "new name")}, {terminal.say("依据", "basis")}};
    if (dates == Dates::shown) columns.insert(columns.begin(), {terminal.say("生效", "effective")});
    Table table(std::move(columns));
    for (const auto& change : changes) add_change(table, change, dates, terminal);
    table.print(terminal);
}

std::string ground_text(const Json& suggestion, const Terminal& terminal) {
    std::string out = word(at(suggestion, "ground"), terminal);
    if (number_of(at(suggestion, "below")) > 0)
        out += fmt::format(fmt::runtime(terminal.say("，下级{}个中{}个同名", ", {1} of {0} below agree")),
                           number_of(at(suggestion, "below")), number_of(at(suggestion, "matched")));
    return out;
}

void show_suggestions(const Json& suggestions, const Terminal& terminal) {
    if (list(suggestions, "list").empty() || true_of(at(suggestions, "taken"))) return;
    terminal.out << terminal.say(
        "\n建议（未采用；--accept-suggestions采用，或写入--links文件）\n",
        "\nsuggestions (not taken: --accept-suggestions, or write them into a --links file)\n");
    Table table({{terminal.say("原代码", "old code")},
                 {terminal.say("原名称", "old name")},
                 {terminal.say("新代码", "new code")},
                 {terminal.say("新名称", "new name")},
                 {terminal.say("理由", "ground")}});
    for (const auto& s : list(suggestions, "list"))
        table.add({text_of(at(at(s, "from"), "code")), text_of(at(at(s, "from"), "name")),
                   text_of(at(at(s, "to"), "code")), text_of(at(at(s, "to"), "name")),
                   Cell(ground_text(s, terminal), Tone::warn)});
    table.print(terminal);
}

std::string counts_text(const Json& document, const Terminal& terminal) {
    std::string out;
    const Json& counts = at(document, "counts");
    if (!counts.is_object()) return out;
    for (const auto& [kind, count] : counts.items())
        if (number_of(count) > 0)
            out += fmt::format("{}{} {}", out.empty() ? "" : terminal.say("，", ", "), word(kind, terminal),
                               number_of(count));
    return out;
}

void show_nodes(const Json& nodes, const Terminal& terminal) {
    for (const auto& node : list(nodes, "gone"))
        terminal.out << fmt::format(
            fmt::runtime(terminal.say("! 节点{} {}的代码将被撤销，且没有后继\n",
                                      "! the code of node {} {} goes and nothing goes on as it\n")),
            clean(text_of(at(node, "code"))), clean(text_of(at(node, "name"))));
}

// Of a node whose code goes on as one other: what its operator can do once the list is published.
void show_followed(const Json& changes, const Terminal& terminal) {
    constexpr std::size_t township_digits = 9;
    for (const auto& change : changes) {
        const Json& before = list(change, "before");
        const Json& after = list(change, "after");
        if (after.size() != 1 || text_of(at(change, "basis")) == "none") continue;
        const std::string to = clean(text_of(at(after[0], "code")));
        for (const auto& division : before) {
            const std::string from = clean(text_of(at(division, "code")));
            const bool same_parent = from.substr(0, township_digits) == to.substr(0, township_digits);
            if (at(division, "node").is_null() || from == to || from.ends_with("000")) continue;
            terminal.out << fmt::format(
                fmt::runtime(
                    same_parent
                        ? terminal.say(
                              "! 发布后，在{0}的上级执行：xinwang topology recode {0} {1}\n",
                              "! once published, at the parent of {0}: xinwang topology recode {0} {1}\n")
                        : terminal.say("! {0}的节点由{1}接续，新代码属于另一上级\n",
                                       "! the node of {0} goes on as {1}, which is below another parent\n")),
                from, to);
        }
    }
}

}  // namespace

void show_topology_plan(const Json& document, const Terminal& terminal) {
    show_changes(list(document, "changes"), Dates::left_out, terminal);
    show_suggestions(at(document, "suggestions"), terminal);
    for (const auto& moved : list(document, "names_moved"))
        terminal.out << fmt::format(
            fmt::runtime(terminal.say("! {} {}此前是{}的名称：请核对两者的代码是否互换\n",
                                      "! {} is called {}, as {} was: look whether the codes were exchanged\n")),
            clean(text_of(at(at(moved, "now"), "code"))), clean(text_of(at(at(moved, "now"), "name"))),
            clean(text_of(at(at(moved, "was_of"), "code"))));
    show_followed(list(document, "changes"), terminal);
    show_nodes(at(document, "nodes"), terminal);
    const Json& next = at(document, "list");
    terminal.out << fmt::format(
        fmt::runtime(
            terminal.say("第{}号代码表：{}个区划，自{}起；{}\n", "list {}: {} divisions, from {} on; {}\n")),
        number_of(at(next, "list")), number_of(at(next, "divisions")), clean(text_of(at(next, "effective"))),
        true_of(at(document, "already"))     ? terminal.say("与现行代码表相同", "the same as in force")
        : at(document, "in_force").is_null() ? terminal.say("首份代码表", "the first list")
        : list(document, "changes").empty()  ? terminal.say("没有变更", "no changes")
                                             : counts_text(document, terminal));
    if (const Json& refusal = at(document, "refusal"); !refusal.is_null())
        terminal.out << toned(terminal, Tone::bad, "!") << " " << refusal_line(refusal, terminal) << '\n';
}

void show_topology_history(const Json& document, const Terminal& terminal) {
    Table codes({{terminal.say("代码", "code")},
                 {terminal.say("名称", "name")},
                 {terminal.say("关系", "relation")},
                 {terminal.say("状态", "state")},
                 {terminal.say("节点", "node")},
                 {terminal.say("批", "batches"), Align::right},
                 {terminal.say("条目", "entries"), Align::right}});
    for (const auto& code : list(document, "codes")) {
        const Json& relation = at(code, "relation");
        const std::string related = relation.is_null() ? "" : word(relation, terminal);
        // A code that nobody signs under has its line, too.
        Json nodes = list(code, "nodes");
        if (nodes.empty()) nodes.push_back(Json::object());
        for (const auto& node : nodes)
            codes.add({text_of(at(code, "code")), text_of(at(code, "name")), related,
                       word(at(code, "state"), terminal), text_of(at(node, "node")),
                       text_of(at(node, "batches")), text_of(at(node, "entries"))});
    }
    codes.print(terminal);
    if (!list(document, "changes").empty()) terminal.out << '\n';
    show_changes(list(document, "changes"), Dates::shown, terminal);
}

void show_topology_recode(const Json& document, const Terminal& terminal) {
    if (true_of(at(document, "already"))) return show_done_before(document, terminal);
    terminal.out << fmt::format(fmt::runtime(terminal.say("节点{}由{}改为{} {}（证书序号{}）\n",
                                                          "node {} of {} is {} {} now (certificate {})\n")),
                                clean(text_of(at(document, "node"))), clean(text_of(at(document, "from"))),
                                clean(text_of(at(document, "code"))), clean(text_of(at(document, "name"))),
                                number_of(at(document, "serial")));
}

void show_topology_move(const Json& document, const Terminal& terminal) {
    if (true_of(at(document, "already"))) return show_done_before(document, terminal);
    const auto said = [&](const char* field) { return clean(text_of(at(document, field))); };
    terminal.out << fmt::format(
        fmt::runtime(terminal.say(
            "节点{0}（{1}）已迁至{2}之下，新代码{3} {4}；新上级先从上级接收其已有的批，然后自动接通\n",
            "node {0} ({1}) goes on below {2} as {3} {4}; the new parent takes what is held of "
            "its logs from above, then greets it\n")),
        said("node"), said("from"), said("parent"), said("code"), said("name"));
}

void show_topology_import(const Json& document, const Terminal& terminal) {
    const Json& now = at(document, "list");
    terminal.out << fmt::format(
        fmt::runtime(true_of(at(document, "already"))
                         ? terminal.say("第{}号代码表已在使用（{}个区划），没有发布{}\n",
                                        "list {} is in force already ({} divisions), nothing was published{}\n")
                         : terminal.say("已发布第{}号代码表：{}个区划，{}项变更\n",
                                        "list {} is published: {} divisions, {} changes\n")),
        number_of(at(now, "list")), number_of(at(now, "divisions")),
        true_of(at(document, "already")) ? std::string() : text_of(at(document, "changes")));
}

}  // namespace xinwang::cli
