#include <fmt/format.h>

#include "tools/cli/show.h"
#include "tools/cli/text.h"

namespace xinwang::cli {
namespace {

std::string place_of(const Json& item) {
    const Json& log = at(item, "log");
    if (log.is_null()) return "-";
    return fmt::format("{} {}/{}", text_of(at(log, "code")), text_of(at(log, "lane")),
                       text_of(at(item, "seq")));
}

// What is done about it: nothing by the node for what was refused or lost.
std::string course_of(const Json& item, const Terminal& terminal) {
    if (at(item, "state").is_null()) return "-";
    std::string course = word(at(item, "state"), terminal);
    if (const Json& asked = at(item, "asked"); !asked.is_null()) course += " " + text_of(at(asked, "code"));
    if (const Json& next = at(item, "next_try_s"); next.is_number_integer())
        course += fmt::format(" {} {}", terminal.say("下次", "next in"), age_text(number_of(next)));
    return course;
}

}  // namespace

void show_quarantine(const Json& document, const Terminal& terminal) {
    Table table({{terminal.say("类别", "kind")},
                 {terminal.say("来源 通道/批", "origin lane/batch")},
                 {terminal.say("时间", "age"), Align::right},
                 {terminal.say("处理", "course")},
                 {terminal.say("原因", "reason")}});
    for (const auto& item : list(document, "quarantine"))
        table.add({Cell(word(at(item, "kind"), terminal), Tone::warn), place_of(item),
                   age_text(number_of(at(item, "age_s"))), course_of(item, terminal),
                   refusal_line(at(item, "refusal"), terminal)});
    table.print(terminal);
    show_rest(document, "quarantine", terminal);
    const Json& scrub = at(document, "scrub");
    terminal.out << fmt::format(
        fmt::runtime(terminal.say("巡检：{}，上次完成{}前；已修复{}批\n",
                                  "scrub: {}, last finished {} ago; {} batches healed\n")),
        word(at(scrub, "state"), terminal), age_of(scrub, "finished"), clean(text_of(at(scrub, "healed"))));
}

}  // namespace xinwang::cli
