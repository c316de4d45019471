#include <fmt/format.h>

#include "tools/cli/show.h"
#include "tools/cli/text.h"

namespace xinwang::cli {
namespace {

// "✓ here", "… 3/7 city", "–" where there is no such place.
std::string tick_text(const Json& tick) {
    if (tick.is_null()) return "–";
    if (true_of(at(tick, "done"))) return "✓";
    return fmt::format("… {}/{}", number_of(at(tick, "confirmed")), number_of(at(tick, "batches")));
}
Cell tick_cell(const Json& tick) {
    const bool done = true_of(at(tick, "done"));
    return {tick_text(tick), done ? Tone::good : tick.is_null() ? Tone::faint : Tone::warn};
}

Cell refused_cell(const Json& count) {
    return {text_of(count), number_of(count) > 0 ? Tone::bad : Tone::plain};
}

std::string result_of(const Json& row, const Terminal& terminal) {
    const Json& outcome = at(row, "outcome");
    if (!at(at(row, "city"), "refusal").is_null())
        return fmt::format("{}, {}", word(at(row, "verdict"), terminal),
                           terminal.say("市裁定不生效", "the city: not in effect"));
    if (outcome.is_null()) return word(at(row, "verdict"), terminal);
    return fmt::format("{}, {} {}", word(at(row, "verdict"), terminal), terminal.say("省级", "province"),
                       word(at(outcome, "result"), terminal));
}

void add_row(Table& table, const Json& row, const Terminal& terminal) {
    const Json& city = at(at(row, "city"), "refusal");
    const Tone tone = text_of(at(row, "verdict")) == "refused" || !city.is_null() ? Tone::bad : Tone::warn;
    const std::string number = text_of(at(row, "row"));
    bool first = true;
    const auto add = [&](const std::string& field, const std::string& why) {
        table.add({first ? number : "", Cell(first ? result_of(row, terminal) : "", tone), field, why});
        first = false;
    };
    for (const auto& finding : list(row, "findings")) {
        const std::string label = text_of(at(finding, "label"));
        const std::string field = text_of(at(finding, "field"));
        add(terminal.language == Language::chinese && label != "-" ? label : field,
            refusal_line(finding, terminal));
    }
    if (!city.is_null()) add("", refusal_line(city, terminal));
    const Json& outcome = at(row, "outcome");
    if (text_of(at(outcome, "result")) == "refused" || text_of(at(outcome, "result")) == "set_aside")
        add("", fmt::format("{} {}", text_of(at(outcome, "reason_code")), text_of(at(outcome, "message"))));
    if (first) add("", "");
}

void show_rows(const Json& rows, const Terminal& terminal) {
    if (list(rows, "rows").empty()) return;
    terminal.out << '\n';
    Table table({{terminal.say("行", "row"), Align::right},
                 {terminal.say("结论", "verdict")},
                 {terminal.say("字段", "field")},
                 {terminal.say("原因", "reason")}});
    for (const auto& row : list(rows, "rows")) add_row(table, row, terminal);
    table.print(terminal);
    // Of a list that begins behind some row nobody counts what stands before it: a full page may have a next.
    const auto& shown = list(rows, "rows");
    const auto end = number_of(at(rows, "offset")) + static_cast<std::int64_t>(shown.size());
    if (static_cast<std::int64_t>(shown.size()) == number_of(at(rows, "limit")) &&
        end < number_of(at(rows, "total")))
        terminal.err << fmt::format(fmt::runtime(terminal.say("更多：--after {}\n", "more: --after {}\n")),
                                    text_of(at(shown.back(), "row")));
}

}  // namespace

void show_submitted(const Json& document, const Terminal& terminal) {
    terminal.out << clean(text_of(at(document, "id"))) << '\n';
    if (true_of(at(document, "already")))
        terminal.err << terminal.say("同一文件此前已报送，没有任何改变\n",
                                     "the same file was handed in before: nothing has changed\n");
}

void show_submissions(const Json& document, const Terminal& terminal) {
    Table table({{terminal.say("报送", "submission")},
                 {terminal.say("文件", "file")},
                 {terminal.say("目录", "catalogue")},
                 {terminal.say("状态", "state")},
                 {terminal.say("时间", "age"), Align::right},
                 {terminal.say("行数", "rows"), Align::right},
                 {terminal.say("拒收", "refused"), Align::right},
                 {terminal.say("本节点", "here")},
                 {terminal.say("上级", "parent")},
                 {terminal.say("市", "city")}});
    for (const auto& item : list(document, "submissions")) {
        const Json& ticks = at(item, "ticks");
        table.add({text_of(at(item, "id")), text_of(at(item, "name")), text_of(at(item, "catalogue")),
                   word(at(item, "state"), terminal), age_of(item, "received"),
                   text_of(at(at(item, "rows"), "total")), refused_cell(at(at(item, "rows"), "refused")),
                   tick_cell(at(ticks, "here")), tick_cell(at(ticks, "parent")), tick_cell(at(ticks, "city"))});
    }
    table.print(terminal);
    show_rest(document, "submissions", terminal);
}

void show_submission(const Json& document, const Terminal& terminal) {
    const Json& rows = at(document, "rows");
    const Json& ticks = at(document, "ticks");
    const Json& reported = at(document, "reported");
    const auto n = [](const Json& object, const char* member) { return clean(text_of(at(object, member))); };
    terminal.out << fmt::format("{}  {}  {}  {}  {}\n", n(document, "id"), n(document, "name"),
                                n(document, "catalogue"), word(at(document, "action"), terminal),
                                word(at(document, "state"), terminal));
    terminal.out << fmt::format(
        fmt::runtime(terminal.say(
            "行数 {}：接受 {}，更正 {}，撤回 {}，未变 {}，拒收 {}，警告 {}\n",
            "rows {}: accepted {}, corrected {}, withdrawn {}, unchanged {}, refused {}, warned {}\n")),
        n(rows, "total"), n(rows, "accepted"), n(rows, "corrected"), n(rows, "withdrawn"), n(rows, "unchanged"),
        n(rows, "refused"), n(rows, "warned"));
    terminal.out << fmt::format(
        fmt::runtime(terminal.say("送达 本节点 {}  上级 {}  市 {}\n", "held here {}  parent {}  city {}\n")),
        tick_text(at(ticks, "here")), tick_text(at(ticks, "parent")), tick_text(at(ticks, "city")));
    terminal.out << fmt::format(
        fmt::runtime(terminal.say(
            "省级 待上报 {}，已上报 {}，接受 {}，拒绝 {}，搁置 {}，无需上报 {}\n",
            "province: waiting {}, sent {}, accepted {}, refused {}, set aside {}, not needed {}\n")),
        n(reported, "waiting"), n(reported, "sent"), n(reported, "accepted"), n(reported, "refused"),
        n(reported, "set_aside"), n(reported, "not_needed"));
    const Json& judged = at(document, "judged");
    terminal.out << fmt::format(
        fmt::runtime(terminal.say("市裁定 待裁定 {}，生效 {}，不生效 {}\n",
                                  "city's verdict: waiting {}, in effect {}, not in effect {}\n")),
        n(judged, "waiting"), n(judged, "in_effect"), n(judged, "refused"));
    if (const Json& refusal = at(document, "refusal"); !refusal.is_null())
        terminal.out << toned(terminal, Tone::bad, "!") << ' ' << refusal_line(refusal, terminal) << '\n';
    show_rows(at(document, "rows_list"), terminal);
}

}  // namespace xinwang::cli
