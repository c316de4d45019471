// receipt and receipt verify: the receipts of a submission, the folder that convinces a stranger, and the
// stranger's side, which needs neither a node nor a network.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "node/api/json.h"
#include "node/api/target.h"
#include "tools/cli/print.h"
#include "tools/cli/table.h"
#include "topology/receipt_folder.h"

namespace xinwang::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t folder_files_max = 200'000;
constexpr std::uintmax_t folder_file_bytes_max = 16u << 20;

// --- writing

// Names are the node's: letters, digits, '.', '-' and '/', no part of them empty or beginning with a dot.
bool is_inside(std::string_view name) {
    bool begins = true;
    for (const char c : name) {
        const bool plain =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
        if (!plain && (begins || (c != '.' && c != '/'))) return false;
        begins = c == '/';
    }
    return !begins;
}

Result<void> write_file(const fs::path& path, View content) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    file.close();
    if (file) return {};
    return refuse(Code::cannot_write_file, path.string(), std::generic_category().message(errno));
}

Result<void> write_folder(const Json& document, const fs::path& directory) {
    std::error_code error;
    if (fs::exists(directory, error) && !fs::is_empty(directory, error))
        return refuse(Code::receipt_folder_taken, directory.string());
    for (const auto& file : list(document, "files")) {
        const std::string name = text_of(at(file, "name"));
        const auto content = from_base64(text_of(at(file, "base64")));
        if (!is_inside(name) || !content) return refuse(Code::bad_answer, "files", name, "name, base64");
        XW_TRY_VOID(write_file(directory / name, *content));
    }
    return {};
}

// --- reading

Result<ReceiptFiles> read_folder(const fs::path& directory) {
    const auto unread = [&](const fs::path& what, std::string_view found, std::string_view limit) {
        return refuse(Code::receipt_folder_unread, what.string(), found, limit);
    };
    std::error_code error;
    ReceiptFiles files;
    for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
        const fs::file_status kind = it->symlink_status(error);
        if (fs::is_directory(kind)) continue;
        if (!fs::is_regular_file(kind)) return unread(it->path(), "no plain file", "plain files");
        if (const auto bytes = it->file_size(error); error || bytes > folder_file_bytes_max)
            return unread(it->path(), std::to_string(bytes), std::to_string(folder_file_bytes_max));
        if (files.size() == folder_files_max)
            return unread(directory, "more files", std::to_string(folder_files_max));
        std::ifstream in(it->path(), std::ios::binary);
        Bytes content((std::istreambuf_iterator<char>(in)), {});
        if (!in && !in.eof()) return refuse(Code::cannot_read_file, it->path().string());
        files[it->path().lexically_relative(directory).generic_string()] = std::move(content);
    }
    if (error) return unread(directory, error.message(), "a folder");
    return files;
}

Json verified_json(const FolderReport& report) {
    const auto name = [](const Certificate& c) {
        return Json{
            {"node", c.node.hex()}, {"code", c.code.text()}, {"name", c.name}, {"tier", tier_name(c.tier)}};
    };
    Json covers = Json::array();
    for (const FolderCover& c : report.covers)
        covers.push_back(Json{{"log", c.log.origin_line()},
                              {"ancestor", name(report.nodes[c.node].certificate)},
                              {"size", c.size},
                              {"at", api::moment(Instant{c.seconds * 1000})},
                              {"covers", c.whole}});
    Json row = nullptr;
    if (const auto& r = report.slip.row)
        row = Json{{"row", r->row}, {"log", r->log.origin_line()}, {"seq", r->seq}, {"position", r->position}};
    return {{"schema", "xinwang.receipt_verified/1"},
            {"submission", report.slip.submission.hex()},
            {"root", report.slip.root.hex()},
            {"origin", name(report.nodes.front().certificate)},
            {"made_at", api::moment(Instant{report.slip.made_s * 1000})},
            {"batches", report.batches},
            {"entries", report.entries},
            {"row", std::move(row)},
            {"receipts", std::move(covers)},
            {"complete", report.complete}};
}

// The file stands in the refusal's field, which not every sentence says.
Failure failure_of_file(const Refusal& refusal, const Terminal& terminal) {
    Failure failure = failure_of(refusal, terminal);
    if (failure.line.find(refusal.field) == std::string::npos)
        failure.line = refusal.field + ": " + failure.line;
    return failure;
}

