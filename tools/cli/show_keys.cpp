#include <fmt/format.h>

#include "tools/cli/show.h"
#include "tools/cli/text.h"

namespace xinwang::cli {
namespace {

std::string days_text(const Json& row, const Terminal& terminal) {
    return fmt::format("{} {}", number_of(at(row, "expires_days")), terminal.say("天", "days"));
}

std::string opening_text(const Json& row) {
    const Json& opening = at(row, "opening");
    std::string text = text_of(at(opening, "epoch"));
    if (const Json& next = at(opening, "next_epoch"); !next.is_null())
        text += fmt::format(" → {} {}", text_of(next), text_of(at(opening, "next_from_at")).substr(0, 10));
    return text;
}

std::string joined(const Json& list, const Terminal& terminal) {
    std::string text;
    for (const auto& item : list) text += (text.empty() ? "" : ", ") + word(item, terminal);
    return text.empty() ? "-" : text;
}

}  // namespace

void show_keys(const Json& document, const Terminal& terminal) {
    const Json& own = at(document, "own");
    terminal.out << fmt::format("{} {}  {} {}  {} {}  {} {}\n", clean(text_of(at(own, "code"))),
                                clean(text_of(at(own, "name"))), terminal.say("证书", "certificate"),
                                clean(text_of(at(own, "serial"))), terminal.say("到期", "ends in"),
                                toned(terminal, tone_of_grade(at(own, "grade")), days_text(own, terminal)),
                                terminal.say("开启密钥期次", "opening epoch"), clean(opening_text(own)));
    terminal.out << fmt::format("{} {}\n", terminal.say("待续期：", "due:"), joined(at(own, "due"), terminal));
    if (const Json& refusal = at(own, "refusal"); !refusal.is_null())
        terminal.out << refusal_line(refusal, terminal) << '\n';
    const Json& below = at(document, "below");
    Table table({{terminal.say("区划代码", "code")},
                 {terminal.say("名称", "name")},
                 {terminal.say("层级", "tier")},
                 {terminal.say("证书", "serial"), Align::right},
                 {terminal.say("到期", "ends in"), Align::right},
                 {terminal.say("开启密钥期次", "opening epoch")}});
    for (const auto& row : list(below, "list"))
        table.add({text_of(at(row, "code")), text_of(at(row, "name")), word(at(row, "tier"), terminal),
                   text_of(at(row, "serial")), Cell(days_text(row, terminal), tone_of_grade(at(row, "grade"))),
                   opening_text(row)});
    if (!table.empty()) table.print(terminal);
    show_rest(below, "list", terminal);
    terminal.out << fmt::format(
        fmt::runtime(terminal.say("下级证书：已过期{}份，30天内到期{}份\n",
                                  "certificates below: {} ended, {} end within 30 days\n")),
        clean(text_of(at(below, "ended"))), clean(text_of(at(below, "ending_in_30_days"))));
    for (const auto& row : list(document, "revoked"))
        terminal.out << fmt::format("{} {} {}: {}\n", terminal.say("已吊销", "revoked"),
                                    clean(text_of(at(row, "code"))), clean(text_of(at(row, "name"))),
                                    clean(text_of(at(row, "reason"))));
}

void show_key_forgotten(const Json& document, const Terminal& terminal) {
    terminal.out << fmt::format(
        fmt::runtime(true_of(at(document, "forgotten"))
                         ? terminal.say("第{}期开启密钥已删除\n", "the opening key of epoch {} is gone\n")
                         : terminal.say("没有第{}期开启密钥\n", "there is no opening key of epoch {}\n")),
        clean(text_of(at(document, "epoch"))));
}

void show_revocation(const Json& document, const Terminal& terminal) {
    const bool already = true_of(at(document, "already"));
    terminal.out << fmt::format(
        "{} {} {}: {}\n",
        already ? terminal.say("此前已吊销", "revoked before") : terminal.say("已吊销", "revoked"),
        clean(text_of(at(document, "code"))), clean(text_of(at(document, "name"))),
        clean(text_of(at(document, "reason"))));
    for (const auto& cut : list(document, "logs"))
        terminal.out << fmt::format(
            fmt::runtime(terminal.say("  {}通道：前{}批有效\n", "  {}: the first {} batches count\n")),
            clean(text_of(at(at(cut, "log"), "lane"))), clean(text_of(at(cut, "size"))));
}

void show_thaw(const Json& document, const Terminal& terminal) {
    terminal.out << fmt::format("{} {} {}\n", terminal.say("已解冻", "let in again:"),
                                clean(text_of(at(document, "code"))), clean(text_of(at(document, "name"))));
}

}  // namespace xinwang::cli
