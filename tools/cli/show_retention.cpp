#include <fmt/format.h>

#include "tools/cli/show.h"
#include "tools/cli/text.h"

namespace xinwang::cli {
namespace {

std::string reasons_of(const Json& item) {
    std::string text;
    for (const auto& reason : list(item, "reasons"))
        text += fmt::format("{}{} ×{} {}", text.empty() ? "" : ", ", text_of(at(reason, "rule")),
                            text_of(at(reason, "entries")), text_of(at(reason, "until")));
    return text;
}

void show_batches(const Json& batches, const std::string& title, const Terminal& terminal) {
    Table table({{title},
                 {terminal.say("通道/批", "lane/batch")},
                 {terminal.say("时间", "age"), Align::right},
                 {terminal.say("条目", "entries"), Align::right},
                 {terminal.say("依据", "rule, entries, last day")}});
    for (const auto& item : list(batches, "list")) {
        const Json& log = at(item, "log");
        table.add({text_of(at(log, "code")),
                   fmt::format("{}/{}", text_of(at(log, "lane")), text_of(at(item, "seq"))),
                   at(item, "age_s").is_number_integer() ? age_text(number_of(at(item, "age_s"))) : "-",
                   text_of(at(item, "entries")), reasons_of(item)});
    }
    table.print(terminal);
}

}  // namespace

void show_retention(const Json& document, const Terminal& terminal) {
    const Json& due = at(document, "due");
    const Json& applied = at(document, "applied");
    show_batches(due, applied.is_null() ? terminal.say("将删除", "would go") : terminal.say("应删除", "due"),
                 terminal);
    terminal.out << '\n';
    show_batches(at(document, "gone"), terminal.say("已删除", "gone"), terminal);
    show_rest(at(document, "gone"), "list", terminal);
    const std::string what = applied.is_null() ? terminal.say("预览，未改动", "nothing was changed")
                                               : terminal.say("已删除", "removed now: ") + text_of(applied);
    terminal.out << fmt::format(fmt::runtime(terminal.say("{}；可释放{}；等待回执{}批\n",
                                                          "{}; {} to come free; {} wait for receipts\n")),
                                clean(what),
                                bytes_text(static_cast<std::uint64_t>(number_of(at(due, "bytes")))),
                                clean(text_of(at(document, "unconfirmed"))));
}

}  // namespace xinwang::cli