// What it proves, or that the city does not hold all of it yet.
Exit say_whether_complete(const Json& document, const Terminal& terminal) {
    if (true_of(at(document, "complete"))) return Exit::ok;
    terminal.err << terminal.say("市级回执尚未覆盖全部内容\n",
                                 "the city's receipt does not cover all of it yet\n");
    return Exit::temporary;
}

}  // namespace

Outcome<Exit> receipt(const Arguments& arguments, const Terminal& terminal) {
    if (arguments.id.empty())
        return tl::unexpected(failure_of(Refusal(Code::bad_usage, "xinwang receipt",
                                                 terminal.say("需要报送编号", "a submission id is needed")),
                                         terminal));
    const NodeClient node(arguments.dir, terminal);
    auto got = node.get("/v1/receipts?submission=" + encode_component(arguments.id));
    if (!got) return tl::unexpected(got.error());
    if (!arguments.out.empty()) {
        std::string target = "/v1/receipt-files?submission=" + encode_component(arguments.id);
        if (arguments.row != 0) target += fmt::format("&row={}", arguments.row);
        auto files = node.get(target);
        if (!files) return tl::unexpected(files.error());
        if (auto written = write_folder(files->json, arguments.out); !written)
            return fail(written.error(), terminal);
        // Whoever verifies it asks for this; it belongs beside the folder, not into it.
        terminal.err << fmt::format(fmt::runtime(terminal.say("核验：xinwang receipt verify {} --root {}\n",
                                                              "verify: xinwang receipt verify {} --root {}\n")),
                                    arguments.out, text_of(at(files->json, "root")));
    }
    print(*got, terminal);
    return say_whether_complete(got->json, terminal);
}

Outcome<Exit> receipt_verify(const Arguments& arguments, const Terminal& terminal) {
    const auto root = RootId::parse_hex(arguments.root);
    if (!root) return fail(Refusal(Code::bad_usage, "--root", arguments.root), terminal);
    auto files = read_folder(arguments.file);
    if (!files) return fail(files.error(), terminal);
    const auto report = verify_receipt_folder(*files, *root);
    if (!report) return tl::unexpected(failure_of_file(report.error(), terminal));
    const Json document = verified_json(*report);
    print(document, terminal);
    return say_whether_complete(document, terminal);
}

void show_receipt_verified(const Json& document, const Terminal& terminal) {
    const Json& origin = at(document, "origin");
    terminal.out << fmt::format("{} {} {}\n", terminal.say("报送", "submission"),
                                text_of(at(document, "submission")), text_of(at(document, "made_at")))
                 << fmt::format("{} {} {}; {} {}, {} {}\n", terminal.say("来源", "origin"),
                                text_of(at(origin, "code")), text_of(at(origin, "name")),
                                text_of(at(document, "batches")), terminal.say("批", "batches"),
                                text_of(at(document, "entries")), terminal.say("条目", "entries"));
    if (const Json& row = at(document, "row"); !row.is_null())
        terminal.out << fmt::format(fmt::runtime(terminal.say("第{}行：批{}的第{}个条目（从0起）\n",
                                                              "row {}: batch {}, entry {} (from 0)\n")),
                                    text_of(at(row, "row")), text_of(at(row, "seq")),
                                    text_of(at(row, "position")));
    Table table({{terminal.say("出具方", "by")},
                 {terminal.say("名称", "name")},
                 {terminal.say("时间", "at")},
                 {terminal.say("回执批数", "size"), Align::right},
                 {terminal.say("覆盖", "covers")},
                 {terminal.say("日志", "log")}});
    for (const auto& receipt : list(document, "receipts")) {
        const Json& by = at(receipt, "ancestor");
        const bool covers = true_of(at(receipt, "covers"));
        table.add({text_of(at(by, "code")), text_of(at(by, "name")), text_of(at(receipt, "at")),
                   text_of(at(receipt, "size")), Cell(covers ? "✓" : "✗", covers ? Tone::good : Tone::bad),
                   text_of(at(receipt, "log"))});
    }
    table.print(terminal);
}

}  // namespace xinwang::cli
