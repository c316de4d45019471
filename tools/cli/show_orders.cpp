#include "tools/cli/show.h"

namespace xinwang::cli {
namespace {

Table table_of_orders(const Terminal& terminal) {
    return Table({{terminal.say("区划代码", "code")},
                  {terminal.say("名称", "name")},
                  {terminal.say("状态", "state")},
                  {terminal.say("时间", "age"), Align::right},
                  {terminal.say("提出", "proposed by")},
                  {terminal.say("批准", "approved by")}});
}

void add(Table& table, const Json& order, const Terminal& terminal) {
    const bool waiting = text_of(at(order, "state")) == "waiting";
    table.add({text_of(at(order, "code")), text_of(at(order, "name")),
               Cell(word(at(order, "state"), terminal), waiting ? Tone::warn : Tone::good),
               age_of(order, "made"), text_of(at(at(order, "proposed_by"), "name")),
               text_of(at(at(order, "approved_by"), "name"))});
}

}  // namespace

void show_order(const Json& document, const Terminal& terminal) {
    Table table = table_of_orders(terminal);
    add(table, document, terminal);
    table.print(terminal);
}

void show_orders(const Json& document, const Terminal& terminal) {
    Table table = table_of_orders(terminal);
    for (const Json& order : list(document, "orders")) add(table, order, terminal);
    table.print(terminal);
    show_rest(document, "orders", terminal);
}

// What was written to a file, in one row.
void show_request(const Json& document, const Terminal& terminal) {
    Table table({{terminal.say("区划代码", "code")},
                 {terminal.say("名称", "name")},
                 {terminal.say("申请", "request")}});
    table.add({text_of(at(document, "code")), text_of(at(document, "name")), text_of(at(document, "id"))});
    table.print(terminal);
}

void show_certified(const Json& document, const Terminal& terminal) {
    Table table({{terminal.say("区划代码", "code")},
                 {terminal.say("名称", "name")},
                 {terminal.say("层级", "tier")},
                 {terminal.say("节点", "node")}});
    table.add({text_of(at(document, "code")), text_of(at(document, "name")),
               word(at(document, "tier"), terminal), text_of(at(document, "node"))});
    table.print(terminal);
}

void show_operator(const Json& document, const Terminal& terminal) {
    terminal.out << clean(text_of(at(document, "line"))) << '\n';
}

void show_root_key(const Json& document, const Terminal& terminal) {
    terminal.out << clean(text_of(at(document, "key"))) << '\n';
}

}  // namespace xinwang::cli
