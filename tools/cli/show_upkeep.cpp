// The documents of upkeep: verify, backup, restore.
#include <fmt/format.h>

#include "tools/cli/show.h"
#include "tools/cli/text.h"

namespace xinwang::cli {
namespace {

std::string bytes_of(const Json& object, const char* member) {
    return bytes_text(static_cast<std::uint64_t>(number_of(at(object, member))));
}

}  // namespace

void show_verify(const Json& document, const Terminal& terminal) {
    const bool ok = true_of(at(document, "ok"));
    terminal.out << fmt::format(
        fmt::runtime(
            terminal.say("{}  {}个日志，{}批，{}条（索引{}条），{}个值，用时{}秒\n",
                         "{}  {} logs, {} batches, {} entries ({} in the index), {} values in {} s\n")),
        toned(terminal, ok ? Tone::good : Tone::bad,
              ok ? terminal.say("● 完好", "● sound") : terminal.say("● 有损坏", "● damaged")),
        clean(text_of(at(document, "logs"))), clean(text_of(at(document, "batches"))),
        clean(text_of(at(document, "entries"))), clean(text_of(at(document, "indexed"))),
        clean(text_of(at(document, "values"))), clean(text_of(at(document, "seconds"))));
    for (const auto& finding : list(document, "findings"))
        terminal.out << fmt::format("  ! {}  {} {}\n", refusal_line(finding, terminal),
                                    clean(text_of(at(at(finding, "log"), "line"))),
                                    clean(text_of(at(finding, "seq"))));
}

void show_backup(const Json& document, const Terminal& terminal) {
    const Json& made = at(document, "backup");
    Table table({{terminal.say("区划代码", "code")},
                 {terminal.say("名称", "name")},
                 {terminal.say("大小", "size"), Align::right},
                 {terminal.say("用时", "took"), Align::right},
                 {terminal.say("文件", "files"), Align::right},
                 {terminal.say("密钥", "keys")},
                 {terminal.say("目录", "directory")}});
    table.add({text_of(at(made, "code")), text_of(at(made, "name")), bytes_of(made, "bytes"),
               age_text(number_of(at(document, "seconds"))), text_of(at(made, "files")),
               true_of(at(made, "keys")) ? terminal.say("有", "yes") : terminal.say("无", "no"),
               text_of(at(document, "directory"))});
    table.print(terminal);
}

void show_repair(const Json& document, const Terminal& terminal) {
    const auto n = [&](const char* member) { return clean(text_of(at(document, member))); };
    if (true_of(at(document, "resumed")))
        terminal.out << terminal.say("接续上次未完成的重建\n", "an earlier one was brought to its end\n");
    terminal.out << fmt::format(
        fmt::runtime(terminal.say(
            "{}批，{}条记录；索引项{} → {}，补上{}，去掉{}；{}批读不出；用时{}秒，每秒{}条\n",
            "{} batches, {} records; index entries {} → {}, {} were missing, {} dropped; {} batches "
            "cannot be read; {} s, {} records/s\n")),
        n("batches"), n("records"), n("entries_before"), n("entries_after"), n("missing"), n("wrong"),
        n("unreadable"), n("seconds"), n("records_per_s"));
    for (const auto& finding : list(document, "findings"))
        terminal.out << fmt::format("  ! {}  {}\n", clean(text_of(at(finding, "ordinal"))),
                                    refusal_line(finding, terminal));
}

void show_restored(const Json& document, const Terminal& terminal) {
    Table table({{terminal.say("区划代码", "code")},
                 {terminal.say("名称", "name")},
                 {terminal.say("备份距今", "backup's age"), Align::right},
                 {terminal.say("大小", "size"), Align::right},
                 {terminal.say("批", "batches"), Align::right},
                 {terminal.say("目录", "directory")},
                 {terminal.say("原有内容", "what was there")}});
    table.add({text_of(at(document, "code")), text_of(at(document, "name")), age_of(document, "made"),
               bytes_of(document, "bytes"), text_of(at(document, "batches")),
               text_of(at(document, "directory")), text_of(at(document, "moved_aside"))});
    table.print(terminal);
}

}  // namespace xinwang::cli
