// xinwang.invite_all, join_all, submit_all and tree, as people read them.
#include <fmt/format.h>

#include "tools/cli/show.h"
#include "tools/cli/text.h"

namespace xinwang::cli {

void show_bulk(const Json& document, const Terminal& terminal) {
    // Invitations go on to join-all: one line each, and nothing else on stdout.
    for (const Json& row : list(document, "rows"))
        if (at(row, "line").is_string()) terminal.out << text_of(at(row, "line")) << '\n';
    terminal.err << fmt::format("{} {}, {} {}, {} {}\n", number_of(at(document, "done")),
                                terminal.say("个完成", "done"), number_of(at(document, "already")),
                                terminal.say("个此前已完成", "before"), number_of(at(document, "failed")),
                                terminal.say("个被拒", "refused"));
}

void show_tree(const Json& document, const Terminal& terminal) {
    Table table({{terminal.say("区划", "division")},
                 {terminal.say("状况", "health")},
                 {terminal.say("下级已连接", "children"), Align::right},
                 {terminal.say("条目", "records"), Align::right},
                 {terminal.say("落后批次", "behind"), Align::right}});
    std::size_t hidden = 0;
    for (const Json& row : list(document, "nodes")) {
        const bool whole = number_of(at(row, "connected")) == number_of(at(row, "children"));
        const std::string tier = text_of(at(row, "tier"));
        // Townships where all is well say nothing.
        if (tier == "township" && whole && text_of(at(row, "grade")) == "ok") {
            ++hidden;
            continue;
        }
        const char* indent = tier == "city" ? "" : tier == "county" ? "  " : "    ";
        table.add({Cell(fmt::format("{}{} {}", indent, text_of(at(row, "code")), text_of(at(row, "name")))),
                   Cell(word(at(row, "grade"), terminal), tone_of_grade(at(row, "grade"))),
                   Cell(fmt::format("{}/{}", number_of(at(row, "connected")), number_of(at(row, "children"))),
                        whole ? Tone::plain : Tone::warn),
                   Cell(text_of(at(row, "records"))), Cell(text_of(at(row, "behind_batches")))});
    }
    table.print(terminal);
    terminal.out << fmt::format(
        "{} {}/{}; {} {}\n", terminal.say("已连接", "connected"), number_of(at(document, "connected")),
        number_of(at(document, "children")), hidden,
        terminal.say("个乡镇一切正常，未列出", "townships where all is well are not listed"));
}

void show_drain(const Json& document, const Terminal& terminal) {
    if (!true_of(at(document, "on"))) {
        terminal.out << terminal.say("节点恢复接收\n", "the node takes its children again\n");
        return;
    }
    const auto left = number_of(at(at(document, "backlog"), "batches"));
    if (true_of(at(document, "may_stop")))
        terminal.out << terminal.say("下级已送走，积压已送清，可以停机\n",
                                     "the children are sent away and nothing waits: it may be stopped\n");
    else
        terminal.out << fmt::format(
            "{} {}\n", left, terminal.say("个批次还须送往上级", "batches have still to go to the parent"));
}

}  // namespace xinwang::cli
