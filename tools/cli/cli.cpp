#include "tools/cli/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>

#include "tools/cli/verbs.h"

namespace xinwang::cli {
namespace {

void city_new_options(CLI::App& verb, Arguments& a) {
    verb.add_option("--code", a.code, "division code of the city, 12 digits 市的区划代码")->required();
    verb.add_option("--name", a.name, "name of the city 名称")->required();
    verb.add_option("--listen", a.data_listen, "host:port for children's data 下级数据端口 [0.0.0.0:7301]");
    verb.add_option("--enrol", a.enrol_listen, "host:port for new children 下级入网端口 [0.0.0.0:7302]");
    verb.add_option("--catalogues", a.catalogues,
                    "directory of catalogue files 目录文件所在目录 [deploy/catalogues]");
    verb.add_option("--profile", a.profile, "profile of the provincial link 省级链路配置");
    verb.add_option("--root-key", a.root_keys,
                    "file for a root key, once for each 根密钥文件，每把一个 [root-CODE-1.key …-3.key]");
    verb.add_option("--threshold", a.threshold, "root keys that must sign together 须共同签名的根密钥数 [2]")
        ->check(CLI::Range(1, 9));
    verb.add_option("--operator", a.operators,
                    "public line of an operator, once for each 操作员公钥行，可多次");
    verb.add_option("--passphrase-file", a.passphrase_file,
                    "put the root keys under the passphrase that it holds 根密钥口令文件");
}
void directory_draft_options(CLI::App& verb, Arguments& a) {
    verb.add_option("--out", a.out, "file for the draft 草稿文件")->required();
    verb.add_option("--operator", a.operators, "public line of an operator to add 增加的操作员公钥行");
    verb.add_option("--drop-operator", a.drop_operators, "name of an operator to drop 去除的操作员姓名");
    auto* keys = verb.add_option("--root-public", a.root_keys,
                                 "public root keys from now on, all of them 此后的全部根公钥");
    verb.add_option("--threshold", a.threshold, "root keys that must sign together 须共同签名的根密钥数 [2]")
        ->check(CLI::Range(1, 9))
        ->needs(keys);
    verb.add_option("--days", a.days, "days until it expires 有效天数 [365]")->check(CLI::Range(1, 3650));
    verb.add_option("--grace-days", a.grace_days, "days of grace after that 宽限天数 [30]")
        ->check(CLI::Range(0, 3650));
}
void directory_sign_options(CLI::App& verb, Arguments& a) {
    verb.add_option("draft", a.files, "the draft 草稿文件")->required()->expected(1);
    verb.add_option("--root-key", a.root_keys, "file of a root key 根密钥文件")->required();
    verb.add_option("--out", a.out, "file for the signed copy 签名后的文件 [draft]");
    verb.add_option("--passphrase-file", a.passphrase_file,
                    "it holds the passphrase; else $XINWANG_PASSPHRASE, or typed 口令文件");
}
void directory_files_options(CLI::App& verb, Arguments& a) {
    verb.add_option("files", a.files, "copies of one draft, their signatures together 同一草稿的各签名件")
        ->required();
}
void passphrase_option(CLI::App& verb, Arguments& a) {
    verb.add_option("--passphrase-file", a.passphrase_file,
                    "it holds the passphrase; else $XINWANG_PASSPHRASE, or typed 口令文件");
}
void person_options(CLI::App& verb, Arguments& a, bool required) {
    verb.add_option("--operator", a.operator_key, "key file of an operator; counties take two 操作员密钥文件")
        ->required(required);
    passphrase_option(verb, a);
}
void invite_options(CLI::App& verb, Arguments& a) {
    verb.add_option("code", a.code, "division code of the child, 12 digits 下级区划代码")->required();
    verb.add_option("--name", a.name, "its name 名称");
    verb.add_flag("--qr", a.qr, "draw the line as a QR code too 同时显示二维码");
    person_options(verb, a, false);
}
void request_options(CLI::App& verb, Arguments& a) {
    verb.add_option("--code", a.code, "this node's division code, 12 digits 本节点区划代码")->required();
    verb.add_option("--name", a.name, "this node's name 名称")->required();
    verb.add_option("--out", a.out, "file to take to the parent 交上级的申请文件")->required();
    verb.add_flag("--force", a.force, "replace a pending request for another code 替换已有的另一代码的申请");
}
void certify_options(CLI::App& verb, Arguments& a) {
    verb.add_option("request", a.file, "the child's request 下级的申请文件")->required();
    verb.add_option("--out", a.out, "file to take back to the child 带回下级的答复文件")->required();
    person_options(verb, a, false);
}
void approve_options(CLI::App& verb, Arguments& a) {
    verb.add_option("code", a.code, "division code of the child, 12 digits 下级区划代码")->required();
    verb.add_flag("--qr", a.qr, "draw the line as a QR code too 同时显示二维码");
    person_options(verb, a, true);
}
void operator_new_options(CLI::App& verb, Arguments& a) {
    verb.add_option("name", a.name, "the person's name 姓名")->required();
    verb.add_option("--out", a.out, "file for the key 密钥文件")->required();
    passphrase_option(verb, a);
}
void root_new_options(CLI::App& verb, Arguments& a) {
    verb.add_option("name", a.name, "what the key is called 密钥名称")->required();
    verb.add_option("--out", a.out, "file for the key, on a medium of its own 密钥文件")->required();
    verb.add_option("--passphrase-file", a.passphrase_file,
                    "put the key under the passphrase that it holds 密钥口令文件");
}
void join_options(CLI::App& verb, Arguments& a) {
    verb.add_option(
        "line", a.line,
        "the file of the invitation or reply, or the line itself, which others on the machine then "
        "see; without it, or for -, stdin is read 邀请或答复的文件，或邀请本身；省略或为-时读标准输入");
    verb.add_option("--root", a.root, "with a reply: the root id it must have 答复须有的根标识");
    verb.add_option("--name", a.name, "this node's name, where the invitation has none 名称（邀请未写明时）");
    verb.add_option("--code", a.code, "refuse an invitation for another division 只接受给该区划的邀请");
    verb.add_option("--listen", a.data_listen, "host:port for children's data 下级数据端口");
    verb.add_option("--enrol", a.enrol_listen, "host:port for new children 下级入网端口");
}
void invite_all_options(CLI::App& verb, Arguments& a) {
    verb.add_option("list", a.file, "CSV with code and name; - reads it from stdin 区划清单")->required();
}
void join_all_options(CLI::App& verb, Arguments& a) {
    verb.add_option("lines", a.file, "invitations, one on each line; - reads them from stdin 每行一个邀请")
        ->required();
    verb.add_option("--host", a.host, "the directory that xinwang-node --host runs 托管目录")->required();
    verb.add_option("--listen-from", a.data_listen,
                    "host:port; nodes that may have children get the next two ports each 起始端口")
        ->required();
}
void submit_all_options(CLI::App& verb, Arguments& a) {
    verb.add_option("folder", a.file, "files named CODE.csv or CODE-anything.csv 文件夹")->required();
    verb.add_option("--host", a.host, "the host's directory 托管目录")->required();
    verb.add_option("--catalogue", a.catalogue, "catalogue id 目录编号")->required();
    verb.add_option("--action", a.action, "publish or withdraw 公示或撤回")
        ->check(CLI::IsMember({"publish", "withdraw"}));
    verb.add_option("--encoding", a.encoding, "auto, utf-8 or gb18030 编码")
        ->check(CLI::IsMember({"auto", "utf-8", "gb18030"}));
}
void tree_options(CLI::App& verb, Arguments& a) {
    verb.add_option("directories", a.dirs, "directories of nodes and of hosts 节点目录或托管目录")->required();
}
void status_options(CLI::App& verb, Arguments& a) {
    verb.add_option("directories", a.dirs, "node directories; several: one row each 节点目录，可多个");
}
void page_options(CLI::App& verb, Arguments& a) {
    verb.add_option("--offset", a.offset, "first item shown 从第几条开始");
    verb.add_option("--limit", a.limit, "items shown, at most 1000 显示条数")->check(CLI::Range(1, 1000));
}
void wait_options(CLI::App& verb, Arguments& a) {
    verb.add_flag("--wait", a.wait, "wait until it is held there 等待送达");
    verb.add_option("--until", a.until, "held where: city, parent or here 送达何处")
        ->check(CLI::IsMember({"city", "parent", "here"}));
    verb.add_option("--timeout", a.timeout_s, "seconds to wait 最长等待秒数")->check(CLI::NonNegativeNumber);
    verb.add_option("--rows", a.rows, "rows shown: refused, all or none 显示哪些行")
        ->check(CLI::IsMember({"refused", "all", "none"}));
    page_options(verb, a);
}
void submit_options(CLI::App& verb, Arguments& a) {
    verb.add_option("file", a.file, "CSV file 文件")->required();
    verb.add_option("--catalogue", a.catalogue, "catalogue id 目录编号")->required();
    verb.add_option("--action", a.action, "publish or withdraw 公示或撤回")
        ->check(CLI::IsMember({"publish", "withdraw"}));
    verb.add_option("--encoding", a.encoding, "auto, utf-8 or gb18030 编码")
        ->check(CLI::IsMember({"auto", "utf-8", "gb18030"}));
    verb.add_option("--name", a.name, "name shown instead of the file's 显示名称");
    wait_options(verb, a);
}
void submission_options(CLI::App& verb, Arguments& a) {
    verb.add_option("id", a.id, "submission; none: list them 报送编号，不填则列出全部");
    verb.add_option("--after", a.after, "rows behind this one 从该行之后开始");
    wait_options(verb, a);
}
void record_options(CLI::App& verb, Arguments& a) {
    auto* id = verb.add_option("id", a.id, "record id 记录编号");
    verb.add_option("--subject", a.subject, "all records of a USCC or ID number 主体代码")->excludes(id);
    auto* catalogue = verb.add_option("--catalogue", a.catalogue, "entries of a catalogue by date 目录编号");
    catalogue->excludes(id);
    verb.add_option("--from", a.from, "first date, yyyymmdd 起始日期")->needs(catalogue);
    verb.add_option("--to", a.to, "last date, yyyymmdd 截止日期")->needs(catalogue);
    page_options(verb, a);
}
void receipt_options(CLI::App& verb, Arguments& a) {
    verb.add_option("submission", a.id, "submission id 报送编号");
    auto* out = verb.add_option(
        "--out", a.out, "a new folder for all that a stranger needs to verify it 写出可供他人核验的回执目录");
    verb.add_option("--row", a.row, "say where this row lies, too 同时注明此行所在位置")
        ->check(CLI::PositiveNumber)
        ->needs(out);
}
void receipt_verify_options(CLI::App& verb, Arguments& a) {
    verb.add_option("folder", a.file, "the folder that receipt --out wrote 回执目录")->required();
    verb.add_option("--root", a.root,
                    "the city's root id, 64 digits, from whom you trust 从可信来源得知的根标识")
        ->required();
}
void feedback_options(CLI::App& verb, Arguments& a) {
    verb.add_option("file", a.file, "feedback file of the province 省级反馈文件")->required();
}
void backup_options(CLI::App& verb, Arguments& a) {
    verb.add_option("directory", a.file, "a new directory, on another disk 新目录，应在另一块磁盘上")
        ->required();
    verb.add_flag("--with-keys", a.with_keys,
                  "the keys too: keep it as safe as they are 连同密钥，须同样妥善保管");
    verb.add_flag("--same-disk", a.same_disk, "allow the node's own disk 允许与节点同一磁盘");
    verb.add_option("--limit", a.rate, "bytes per second: 10M, 512k, off 限速");
}
void restore_options(CLI::App& verb, Arguments& a) {
    verb.add_option("backup", a.file, "the backup's directory 备份目录")->required();
    verb.add_option("--keys", a.keys,
                    "directory of the keys, when the backup has none 密钥目录（备份不含密钥时）");
    verb.add_flag("--force", a.force, "move what is in the directory aside 把目录中原有内容移到一旁");
}
void explain_options(CLI::App& verb, Arguments& a) {
    verb.add_option("number", a.number, "XW-1203; none: all of them 编号，不填则列出全部");
}
void retention_options(CLI::App& verb, Arguments& a) {
    verb.add_flag("--apply", a.apply, "remove what the list shows 删除所列内容");
    page_options(verb, a);
}
void import_options(CLI::App& verb, Arguments& a) {
    verb.add_option("file", a.file, "the new list of divisions, CSV 新区划代码表")->required();
    verb.add_option("--links", a.links, "old_code,new_code[,kind]: what went on as what 新旧代码对应表");
    verb.add_flag("--accept-suggestions", a.accept_suggestions, "take the plan's suggestions too 采用建议");
    verb.add_option("--effective", a.effective, "first day, yyyymmdd; today 生效日期，默认今天");
    verb.add_option("--encoding", a.encoding, "auto, utf-8 or gb18030 编码")
        ->check(CLI::IsMember({"auto", "utf-8", "gb18030"}));
    verb.add_flag("--force", a.force, "even if it takes many nodes' codes away 即使撤销大量在网节点");
    auto* dry = verb.add_flag("--dry-run", a.dry_run, "show the plan and publish nothing 只显示计划");
    verb.add_flag("--yes", a.yes, "publish without asking 不再询问，直接发布")->excludes(dry);
    verb.add_option("--against", a.against, "compare with this list; no node is asked 与另一份代码表比较");
}
void history_options(CLI::App& verb, Arguments& a) {
    verb.add_option("code", a.code, "division code, 12 digits 区划代码")->required();
}
void recode_options(CLI::App& verb, Arguments& a) {
    verb.add_option("from", a.code, "the old code, 12 digits 原区划代码")->required();
    verb.add_option("to", a.to, "the code that it became 新区划代码")->required();
}
void move_options(CLI::App& verb, Arguments& a) {
    verb.add_option("code", a.code, "division code of the node, 12 digits 节点的区划代码")->required();
    verb.add_option("--parent", a.parent, "the new parent's division code 新上级的区划代码")->required();
    verb.add_option("--at", a.at, "the new parent's data address, host:port 新上级的数据地址")->required();
    verb.add_option("--code", a.to, "the node's new code, where no list says it 新代码（名录未说明时）");
}
void key_protect_options(CLI::App& verb, Arguments& a) {
    verb.add_option("--passphrase-file", a.passphrase_file,
                    "the new passphrase is in this file; none: typed 新口令所在文件，不填则输入");
    verb.add_flag("--off", a.off, "back to files without a passphrase 恢复为不加口令的文件");
}
void key_renew_options(CLI::App& verb, Arguments& a) {
    verb.add_flag("--sign", a.sign, "a new signing key 新的签名密钥");
    verb.add_flag("--transport", a.transport, "a new transport key 新的传输密钥");
}
void key_forget_options(CLI::App& verb, Arguments& a) {
    verb.add_option("epoch", a.epoch, "of the opening key 开启密钥的期次")
        ->required()
        ->check(CLI::PositiveNumber);
}
void revoke_options(CLI::App& verb, Arguments& a) {
    verb.add_option("code", a.code, "division code of the node, 12 digits 节点的区划代码")->required();
    verb.add_option("--reason", a.reason, "why, for those who ask later 原因")->required();
}
void thaw_options(CLI::App& verb, Arguments& a) {
    verb.add_option("code", a.code, "division code of the node, 12 digits 节点的区划代码")->required();
    verb.add_option("--reason", a.reason, "what was found, for those who ask later 查明的原因");
}
void drain_options(CLI::App& verb, Arguments& a) {
    verb.add_flag("--off", a.off, "let the children come again 恢复接收");
    verb.add_flag("--wait", a.wait, "wait until everything here is held by the parent too 等待全部送达上级");
    verb.add_option("--timeout", a.timeout_s, "seconds to wait 最长等待秒数")->check(CLI::NonNegativeNumber);
}
void transfer_options(CLI::App& verb, Arguments& a) {
    verb.add_option("--from", a.from, "division code of whose records go 原持有单位的区划代码")->required();
    verb.add_option("--to", a.to, "division code of who takes them over 接收单位的区划代码")->required();
    verb.add_option("--catalogue", a.catalogue, "only those of this catalogue 只移交该目录的记录");
    verb.add_option("--subject", a.subject, "only those of this USCC or ID number 只移交该主体的记录");
    verb.add_option("--reason", a.reason, "why, for those who ask later 原因")->required();
}
void no_options(CLI::App&, Arguments&) {}

// "link export" is the verb `export` of the group `link`.
struct VerbRow {
    const char* name;
    Verb run;
    void (*options)(CLI::App&, Arguments&);
    const char* zh;
    const char* en;
};
constexpr VerbRow verbs[] = {
    {"city new", city_new, city_new_options, "新建市：根密钥、市节点的目录和首份名录声明",
     "a new city: its root keys, its node's directory, the first directory statement"},
    {"directory show", directory_show, no_options, "本节点所持的名录声明", "the directory statement held here"},
    {"directory draft", directory_draft, directory_draft_options, "起草下一份名录声明（市）",
     "draft the next directory statement, at the city"},
    {"directory sign", directory_sign, directory_sign_options, "用根密钥签名（离线）",
     "sign a draft with a root key, offline"},
    {"directory check", directory_check, directory_files_options, "检查签名是否齐全",
     "check a draft and its signatures"},
    {"directory publish", directory_publish, directory_files_options, "发布已签名的名录声明（市）",
     "put a signed statement into force, at the city"},
    {"operator new", operator_new, operator_new_options, "新建操作员密钥", "a new operator's key"},
    {"root new", root_new, root_new_options, "新建一把根密钥，用于更换或增加",
     "a new root key, to replace one or to add one"},
    {"invite", invite, invite_options, "邀请一个下级节点入网", "invite a child node"},
    {"approve", approve, approve_options, "批准另一名操作员提出的县级邀请",
     "approve a county's invitation that another operator has proposed"},
    {"request", request, request_options, "无网络时：生成密钥和入网申请文件",
     "without a network: make keys and a request for a certificate"},
    {"certify", certify, certify_options, "无网络时：为下级的申请签发答复文件",
     "without a network: answer a child's request with a certificate"},
    {"orders", orders, page_options, "待批准和已批准的申办单",
     "what waits for approval, and what was approved"},
    {"invitations", invitations, page_options, "列出邀请", "list invitations"},
    {"join", join_parent, join_options, "用邀请建立本节点的目录并入网",
     "make a node's directory with an invitation"},
    {"invite-all", invite_all, invite_all_options, "邀请清单中的全部下级",
     "invite every child that a list names"},
    {"join-all", join_all, join_all_options, "让一批节点在托管目录中入网",
     "let many nodes join below a host's directory"},
    {"submit-all", submit_all, submit_all_options, "为托管的节点各报送一个文件",
     "hand in a file for each hosted node"},
    {"tree", tree, tree_options, "本机各节点的连接情况", "how the nodes of this machine are connected"},
    {"status", status, status_options, "健康状况、上级和下级", "health, parent and children"},
    {"topology", topology, page_options, "全市节点", "the nodes of the city"},
    {"topology import", topology_import, import_options, "导入新区划代码表", "a new list of divisions"},
    {"topology recode", topology_recode, recode_options, "下级村的节点改用新代码",
     "a child village's node goes on under its new code"},
    {"topology move", topology_move, move_options, "将节点连同其日志迁至另一上级",
     "a node goes on below another parent, with its logs"},
    {"topology history", topology_history, history_options, "一个区划代码的沿革",
     "what a code was before and what it became"},
    {"catalogues", catalogues, no_options, "有效的信息目录", "the catalogues in force"},
    {"submit", submit, submit_options, "报送文件", "hand in a file"},
    {"submission", submission, submission_options, "报送的送达情况和逐行结论",
     "what became of a submission, row by row"},
    {"record", record, record_options, "一条记录的历史", "the history of a record"},
    {"record transfer", record_transfer, transfer_options, "将一个节点的记录移交另一节点（由共同上级）",
     "records of one node go to another, on the word of an ancestor of both"},
    {"receipt", receipt, receipt_options, "签名回执", "signed receipts of a submission"},
    {"receipt verify", receipt_verify, receipt_verify_options, "核验回执目录（无需节点和网络）",
     "verify a receipt folder, with no node and no network"},
    {"link show", link_show, page_options, "省级链路的状态", "the provincial link"},
    {"link export", link_export, no_options, "立即写出待上报的包", "write what waits as packages now"},
    {"link feedback", link_feedback, feedback_options, "读入省级反馈文件", "take back a feedback file"},
    {"backup", backup, backup_options, "备份运行中的节点", "back up the running node"},
    {"restore", restore, restore_options, "由备份恢复节点目录", "make the node's directory from a backup"},
    {"quarantine", quarantine, page_options, "被拒收和已损坏的批次",
     "what was refused, and what the disk has spoilt"},
    {"retention", retention, retention_options, "期满的批次：预览或删除",
     "batches past their term: show them, or let them go"},
    {"verify", verify, no_options, "校验本节点的全部存储", "check the whole store"},
    {"repair", repair, no_options, "由批重建索引（节点须停止）", "build the index again (the node stopped)"},
    {"check key", check_key, page_options, "密钥和证书的期限，含全部下级",
     "terms of keys and certificates, here and below"},
    {"key renew", key_renew, key_renew_options, "更换本节点的签名密钥或传输密钥",
     "change the node's signing or transport key"},
    {"node drain", node_drain, drain_options, "停机维护前送走下级、送清积压",
     "send the children away and the backlog up, before maintenance"},
    {"revoke", revoke, revoke_options, "吊销一个下级节点", "take a node below out of the net"},
    {"thaw", thaw, thaw_options, "停掉多余的机器后，解冻一个下级节点",
     "let a frozen child in again, when all but one of its machines are stopped"},
    {"key forget", key_forget, key_forget_options, "删除已过期次的开启密钥（节点须停止）",
     "delete an opening key of the past (the node stopped)"},
    {"key protect", key_protect, key_protect_options, "以口令封存本节点的密钥（节点须停止）",
     "seal the node's keys under a passphrase (the node stopped)"},
    {"explain", explain, explain_options, "解释编号", "explain a number"},
    {"version", version, no_options, "版本", "the version"}};

struct GroupRow {
    const char* name;
    const char* zh;
    const char* en;
};
constexpr GroupRow group_names[] = {{"link", "省级链路", "the provincial link"},
                                    {"city", "市", "the city"},
                                    {"operator", "操作员", "operators: persons who propose and approve"},
                                    {"root", "根密钥", "the city's root keys"},
                                    {"directory", "名录声明", "the directory's statements; alone: show"},
                                    {"check", "检查", "look whether it is in order"},
                                    {"node", "本节点", "the node itself"},
                                    {"key", "本节点的密钥", "the node's keys"}};

// CLI11 keeps references to all of this.
struct CommandLine {
    CLI::App app{"", "xinwang"};
    Arguments arguments;
    std::string output = "table";
    std::string language;
    std::map<std::string, CLI::App*> groups;
    const VerbRow* chosen = nullptr;
};

const char* group_help(const std::string& name, Language language) {
    const auto* row = std::find_if(std::begin(group_names), std::end(group_names),
                                   [&](const GroupRow& group) { return name == group.name; });
    return language == Language::chinese ? row->zh : row->en;
}

CLI::App& group_of(CommandLine& line, const std::string& name, Language language) {
    if (const auto there = line.groups.find(name); there != line.groups.end()) return *there->second;
    // A verb that stands alone, too.
    if (const auto verbs_of =
            line.app.get_subcommands([&](const CLI::App* verb) { return verb->get_name() == name; });
        !verbs_of.empty())
        return *verbs_of.front();
    auto* made = line.app.add_subcommand(name, group_help(name, language));
    made->require_subcommand(name == "directory" ? 0 : 1, 1)->fallthrough();
    line.groups[name] = made;
    return *made;
}

void add_verb(CommandLine& line, const VerbRow& row, Language language) {
    const std::string name = row.name;
    const auto space = name.find(' ');
    CLI::App& under = space == std::string::npos ? line.app : group_of(line, name.substr(0, space), language);
    auto* verb = under.add_subcommand(space == std::string::npos ? name : name.substr(space + 1),
                                      language == Language::chinese ? row.zh : row.en);
    verb->fallthrough();
    row.options(*verb, line.arguments);
    // Of "topology import" both are called, the inner one first.
    verb->callback([&line, &row] {
        if (line.chosen == nullptr) line.chosen = &row;
    });
    // A group alone shows what it is about.
    if (name == "directory show")
        under.callback([&line, &row] { line.chosen = line.chosen == nullptr ? &row : line.chosen; });
}

void build(CommandLine& line, Language language) {
    const bool chinese = language == Language::chinese;
    line.app.description(chinese ? "新网：节点的命令行" : "Xinwang: a node's command line");
    line.app.require_subcommand(1);
    line.app.add_option("--dir", line.arguments.dir,
                        chinese ? "节点目录（默认$XINWANG_DIR或/var/lib/xinwang）"
                                : "node directory (default $XINWANG_DIR or /var/lib/xinwang)");
    line.app.add_option("-o,--output", line.output, chinese ? "table或json" : "table or json")
        ->check(CLI::IsMember({"table", "json"}));
    line.app
        .add_option("--lang", line.language,
                    chinese ? "zh或en（默认按LC_ALL、LANG）" : "zh or en (default by LC_ALL, LANG)")
        ->check(CLI::IsMember({"zh", "en"}));
    for (const auto& row : verbs) add_verb(line, row, language);
}

// The language must be known before the help is written, so before anything is parsed.
Language language_from(const std::vector<std::string>& arguments, const Surroundings& around) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--lang" && i + 1 < arguments.size())
            return language_of(arguments[i + 1].c_str(), nullptr, nullptr);
        if (arguments[i].starts_with("--lang=")) return language_of(arguments[i].c_str() + 7, nullptr, nullptr);
    }
    return language_of(around.environment("LC_ALL"), around.environment("LC_MESSAGES"),
                       around.environment("LANG"));
}

