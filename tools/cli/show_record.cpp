#include <fmt/format.h>

#include "tools/cli/show.h"
#include "tools/cli/text.h"

namespace xinwang::cli {
namespace {

std::string yes(const Json& value) {
    return true_of(value) ? "✓" : value.is_null() ? "–" : "…";
}

void show_entry(const Json& entry, const Terminal& terminal) {
    const Json& origin = at(entry, "origin");
    const Json& custody = at(entry, "custody");
    terminal.out << fmt::format(
        "\n{}  {} {}  {}/{}/{}  {}  {} {}  {} {}  {} {}\n", word(at(entry, "kind"), terminal),
        clean(text_of(at(origin, "code"))), clean(text_of(at(origin, "name"))),
        clean(text_of(at(at(entry, "log"), "lane"))), clean(text_of(at(entry, "seq"))),
        clean(text_of(at(entry, "position"))), age_of(entry, "sealed"), terminal.say("本节点", "here"),
        yes(at(custody, "here")), terminal.say("上级", "parent"), yes(at(custody, "parent")),
        terminal.say("市", "city"), yes(at(custody, "city")));
    if (const Json& refusal = at(entry, "refusal"); !refusal.is_null())
        terminal.out << "  " << toned(terminal, Tone::bad, "!") << ' ' << refusal_line(refusal, terminal)
                     << '\n';
    if (!true_of(at(entry, "opened"))) {
        terminal.out << terminal.say("  本节点只承运，不能读取内容\n",
                                     "  this node carries it and cannot read it\n");
        return;
    }
    Table table(
        {{terminal.say("字段", "field")}, {terminal.say("名称", "label")}, {terminal.say("值", "value")}});
    for (const auto& field : list(entry, "fields"))
        if (!text_of(at(field, "value")).empty())
            table.add({text_of(at(field, "code")), text_of(at(field, "label")), text_of(at(field, "value"))});
    table.print(terminal);
}

}  // namespace

void show_record(const Json& document, const Terminal& terminal) {
    terminal.out << fmt::format("{}  {}  {}", clean(text_of(at(document, "id"))),
                                clean(text_of(at(document, "catalogue"))),
                                clean(text_of(at(document, "subject"))));
    if (const Json& outcome = at(document, "outcome"); !outcome.is_null())
        terminal.out << fmt::format(
            "  {} {} ({} {}) {} {}", terminal.say("省级", "province"), word(at(outcome, "result"), terminal),
            terminal.say("包", "package"), clean(text_of(at(outcome, "package"))),
            clean(text_of(at(outcome, "reason_code"))), clean(text_of(at(outcome, "message"))));
    terminal.out << '\n';
    if (at(document, "current").is_null())
        terminal.out << terminal.say("现无有效内容\n", "nothing of it is in force\n");
    for (const auto& entry : list(document, "entries")) show_entry(entry, terminal);
}

void show_transfer(const Json& document, const Terminal& terminal) {
    const auto code = [&](const char* side) { return clean(text_of(at(at(document, side), "code"))); };
    terminal.out << fmt::format(
        fmt::runtime(terminal.say("{0}的记录移交{1}，自市级节点收到时起生效\n",
                                  "the records of {0} go to {1} as soon as the city has heard of it\n")),
        code("from"), code("to"));
}

void show_entries(const Json& document, const Terminal& terminal) {
    Table table({{terminal.say("日期", "date")},
                 {terminal.say("记录", "record")},
                 {terminal.say("主体", "subject")},
                 {terminal.say("类型", "kind")},
                 {terminal.say("来源", "origin")}});
    for (const auto& entry : list(document, "entries"))
        table.add({text_of(at(entry, "date")), text_of(at(entry, "id")), text_of(at(entry, "subject")),
                   word(at(entry, "kind"), terminal), text_of(at(at(entry, "origin"), "code"))});
    table.print(terminal);
    if (true_of(at(document, "more")))
        terminal.out << terminal.say("还有更多，请用--offset\n", "there are more: use --offset\n");
}

void show_records(const Json& document, const Terminal& terminal) {
    Table table({{terminal.say("记录", "record")},
                 {terminal.say("目录", "catalogue")},
                 {terminal.say("主体", "subject")},
                 {terminal.say("最近动作", "last")},
                 {terminal.say("日期", "date")},
                 {terminal.say("条目", "entries"), Align::right},
                 {terminal.say("来源", "origin")}});
    for (const auto& record : list(document, "records"))
        table.add({text_of(at(record, "id")), text_of(at(record, "catalogue")), text_of(at(record, "subject")),
                   word(at(record, "kind"), terminal), text_of(at(record, "date")),
                   text_of(at(record, "entries")), text_of(at(at(record, "origin"), "code"))});
    table.print(terminal);
    show_rest(document, "records", terminal);
}

void show_receipts(const Json& document, const Terminal& terminal) {
    Table table({{terminal.say("来源", "origin")},
                 {terminal.say("通道", "lane")},
                 {terminal.say("出具方", "by")},
                 {terminal.say("名称", "name")},
                 {terminal.say("层级", "tier")},
                 {terminal.say("回执批数", "size"), Align::right},
                 {terminal.say("需要", "needs"), Align::right},
                 {terminal.say("覆盖", "covers")},
                 {terminal.say("验证", "verified")}});
    const auto mark = [](const Json& value) {
        return Cell(true_of(value) ? "✓" : "✗", true_of(value) ? Tone::good : Tone::bad);
    };
    for (const auto& receipt : list(document, "receipts")) {
        const Json& ancestor = at(receipt, "ancestor");
        table.add({text_of(at(at(receipt, "log"), "code")), text_of(at(at(receipt, "log"), "lane")),
                   text_of(at(ancestor, "code")), text_of(at(ancestor, "name")),
                   word(at(ancestor, "tier"), terminal), text_of(at(receipt, "size")),
                   text_of(at(receipt, "needs_size")), mark(at(receipt, "covers")),
                   mark(at(receipt, "verified"))});
    }
    table.print(terminal);
}

}  // namespace xinwang::cli
