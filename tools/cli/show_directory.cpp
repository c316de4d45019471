#include <fmt/format.h>

#include <algorithm>

#include "tools/cli/show.h"

namespace xinwang::cli {
namespace {

void show_statement(const Json& s, const Terminal& terminal) {
    if (s.is_null()) {
        terminal.out << terminal.say("还没有名录声明\n", "no directory statement yet\n");
        return;
    }
    const auto line = [&](const char* zh, const char* en, const std::string& value) {
        terminal.out << fmt::format("{}  {}\n", terminal.say(zh, en), clean(value));
    };
    line("编号  ", "number    ", text_of(at(s, "number")));
    line("标识  ", "id        ", text_of(at(s, "id")));
    line("前一份", "previous  ", text_of(at(s, "previous")));
    line("市    ", "city      ",
         fmt::format("{} {} ({} {})", text_of(at(s, "code")), text_of(at(at(s, "city"), "name")),
                     terminal.say("证书序号", "serial"), text_of(at(at(s, "city"), "serial"))));
    line("有效期", "term      ",
         fmt::format("{} – {} ({} {}, {} {})", text_of(at(s, "issued_at")), text_of(at(s, "expires_at")),
                     text_of(at(s, "expires_days")), terminal.say("天", "days"), text_of(at(s, "grace_days")),
                     terminal.say("天宽限", "days of grace")));
    const Json& checkpoint = at(s, "checkpoint");
    line("检查点", "checkpoint",
         fmt::format("{} {}", text_of(at(checkpoint, "size")), text_of(at(checkpoint, "root"))));
    const Json& root = at(s, "root");
    line("根    ", "root      ",
         fmt::format("{} {} {}  {}", text_of(at(root, "threshold")), terminal.say("/", "of"),
                     list(root, "keys").size(), text_of(at(root, "id"))));
    Table keys({{terminal.say("根公钥", "root key")}, {terminal.say("签名", "signed")}});
    for (const Json& key : list(root, "keys")) {
        const Json& by = list(s, "signatures");
        const bool has = std::find(by.begin(), by.end(), key) != by.end();
        keys.add({text_of(key), has ? Cell(terminal.say("有", "yes"), Tone::good) : Cell("-", Tone::faint)});
    }
    for (const Json& key : list(s, "signatures")) {
        const Json& own = list(root, "keys");
        if (std::find(own.begin(), own.end(), key) == own.end())
            keys.add({text_of(key), terminal.say("不在此列，仅在属于前一份的根时有效",
                                                 "not of this set; counts only if it is of the set before")});
    }
    terminal.out << '\n';
    keys.print(terminal);
    terminal.out << '\n';
    Table operators({{terminal.say("操作员", "operator")}, {terminal.say("公钥", "key")}});
    for (const Json& person : list(s, "operators"))
        operators.add({text_of(at(person, "name")), text_of(at(person, "key"))});
    if (!operators.empty()) operators.print(terminal);
}

}  // namespace

void show_directory(const Json& document, const Terminal& terminal) {
    show_statement(at(document, "statement"), terminal);
    // What a reply by file is checked against, and what invitations carry.
    terminal.out << fmt::format(
        "\n{}  {}\n",
        terminal.say("本网的根标识（邀请和 join --root 所用）", "root id of the network (for join --root)"),
        clean(text_of(at(document, "pinned_root"))));
    if (at(document, "state").is_null()) return;
    terminal.out << fmt::format("{}  {}\n", terminal.say("状态", "state"),
                                word(at(document, "state"), terminal));
}

void show_directory_draft(const Json& document, const Terminal& terminal) {
    show_statement(at(document, "statement"), terminal);
}

void show_directory_published(const Json& document, const Terminal& terminal) {
    terminal.out << fmt::format(
        "{} {}  {}{}\n", terminal.say("名录声明", "directory statement"),
        clean(text_of(at(document, "number"))), clean(text_of(at(document, "id"))),
        true_of(at(document, "already")) ? terminal.say("（早已生效）", " (in force already)") : "");
}

}  // namespace xinwang::cli
