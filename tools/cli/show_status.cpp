#include <fmt/format.h>

#include "tools/cli/show.h"
#include "tools/cli/text.h"

namespace xinwang::cli {
namespace {

std::string count(const Json& object, const char* member) {
    return text_of(at(object, member));
}

// "records / age", "-" when nothing is known: unknown must not look like nothing behind.
std::string lag_text(const Json& records, const Json& age) {
    if (records.is_null()) return "-";
    return fmt::format("{} / {}", text_of(records), age.is_number_integer() ? age_text(number_of(age)) : "-");
}

Tone tone_of_state(const Json& state) {
    const std::string text = text_of(state);
    if (text == "connected" || text == "self") return Tone::good;
    return text == "refused" || text == "lost" || text == "cut" ? Tone::bad : Tone::warn;
}

std::string days_text(const Json& days) {
    return days.is_number_integer() ? fmt::format("{}d", number_of(days)) : "-";
}

Cell days_cell(const Json& days) {
    const auto left = number_of(days);
    if (!days.is_number_integer()) return {days_text(days), Tone::faint};
    return {days_text(days), left < 0 ? Tone::bad : left < 30 ? Tone::warn : Tone::plain};
}

Cell problem_cell(const Json& value) {
    return {text_of(value), number_of(value) > 0 ? Tone::warn : Tone::plain};
}

// Whose log the refused thing came in: many refusals name the batch or the entry and not its origin.
std::string origin_of(const Json& finding, const Terminal& terminal) {
    const Json& log = at(finding, "log");
    if (log.is_null()) return {};
    const Json& code = at(log, "code");
    return fmt::format("{} {} {}: ", terminal.say("来源", "origin"),
                       clean(text_of(code.is_null() ? at(log, "origin") : code)),
                       clean(text_of(at(log, "lane"))));
}

void show_health(const Json& document, const Terminal& terminal) {
    const Json& node = at(document, "node");
    const Json& grade = at(at(document, "health"), "grade");
    terminal.out << fmt::format(
        "{}  {} {}  {}  {}  pid {}  {} {}\n",
        toned(terminal, tone_of_grade(grade), fmt::format("● {}", word(grade, terminal))),
        clean(text_of(at(node, "code"))), clean(text_of(at(node, "name"))), word(at(node, "tier"), terminal),
        clean(text_of(at(node, "version"))), clean(text_of(at(node, "pid"))), terminal.say("已运行", "up"),
        age_of(node, "started"));
    for (const auto& finding : list(at(document, "health"), "findings"))
        terminal.out << fmt::format("  {} {}{}  ({})\n",
                                    toned(terminal, tone_of_grade(at(finding, "grade")), "!"),
                                    origin_of(finding, terminal), refusal_line(finding, terminal),
                                    age_text(number_of(at(finding, "age_s"))));
}

void show_parent(const Json& parent, const Terminal& terminal) {
    if (parent.is_null()) return;
    const Json& state = at(parent, "state");
    terminal.out << fmt::format("\n{}  {} {}  {} {}  {} {}  {}\n", terminal.say("上级", "parent"),
                                clean(text_of(at(parent, "code"))), clean(text_of(at(parent, "name"))),
                                toned(terminal, tone_of_state(state), word(state, terminal)),
                                age_of(parent, "since"), terminal.say("最近通信", "heard"),
                                age_of(parent, "last_seen"), clean(text_of(at(parent, "address"))));
    if (const Json& error = at(parent, "last_error"); !error.is_null())
        terminal.out << fmt::format("  {} {}\n", toned(terminal, Tone::bad, "!"),
                                    refusal_line(error, terminal));
}

void show_children(const Json& children, const Terminal& terminal) {
    if (children.empty()) return;
    terminal.out << '\n';
    Table table({{terminal.say("下级", "child")},
                 {terminal.say("名称", "name")},
                 {terminal.say("层级", "tier")},
                 {terminal.say("版本", "version")},
                 {terminal.say("链路", "link")},
                 {terminal.say("最近通信", "last seen"), Align::right},
                 {terminal.say("滞后(条/时长)", "lag (records/age)"), Align::right},
                 {terminal.say("密钥期限", "key"), Align::right}});
    for (const auto& child : children)
        table.add({text_of(at(child, "code")), text_of(at(child, "name")), word(at(child, "tier"), terminal),
                   text_of(at(child, "version")),
                   Cell(word(at(child, "state"), terminal), tone_of_state(at(child, "state"))),
                   age_of(child, "last_seen"), lag_text(at(child, "lag_records"), at(child, "lag_age_s")),
                   days_cell(at(child, "key_expires_days"))});
    table.print(terminal);
}

void show_guests(const Json& guests, const Terminal& terminal) {
    for (const auto& guest : guests)
        terminal.out << fmt::format(
            "{}  {} {}  {}\n", terminal.say("代管", "guest"), clean(text_of(at(guest, "code"))),
            clean(text_of(at(guest, "name"))),
            terminal.say("其上级不在，暂接在本节点", "here while its own parent is away"));
}

void show_figures(const Json& document, const Terminal& terminal) {
    const Json& custody = at(document, "custody");
    const Json& submissions = at(document, "submissions");
    const Json& disk = at(document, "disk");
    const Json& directory = at(document, "directory");
    const auto line = [&](const char* zh, const char* en, const std::string& text) {
        const std::string name = terminal.say(zh, en);
        terminal.out << name << std::string(14 - std::min<std::size_t>(13, display_width(name)), ' ')
                     << clean(text) << '\n';
    };
    const auto form = [&](const char* zh, const char* en, auto&&... values) {
        return fmt::format(fmt::runtime(terminal.say(zh, en)), values...);
    };
    terminal.out << '\n';
    line("送达", "custody",
         form("本节点{}批，上级{}批，市{}批；未确认{}批，最早{}",
              "{} batches here, {} at the parent, {} at the city; {} unconfirmed, oldest {}",
              count(custody, "batches_here"), count(custody, "at_parent"), count(custody, "at_city"),
              count(custody, "unconfirmed"), age_of(custody, "oldest_unconfirmed")));
    line("报送", "submissions",
         form("{}件，未完成{}件，拒收{}行", "{}, {} open, {} rows refused", count(submissions, "total"),
              count(submissions, "open"), count(submissions, "rows_refused")));
    line("缺口", "gaps",
         form("{}；隔离{}批", "{}; quarantine {}", count(at(document, "gaps"), "total"),
              count(at(document, "quarantine"), "total")));
    if (const Json& scrub = at(document, "scrub"); !scrub.is_null())
        line("巡检", "scrub",
             form("{}，上次完成{}前；损坏{}批，已修复{}批",
                  "{}, last finished {} ago; {} batches damaged, {} healed", word(at(scrub, "state"), terminal),
                  age_of(scrub, "finished"), count(scrub, "damaged"), count(scrub, "healed")));
    line("名录", "directory",
         form("第{}版，{}个节点", "version {}, {} nodes", count(directory, "version"),
              count(directory, "nodes")));
    line("磁盘", "disk",
         form("已用{}，可用{}", "{} used, {} free",
              bytes_text(static_cast<std::uint64_t>(number_of(at(disk, "used_bytes")))),
              bytes_text(static_cast<std::uint64_t>(number_of(at(disk, "free_bytes"))))));
    line("密钥期限", "key", days_text(at(at(document, "keys"), "sign_expires_days")));
    line("内存", "memory",
         bytes_text(static_cast<std::uint64_t>(number_of(at(at(document, "memory"), "rss_bytes")))));
    if (const Json& link = at(document, "link"); !link.is_null())
        line("省级链路", "link",
             form("{}：{}个包，未答复{}个", "{}: {} packages, {} unanswered", count(link, "profile"),
                  count(link, "packages"), count(link, "unanswered")));
}

std::vector<Cell> row_of(const Json& item, const Terminal& terminal) {
    const Json& status = at(item, "status");
    if (status.is_null()) {
        std::vector<Cell> row(13, Cell("-"));
        row[0] = Cell(word("unreachable", terminal), Tone::bad);
        row[1] = Cell(text_of(at(item, "directory")));
        return row;
    }
    const Json& node = at(status, "node");
    const Json& parent = at(status, "parent");
    const Json& lag = at(status, "lag");
    const Json& backlog = at(status, "backlog");
    const Json& grade = at(at(status, "health"), "grade");
    const Json& disk = at(status, "disk");
    return {
        Cell(word(grade, terminal), tone_of_grade(grade)),
        text_of(at(node, "code")),
        text_of(at(node, "name")),
        word(at(node, "tier"), terminal),
        text_of(at(node, "version")),
        parent.is_null() ? Cell("-")
                         : Cell(word(at(parent, "state"), terminal), tone_of_state(at(parent, "state"))),
        parent.is_null() ? "-" : age_of(parent, "last_seen"),
        lag.is_null() ? "-" : lag_text(at(lag, "records"), at(lag, "seconds")),
        backlog.is_null() ? Cell("-") : problem_cell(at(backlog, "batches")),
        problem_cell(at(at(status, "gaps"), "total")),
        problem_cell(at(at(status, "submissions"), "rows_refused")),
        Cell(bytes_text(static_cast<std::uint64_t>(number_of(at(disk, "free_bytes")))),
             tone_of_grade(at(disk, "grade")) == Tone::good ? Tone::plain : tone_of_grade(at(disk, "grade"))),
        days_cell(at(at(status, "keys"), "sign_expires_days"))};
}

}  // namespace

void show_status(const Json& document, const Terminal& terminal) {
    show_health(document, terminal);
    show_parent(at(document, "parent"), terminal);
    show_children(list(document, "children"), terminal);
    show_guests(list(document, "guests"), terminal);
    show_figures(document, terminal);
}

void show_status_all(const Json& document, const Terminal& terminal) {
    const Json& nodes = list(document, "nodes");
    const Json& grade = at(document, "grade");
    terminal.out << fmt::format(
        "{}\n\n",
        toned(terminal, tone_of_grade(grade),
              fmt::format(fmt::runtime(terminal.say("● {}：{}个节点中{}个正常", "● {}: of {} nodes {} are ok")),
                          word(grade, terminal), nodes.size(), number_of(at(document, "ok")))));
    Table table({{terminal.say("状态", "health")},
                 {terminal.say("节点", "node")},
                 {terminal.say("名称", "name")},
                 {terminal.say("层级", "tier")},
                 {terminal.say("版本", "version")},
                 {terminal.say("上行链路", "link")},
                 {terminal.say("最近通信", "last seen"), Align::right},
                 {terminal.say("滞后(条/时长)", "lag (records/age)"), Align::right},
                 {terminal.say("积压(批)", "backlog"), Align::right},
                 {terminal.say("缺口", "gaps"), Align::right},
                 {terminal.say("拒收行", "refused"), Align::right},
                 {terminal.say("可用磁盘", "disk free"), Align::right},
                 {terminal.say("密钥期限", "key"), Align::right}});
    for (const auto& item : nodes) table.add(row_of(item, terminal));
    table.print(terminal);
    for (const auto& item : nodes)
        for (const auto& finding : list(at(at(item, "status"), "health"), "findings"))
            terminal.out << fmt::format("{} {} {}\n", toned(terminal, tone_of_grade(at(finding, "grade")), "!"),
                                        clean(text_of(at(at(at(item, "status"), "node"), "code"))),
                                        origin_of(finding, terminal) + refusal_line(finding, terminal));
}

}  // namespace xinwang::cli
