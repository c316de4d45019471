#include <fmt/format.h>

#include <algorithm>

#include "tools/cli/show.h"
#include "tools/cli/text.h"

namespace xinwang::cli {
namespace {

void show_packages(const Json& document, const Terminal& terminal) {
    Table table({{terminal.say("包", "package")},
                 {terminal.say("目录", "catalogue")},
                 {terminal.say("状态", "state")},
                 {terminal.say("时间", "age"), Align::right},
                 {terminal.say("记录", "records"), Align::right},
                 {terminal.say("接受", "accepted"), Align::right},
                 {terminal.say("拒绝", "refused"), Align::right},
                 {terminal.say("搁置", "set aside"), Align::right},
                 {terminal.say("待答复", "pending"), Align::right},
                 {terminal.say("文件", "files")}});
    for (const auto& package : list(document, "packages")) {
        std::string files;
        for (const auto& file : list(package, "files")) files += (files.empty() ? "" : " ") + text_of(file);
        table.add({text_of(at(package, "package")), text_of(at(package, "catalogue")),
                   word(at(package, "state"), terminal), age_of(package, "created"),
                   text_of(at(package, "records")), text_of(at(package, "accepted")),
                   Cell(text_of(at(package, "refused")),
                        number_of(at(package, "refused")) > 0 ? Tone::bad : Tone::plain),
                   text_of(at(package, "set_aside")), text_of(at(package, "pending")), files});
    }
    table.print(terminal);
}

void show_row_findings(const Json& findings, const Terminal& terminal) {
    Table table({{terminal.say("行", "row"), Align::right}, {terminal.say("原因", "reason")}});
    for (const auto& row : findings)
        table.add({text_of(at(row, "row")), refusal_line(at(row, "refusal"), terminal)});
    table.print(terminal);
}

}  // namespace

void show_link(const Json& document, const Terminal& terminal) {
    const Json& profile = at(document, "profile");
    terminal.out << fmt::format("{}/{}  {}\n{} {}\n{} {}\n{} {}\n\n", clean(text_of(at(profile, "id"))),
                                clean(text_of(at(profile, "version"))), clean(text_of(at(profile, "receiver"))),
                                terminal.say("发件目录", "outbox "), clean(text_of(at(document, "outbox"))),
                                terminal.say("收件目录", "inbox  "), clean(text_of(at(document, "inbox"))),
                                terminal.say("待上报  ", "waiting"), clean(text_of(at(document, "waiting"))));
    show_packages(document, terminal);
    show_rest(document, "packages", terminal);
    for (const auto& file : list(document, "set_aside_files")) {
        terminal.out << fmt::format(
            fmt::runtime(terminal.say("\n{}：{}行中{}行无法采用，留存为 {}/{}\n",
                                      "\n{}: of {} rows {} could not be taken; kept as {}/{}\n")),
            clean(text_of(at(file, "name"))), number_of(at(file, "rows")), number_of(at(file, "total")),
            clean(text_of(at(document, "quarantine"))), clean(text_of(at(file, "kept_as"))));
        show_row_findings(list(file, "findings"), terminal);
    }
}

void show_link_export(const Json& document, const Terminal& terminal) {
    if (true_of(at(document, "already")))
        terminal.err << terminal.say("没有待上报的记录\n", "nothing is waiting to be sent\n");
    else
        show_packages(document, terminal);
}

void show_link_feedback(const Json& document, const Terminal& terminal) {
    const auto n = [&](const char* member) { return clean(text_of(at(document, member))); };
    terminal.out << fmt::format(
        fmt::runtime(
            terminal.say("{}：{}行，采用{}（接受{}，拒绝{}），此前已有{}，无法对应{}\n",
                         "{}: {} rows, {} taken ({} accepted, {} refused), {} known already, {} unknown\n")),
        n("name"), n("rows"), n("taken"), n("accepted"), n("refused"), n("unchanged"),
        list(document, "unknown").size());
    if (list(document, "unknown").empty()) return;
    show_row_findings(list(document, "unknown"), terminal);
}

void show_catalogues(const Json& document, const Terminal& terminal) {
    Table table({{terminal.say("目录", "catalogue")},
                 {terminal.say("版本", "version"), Align::right},
                 {terminal.say("名称", "title")},
                 {terminal.say("字段数", "fields"), Align::right}});
    for (const auto& catalogue : list(document, "catalogues"))
        table.add({text_of(at(catalogue, "id")), text_of(at(catalogue, "version")),
                   text_of(at(at(catalogue, "title"), terminal.say("zh", "en"))),
                   std::to_string(list(catalogue, "fields").size())});
    table.print(terminal);
}

void show_topology(const Json& document, const Terminal& terminal) {
    Table table({{terminal.say("节点", "node")},
                 {terminal.say("名称", "name")},
                 {terminal.say("层级", "tier")},
                 {terminal.say("状态", "state")},
                 {terminal.say("最近通信", "last seen"), Align::right},
                 {terminal.say("密钥期限", "key"), Align::right}});
    for (const auto& node : list(document, "nodes")) {
        const auto depth =
            static_cast<std::size_t>(std::clamp<std::int64_t>(number_of(at(node, "depth")), 0, 8));
        const Json& days = at(node, "expires_days");
        table.add({std::string(2 * depth, ' ') + text_of(at(node, "code")), text_of(at(node, "name")),
                   word(at(node, "tier"), terminal), word(at(node, "state"), terminal),
                   age_of(node, "last_seen"), days.is_null() ? "-" : text_of(days) + "d"});
    }
    table.print(terminal);
    for (const auto& node : list(document, "nodes"))
        if (const Json& note = at(node, "note"); !note.is_null())
            terminal.out << toned(terminal, Tone::warn, "!") << " " << refusal_line(note, terminal) << '\n';
    show_rest(document, "nodes", terminal);
}

void show_invitation(const Json& document, const Terminal& terminal) {
    terminal.out << clean(text_of(at(document, "line"))) << '\n';
    constexpr std::int64_t hour_s = 3600;
    const std::string name = text_of(at(document, "name"));
    // To the hour: three days are not two because a second of them is over.
    const std::int64_t left_s = (number_of(at(document, "expires_s")) + hour_s - 1) / hour_s * hour_s;
    terminal.err << fmt::format(
        fmt::runtime(terminal.say(
            "{}{} 的邀请，{}内有效；在新节点上运行：xinwang join --dir 目录 <上面一行>\n",
            "invitation for {}{}, good for {}; on the new node: xinwang join --dir DIR <the line above>\n")),
        clean(text_of(at(document, "code"))), name.empty() ? "" : " " + clean(name), age_text(left_s));
}

void show_invitations(const Json& document, const Terminal& terminal) {
    Table table({{terminal.say("区划代码", "code")},
                 {terminal.say("名称", "name")},
                 {terminal.say("层级", "tier")},
                 {terminal.say("状态", "state")},
                 {terminal.say("发出", "made"), Align::right},
                 {terminal.say("剩余", "left"), Align::right},
                 {terminal.say("节点", "node")}});
    for (const auto& item : list(document, "invitations"))
        table.add({text_of(at(item, "code")), text_of(at(item, "name")), word(at(item, "tier"), terminal),
                   word(at(item, "state"), terminal), age_of(item, "made"),
                   age_text(number_of(at(item, "expires_s"))), text_of(at(item, "node"))});
    table.print(terminal);
    show_rest(document, "invitations", terminal);
}

}  // namespace xinwang::cli