Exit fail(const Failure& failure, const Terminal& terminal) {
    terminal.err << failure.line << '\n';
    return failure.exit;
}

Exit usage(const CLI::App& app, const std::string& what, const Terminal& terminal) {
    std::string command = app.get_name();
    for (const auto* chosen = &app; !chosen->get_subcommands().empty();) {
        chosen = chosen->get_subcommands().front();
        command += " " + chosen->get_name();
    }
    return fail(failure_of(Refusal(Code::bad_usage, command, what), terminal), terminal);
}

const char* or_null(const char* text) {
    return text != nullptr && *text != 0 ? text : nullptr;
}

}  // namespace

std::vector<std::string> verb_names() {
    std::vector<std::string> names;
    for (const auto& row : verbs) names.emplace_back(row.name);
    return names;
}

int run(std::vector<std::string> arguments, const Surroundings& around, std::ostream& out, std::ostream& err) {
    const auto line = std::make_unique<CommandLine>();
    Terminal terminal{out, err, language_from(arguments, around)};
    terminal.colour = around.out_is_terminal && or_null(around.environment("NO_COLOR")) == nullptr;
    terminal.progress = around.err_is_terminal;
    terminal.in = around.answers;
    build(*line, terminal.language);
    try {
        std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
        line->app.parse(arguments);
    } catch (const CLI::CallForHelp&) {
        out << line->app.help();
        return static_cast<int>(Exit::ok);
    } catch (const CLI::ParseError& error) {
        return static_cast<int>(usage(line->app, error.what(), terminal));
    }
    if (line->output == "json") terminal.output = Output::json;
    if (line->arguments.dir.empty()) {
        const char* dir = or_null(around.environment("XINWANG_DIR"));
        line->arguments.dir = dir != nullptr ? dir : "/var/lib/xinwang";
    }
    if (const char* passphrase = or_null(around.environment("XINWANG_PASSPHRASE")))
        line->arguments.passphrase = passphrase;
    const auto done = line->chosen->run(line->arguments, terminal);
    return static_cast<int>(done ? *done : fail(done.error(), terminal));
}

}  // namespace xinwang::cli
