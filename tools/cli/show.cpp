#include "tools/cli/show.h"

#include <fmt/format.h>

#include "tools/cli/text.h"

namespace xinwang::cli {
namespace {

struct Shown {
    const char* schema;
    void (*show)(const Json&, const Terminal&);
};
constexpr Shown schemas[] = {{"xinwang.status/1", show_status},
                             {"xinwang.status_all/1", show_status_all},
                             {"xinwang.invite_all/1", show_bulk},
                             {"xinwang.join_all/1", show_bulk},
                             {"xinwang.submit_all/1", show_bulk},
                             {"xinwang.tree/1", show_tree},
                             {"xinwang.drain/1", show_drain},
                             {"xinwang.topology/1", show_topology},
                             {"xinwang.topology_plan/1", show_topology_plan},
                             {"xinwang.topology_import/1", show_topology_import},
                             {"xinwang.topology_recode/1", show_topology_recode},
                             {"xinwang.topology_move/1", show_topology_move},
                             {"xinwang.topology_history/1", show_topology_history},
                             {"xinwang.invitation/1", show_invitation},
                             {"xinwang.invitations/1", show_invitations},
                             {"xinwang.submitted/1", show_submitted},
                             {"xinwang.submissions/1", show_submissions},
                             {"xinwang.submission/1", show_submission},
                             {"xinwang.record/1", show_record},
                             {"xinwang.records/1", show_records},
                             {"xinwang.transfer/1", show_transfer},
                             {"xinwang.entries/1", show_entries},
                             {"xinwang.receipts/1", show_receipts},
                             {"xinwang.receipt_verified/1", show_receipt_verified},
                             {"xinwang.link/1", show_link},
                             {"xinwang.link_export/1", show_link_export},
                             {"xinwang.link_feedback/1", show_link_feedback},
                             {"xinwang.backup/1", show_backup},
                             {"xinwang.restored/1", show_restored},
                             {"xinwang.verify/1", show_verify},
                             {"xinwang.repair/1", show_repair},
                             {"xinwang.quarantine/1", show_quarantine},
                             {"xinwang.retention/1", show_retention},
                             {"xinwang.directory/1", show_directory},
                             {"xinwang.directory_draft/1", show_directory_draft},
                             {"xinwang.directory_published/1", show_directory_published},
                             {"xinwang.order/1", show_order},
                             {"xinwang.orders/1", show_orders},
                             {"xinwang.operator/1", show_operator},
                             {"xinwang.root_key/1", show_root_key},
                             {"xinwang.request/1", show_request},
                             {"xinwang.certified/1", show_certified},
                             {"xinwang.catalogues/1", show_catalogues},
                             {"xinwang.refusal/1", show_refusal},
                             {"xinwang.explain/1", show_explain},
                             {"xinwang.version/1", show_version},
                             {"xinwang.keys/1", show_keys},
                             {"xinwang.revocation/1", show_revocation},
                             {"xinwang.thaw/1", show_thaw},
                             {"xinwang.key_forgotten/1", show_key_forgotten},
                             {"xinwang.key_store/1", show_key_store},
                             {"xinwang.node_dir/1", show_node_dir}};

struct Word {
    const char* en;
    const char* zh;
};
constexpr Word words[] = {{"ok", "正常"},
                          {"attention", "注意"},
                          {"broken", "故障"},
                          {"unknown", "未知"},
                          {"unreachable", "无法连接"},
                          {"connected", "已连接"},
                          {"connecting", "连接中"},
                          {"refused", "拒绝"},
                          {"none", "无"},
                          {"lost", "断开"},
                          {"cut", "超出限额"},
                          {"approved", "已批准"},
                          {"in_force", "有效"},
                          {"ends_soon", "即将到期"},
                          {"frozen", "已到期"},
                          {"lapsed", "已过宽限期"},
                          {"never", "从未连接"},
                          {"self", "本节点"},
                          {"city", "市"},
                          {"county", "县"},
                          {"township", "乡镇"},
                          {"village", "村"},
                          {"received", "已收"},
                          {"reading", "读取中"},
                          {"done", "完成"},
                          {"accepted", "接受"},
                          {"corrected", "更正"},
                          {"withdrawn", "撤回"},
                          {"unchanged", "未变"},
                          {"publish", "公示"},
                          {"correct", "更正"},
                          {"withdraw", "撤回"},
                          {"open", "未用"},
                          {"used", "已用"},
                          {"expired", "过期"},
                          {"prepared", "已组包"},
                          {"written", "已写出"},
                          {"answered", "已答复"},
                          {"sent", "已上报"},
                          {"set_aside", "搁置"},
                          {"not_needed", "无需上报"},
                          {"damaged", "损坏"},
                          {"waiting", "等待"},
                          {"examining", "核查中"},
                          {"asked", "已请求"},
                          {"mending", "修复中"},
                          {"off", "关闭"},
                          {"running", "进行中"},
                          {"idle", "空闲"},
                          {"added", "新增"},
                          {"removed", "撤销"},
                          {"renamed", "更名"},
                          {"recoded", "变更代码"},
                          {"merged", "合并"},
                          {"split", "拆分"},
                          {"redrawn", "重划"},
                          {"gone", "已撤销"},
                          {"in_force", "有效"},
                          {"before", "前身"},
                          {"after", "后继"},
                          {"given", "对应表"},
                          {"suggested", "建议"},
                          {"same_name", "同上级同名"},
                          {"same_children", "下级大多相同"},
                          {"same_name_apart", "同县（市）唯一同名"},
                          {"term", "证书期限"},
                          {"opening", "开启密钥"},
                          {"sign", "签名密钥"},
                          {"transport", "传输密钥"},
                          {"error", "错误"},
                          {"warning", "警告"}};

}  // namespace

bool show(const Json& document, const Terminal& terminal) {
    const std::string schema = text_of(at(document, "schema"));
    for (const auto& row : schemas)
        if (schema == row.schema) {
            row.show(document, terminal);
            return true;
        }
    return false;
}

std::string word(const Json& value, const Terminal& terminal) {
    const std::string text = text_of(value);
    if (terminal.language == Language::chinese)
        for (const auto& w : words)
            if (text == w.en) return w.zh;
    return clean(text);
}

Tone tone_of_grade(const Json& grade) {
    const std::string text = text_of(grade);
    if (text == "ok") return Tone::good;
    if (text == "attention") return Tone::warn;
    return text == "broken" || text == "unreachable" ? Tone::bad : Tone::faint;
}

std::string age_of(const Json& object, const char* member) {
    const Json& age = at(object, fmt::format("{}_age_s", member).c_str());
    return age.is_number_integer() ? age_text(number_of(age)) : "-";
}

std::string clean(const std::string& text) {
    return printable(text, 4096);
}

void show_rest(const Json& page, const char* member, const Terminal& terminal) {
    const auto end = number_of(at(page, "offset")) + static_cast<std::int64_t>(list(page, member).size());
    const auto total = number_of(at(page, "total"));
    if (end >= total) return;
    terminal.err << fmt::format(fmt::runtime(terminal.say("另有{}条：--offset {}\n", "{} more: --offset {}\n")),
                                total - end, end);
}

void show_refusal(const Json& document, const Terminal& terminal) {
    terminal.out << refusal_line(document, terminal) << '\n';
}

void show_explain(const Json& document, const Terminal& terminal) {
    for (const auto& refusal : list(document, "refusals")) {
        terminal.out << refusal_line(refusal, terminal) << '\n';
    }
}

void show_version(const Json& document, const Terminal& terminal) {
    terminal.out << "xinwang " << clean(text_of(at(document, "version"))) << '\n';
}

void show_key_store(const Json& document, const Terminal& terminal) {
    const bool sealed = text_of(at(document, "kept")) == "sealed";
    terminal.out << (sealed ? terminal.say("密钥以口令封存于 ", "the keys are sealed under a passphrase in ")
                            : terminal.say("密钥以不加口令的文件保存于 ",
                                           "the keys are files without a passphrase in "))
                 << clean(text_of(at(document, "directory"))) << "/keys\n";
}

void show_node_dir(const Json& document, const Terminal& terminal) {
    Table table({{terminal.say("区划代码", "code")},
                 {terminal.say("名称", "name")},
                 {terminal.say("层级", "tier")},
                 {terminal.say("上级", "parent")},
                 {terminal.say("节点", "node")},
                 {terminal.say("目录", "directory")}});
    table.add({text_of(at(document, "code")), text_of(at(document, "name")),
               word(at(document, "tier"), terminal), text_of(at(document, "parent")),
               text_of(at(document, "node")), text_of(at(document, "directory"))});
    table.print(terminal);
}

}  // namespace xinwang::cli
