// Shows that `xinwang` reads its arguments, shows every document of API.md, passes JSON on untouched, and ends
// with the promised exit code, against a real server on a real socket that serves the examples of API.md.
#include "tools/cli/cli.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <regex>
#include <sstream>

#include "node/api/answer.h"
#include "tools/cli/show.h"

using namespace xinwang;
using namespace xinwang::cli;

namespace cli_test {

namespace fs = std::filesystem;

namespace {

// The examples of API.md by schema.
const std::map<std::string, std::string>& examples() {
    static const auto all = [] {
        std::ifstream file(XINWANG_SOURCE_DIR "/node/api/API.md");
        REQUIRE(file);
        const std::string text(std::istreambuf_iterator<char>(file), {});
        std::map<std::string, std::string> found;
        for (std::size_t at = 0; (at = text.find("```json\n", at)) != std::string::npos;) {
            at += 8;
            const auto end = text.find("```", at);
            const auto json = Json::parse(text.substr(at, end - at), nullptr, false);
            INFO(text.substr(at, 80));
            REQUIRE_FALSE(json.is_discarded());
            REQUIRE(at < end);
            found[json.at("schema").get<std::string>()] = json.dump();
            at = end;
        }
        return found;
    }();
    return all;
}

std::string example(const std::string& schema) {
    return examples().at("xinwang." + schema + "/1");
}

struct Run {
    int exit = -1;
    std::string out, err;
};

// A directory with a server that answers from a table of "METHOD path" → document.
struct Node {
    fs::path directory;
    std::map<std::string, std::pair<int, std::string>> answers;
    std::vector<std::string> asked;  // "METHOD path?query", in the server's thread; read after the answers
    std::string body;
    std::unique_ptr<HttpServer> server;

    Node() {
        std::string name = (fs::temp_directory_path() / "xinwang-cli-XXXXXX").string();
        directory = ::mkdtemp(name.data());
        ServerRule rule{.socket = directory / "api.sock", .handler = {}, .upload = {}};
        rule.upload = [this](const Request& request) -> Result<std::optional<Upload>> {
            if (request.path != "/v1/submissions" && request.path != "/v1/link/feedback") return std::nullopt;
            return Upload{.directory = directory, .watch = {}};
        };
        rule.handler = [this](Request& request) { return serve(request); };
        server = *HttpServer::open(std::move(rule));
    }
    ~Node() {
        server.reset();
        fs::remove_all(directory);
    }
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    Response serve(Request& request) {
        std::string what = request.method + " " + request.path;
        body = request.file ? std::to_string(request.file->bytes()) : request.body;
        const auto found = answers.find(what);
        for (const auto& [name, value] : request.query) what += "|" + name + "=" + value;
        asked.push_back(what);
        if (found == answers.end()) return refuse_request(Refusal(Code::no_such_path, "", request.path));
        return {found->second.first, "application/json", found->second.second};
    }
    void answer(const std::string& what, const std::string& schema) { answers[what] = {200, example(schema)}; }
    void answer(const std::string& what, const Refusal& refusal) {
        const auto response = refuse_request(refusal);
        answers[what] = {response.status, response.body};
    }
};

Run run_cli(std::vector<std::string> arguments, const std::map<std::string, std::string>& environment = {}) {
    std::ostringstream out, err;
    Surroundings around;
    around.environment = [&](const char* name) -> const char* {
        const auto found = environment.find(name);
        return found == environment.end() ? nullptr : found->second.c_str();
    };
    Run result;
    result.exit = run(std::move(arguments), around, out, err);
    result.out = out.str();
    result.err = err.str();
    return result;
}

}  // namespace

// Files in base64: written by `receipt`, shown to nobody.
constexpr std::string_view files_of_receipt = "xinwang.receipt_files/1";

TEST_CASE("every example of API.md names its schema and can be shown in both languages") {
    CHECK(examples().size() == 38);
    for (const auto& [schema, text] : examples()) {
        INFO(schema);
        CHECK(schema.starts_with("xinwang."));
        if (schema == files_of_receipt) continue;
        for (const auto language : {Language::english, Language::chinese}) {
            std::ostringstream out, err;
            const Terminal terminal{out, err, language};
            CHECK(show(Json::parse(text), terminal));
            CHECK_FALSE(out.str().empty());
            // Lists, counts and texts are there: nothing read as absent that the example holds.
            CHECK(out.str().find("null") == std::string::npos);
        }
    }
}

// Every refusal in a document against the table.
void check_refusals(const Json& value) {
    if (!value.is_structured()) return;
    if (value.is_object() && value.contains("number") && value["number"].is_string()) {
        const std::string number = value["number"];
        const auto* row = find_refusal(static_cast<std::uint16_t>(std::stoi(number.substr(3))));
        INFO(number);
        REQUIRE(row != nullptr);
        const Refusal refusal(row->code, value["field"].get<std::string>(), value["value"].get<std::string>(),
                              value["limit"].get<std::string>());
        const Json table = refusal_json(refusal);
        for (const auto& [name, expected] : table.items()) CHECK(value[name] == expected);
    }
    for (const auto& inner : value) check_refusals(inner);
}

TEST_CASE("the refusals in the examples read as the table has them") {
    for (const auto& [schema, text] : examples()) check_refusals(Json::parse(text));
}

TEST_CASE("a document that lacks everything is still shown") {
    for (const auto& [schema, text] : examples()) {
        if (schema == files_of_receipt) continue;
        std::ostringstream out, err;
        const Terminal terminal{out, err};
        CHECK(show(Json{{"schema", schema}}, terminal));
        auto wrong = Json::parse(text);
        for (auto& [name, value] : wrong.items())
            if (name != "schema") value = value.is_string() ? Json(7) : Json("x");
        CHECK(show(wrong, terminal));
    }
    std::ostringstream out, err;
    CHECK_FALSE(show(Json::array(), Terminal{out, err}));
}

TEST_CASE("each verb asks for its document and passes it on as JSON, untouched") {
    Node node;
    const std::string id = "0f0e0d0c0b0a09080706050403020100";
    const auto file = node.directory / "licences.csv";
    std::ofstream(file) << "a,b\n1,2\n";
    struct Case {
        std::vector<std::string> arguments;
        std::string what, schema;
        int exit = 0;
    };
    const Case cases[] = {
        {{"status"}, "GET /v1/status", "status", 1},
        {{"topology"}, "GET /v1/topology", "topology"},
        {{"topology", "history", "990102001005"}, "GET /v1/topology/history/990102001005", "topology_history"},
        {{"topology", "recode", "990102001002", "990102001005"}, "POST /v1/topology/recode", "topology_recode"},
        {{"topology", "move", "990102001002", "--parent", "990102100000", "--at", "10.0.0.7:7301", "--code",
          "990102100002"},
         "POST /v1/topology/move",
         "topology_move"},
        {{"topology", "import", file.string(), "--dry-run"}, "POST /v1/topology/plan", "topology_plan"},
        {{"catalogues"}, "GET /v1/catalogues", "catalogues"},
        {{"invite", "130602001001", "--name", "先锋社区"}, "POST /v1/invitations", "invitation"},
        {{"invitations"}, "GET /v1/invitations", "invitations"},
        {{"submit", file.string(), "--catalogue", "xzxk"}, "POST /v1/submissions", "submitted"},
        {{"submission"}, "GET /v1/submissions", "submissions"},
        {{"submission", id}, "GET /v1/submissions/" + id, "submission"},
        {{"record", id}, "GET /v1/records/" + id, "record"},
        {{"record", "--subject", "91130600MA0EXAMPLE"}, "GET /v1/records", "records"},
        {{"record", "transfer", "--from", "990102001002", "--to", "990102001005", "--reason", "合并"},
         "POST /v1/transfers",
         "transfer"},
        {{"receipt", id}, "GET /v1/receipts", "receipts"},
        {{"link", "show"}, "GET /v1/link", "link"},
        {{"link", "export"}, "POST /v1/link/export", "link_export"},
        {{"link", "feedback", file.string()}, "POST /v1/link/feedback", "link_feedback", 6},
        {{"quarantine"}, "GET /v1/quarantine", "quarantine"},
        {{"retention"}, "GET /v1/retention", "retention"},
        {{"verify"}, "POST /v1/verify", "verify"},
        {{"backup", "/mnt/backup"}, "POST /v1/backup", "backup"},
    };
    for (const auto& c : cases) {
        INFO(c.what);
        node.answer(c.what, c.schema);
        auto arguments = c.arguments;
        arguments.insert(arguments.end(), {"--dir", node.directory.string(), "-o", "json"});
        const auto json = run_cli(arguments);
        CHECK(json.out == example(c.schema) + "\n");
        CHECK(json.err.empty());
        CHECK(json.exit == c.exit);
        arguments.back() = "table";
        const auto table = run_cli(arguments);
        CHECK(table.exit == c.exit);
        CHECK_FALSE(table.out.empty());
        CHECK(table.out.front() != '{');
    }
}

TEST_CASE("requests carry their arguments") {
    Node node;
    const std::map<std::string, std::string> environment{{"XINWANG_DIR", node.directory.string()}};
    node.answer("POST /v1/invitations", "invitation");
    run_cli({"invite", "130602001001", "--name", "先锋"}, environment);
    CHECK(node.body == R"({"code":"130602001001","name":"先锋"})");
    node.answer("POST /v1/submissions", "submitted");
    const auto file = node.directory / "许可 1.csv";
    std::ofstream(file) << "12345";
    run_cli({"submit", file.string(), "--catalogue", "xzxk", "--action", "withdraw"}, environment);
    CHECK(node.body == "5");
    CHECK(node.asked.back() ==
          "POST /v1/submissions|action=withdraw|catalogue=xzxk|encoding=auto|name=许可 1.csv");
}

TEST_CASE("a new list of divisions is published only when somebody agrees to its plan") {
    Node node;
    node.answer("POST /v1/topology/plan", "topology_plan");
    node.answer("POST /v1/topology/import", "topology_import");
    const auto file = node.directory / "list.csv";
    std::ofstream(file) << "code,name\n990100000000,\xbc\xd7\xca\xd0\n";  // GB18030
    const auto import = [&](const std::string& said, std::vector<std::string> more = {}) {
        std::ostringstream out, err;
        std::istringstream answers(said);
        Surroundings around;
        around.environment = [](const char*) -> const char* { return nullptr; };
        if (!said.empty()) around.answers = &answers;
        std::vector<std::string> arguments{"topology", "import", file.string(), "--dir",
                                           node.directory.string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        node.asked.clear();
        Run result;
        result.exit = run(std::move(arguments), around, out, err);
        result.out = out.str();
        result.err = err.str();
        return result;
    };
    const std::string plan = "POST /v1/topology/plan", publish = "POST /v1/topology/import";
    using Asked = std::vector<std::string>;

    const auto nobody = import("");
    CHECK(nobody.exit == 6);
    CHECK(nobody.err.find("XW-2231") != std::string::npos);
    CHECK(node.asked == Asked{plan});
    CHECK(Json::parse(node.body)["list"] == "code,name\n990100000000,甲市\n");

    CHECK(import("n\nn\n").exit == 6);
    CHECK(node.asked == Asked{plan});
    CHECK(import("n\ny\n").exit == 0);
    CHECK(node.asked == Asked{plan, publish});
    CHECK(Json::parse(node.body)["plan"] == Json::parse(example("topology_plan"))["plan"]);
    CHECK(Json::parse(node.body)["accept_suggestions"] == false);
    CHECK(import("y\n是\n").exit == 0);
    CHECK(node.asked == Asked{plan, plan, publish});
    CHECK(Json::parse(node.body)["accept_suggestions"] == true);
    CHECK(import("", {"--yes", "--effective", "2026-07-01"}).exit == 0);
    CHECK(node.asked == Asked{plan, publish});
    CHECK(Json::parse(node.body)["effective"] == 20260701);

    CHECK(import("", {"--yes", "--effective", "20261301"}).err.starts_with("XW-1004"));
    std::ofstream(file, std::ios::app) << "990102000000,\xff\n";
    const auto bad = import("", {"--yes"});
    CHECK(bad.exit == 6);
    CHECK(bad.err.starts_with("XW-1715 list.csv:3"));
    CHECK(node.asked.empty());
}

TEST_CASE("two lists are compared without a node") {
    const auto directory = fs::temp_directory_path() / ("xinwang-lists-" + std::to_string(::getpid()));
    fs::create_directories(directory);
    std::ofstream(directory / "old.csv") << "code,name\n990100000000,甲市\n990102000000,东县\n";
    std::ofstream(directory / "new.csv") << "code,name\n990100000000,甲市\n990103000000,东区\n";
    const auto compare = [&](const std::string& from, const std::string& to) {
        return run_cli({"topology", "import", (directory / to).string(), "--against",
                        (directory / from).string(), "--accept-suggestions", "-o", "json"});
    };
    const auto done = compare("old.csv", "new.csv");
    CHECK(done.exit == 0);
    CHECK(Json::parse(done.out)["counts"]["recoded"] == 1);
    CHECK(compare("old.csv", "old.csv").exit == 9);
    CHECK(compare("old.csv", "none.csv").exit != 0);
    fs::remove_all(directory);
}

TEST_CASE("refusals go to stderr in the reader's language with the exit code of their kind") {
    Node node;
    const std::string dir = node.directory.string();
    const auto verify = [&](const Refusal& refusal) {
        node.answer("POST /v1/verify", refusal);
        return run_cli({"verify", "--dir", dir, "-o", "json"});
    };
    const auto english = verify(Refusal(Code::not_found, "submission", "ab"));
    CHECK(english.exit == 6);
    CHECK(english.out.empty());
    CHECK(english.err == "XW-2205 there is no submission ab. Try: check the id, or list them all.\n");
    CHECK(run_cli({"verify", "--dir", dir}, {{"LANG", "zh_CN.UTF-8"}}).err ==
          "XW-2205 没有找到submission ab。请检查编号，或列出全部后查找。\n");
    CHECK(verify(Refusal(Code::not_at_this_node)).exit == 4);
    CHECK(verify(Refusal(Code::node_stopping)).exit == 5);
    CHECK(verify(Refusal(Code::too_large)).exit == 8);
    CHECK(verify(Refusal(Code::bad_request)).exit == 2);
    CHECK(verify(Refusal(Code::bad_number)).exit == 6);
    node.answers["POST /v1/verify"] = {200, "<html>"};
    CHECK(run_cli({"verify", "--dir", dir}).err.starts_with("XW-2211"));

    const auto unreachable = run_cli({"verify", "--dir", dir + "/none"});
    CHECK(unreachable.exit == 3);
    CHECK(unreachable.err.starts_with("XW-2210"));
}

TEST_CASE("usage errors exit 2 and help exits 0, for every verb") {
    CHECK(run_cli({}).exit == 2);
    CHECK(run_cli({"nonsense"}).exit == 2);
    CHECK(run_cli({"status", "-o", "xml"}).exit == 2);
    CHECK(run_cli({"submission", "x", "--until", "moon"}).exit == 2);
    CHECK(run_cli({"record", "--dir", "/none"}).exit == 2);
    const auto bad = run_cli({"submit", "x.csv"});
    CHECK(bad.exit == 2);
    CHECK(bad.err.starts_with("XW-2215"));
    CHECK(bad.err.find("Try: xinwang submit --help") != std::string::npos);
    for (const auto& name : verb_names()) {
        INFO(name);
        std::vector<std::string> arguments;
        std::istringstream words(name);
        for (std::string word; words >> word;) arguments.push_back(word);
        arguments.emplace_back("--help");
        const auto help = run_cli(arguments);
        CHECK(help.exit == 0);
        CHECK(help.err.empty());
        CHECK(help.out.find("Usage") != std::string::npos);
    }
    CHECK(run_cli({"--help"}, {{"LC_ALL", "zh_CN.UTF-8"}}).out.find("报送文件") != std::string::npos);
    CHECK(run_cli({"--lang", "en", "--help"}, {{"LC_ALL", "zh_CN.UTF-8"}}).out.find("hand in a file") !=
          std::string::npos);
}

TEST_CASE("several directories give one row each, in tree order, and the worst decides") {
    Node city, village;
    city.answer("GET /v1/status", "status");
    village.answer("GET /v1/status", "status");
    auto& text = city.answers["GET /v1/status"].second;
    text = std::regex_replace(text, std::regex("130602001000"), "130600000000");
    text = std::regex_replace(text, std::regex("\"attention\""), "\"ok\"");
    const auto table = run_cli({"status", village.directory.string(), city.directory.string()});
    CHECK(table.exit == 1);
    CHECK(table.out.starts_with("● attention: of 2 nodes 1 are ok"));
    CHECK(table.out.find("130600000000") < table.out.find("130602001000"));
    const auto json = run_cli({"status", "-o", "json", city.directory.string(), "/none"});
    CHECK(json.exit == 3);
    const auto document = Json::parse(json.out);
    CHECK(document["schema"] == "xinwang.status_all/1");
    CHECK(document["grade"] == "unreachable");
    CHECK(document["nodes"][0]["status"]["schema"] == "xinwang.status/1");
    CHECK(document["nodes"][1]["status"].is_null());
    CHECK(run_cli({"status", city.directory.string(), city.directory.string()}).exit == 0);
}

TEST_CASE("waiting ends when the submission is held where it should be, or in time") {
    Node node;
    const std::string dir = node.directory.string();
    const std::string id = "0f0e0d0c0b0a09080706050403020100";
    node.answer("GET /v1/submissions/" + id, "submission");
    const auto parent = run_cli({"submission", id, "--wait", "--until", "parent", "--dir", dir});
    CHECK(parent.exit == 6);  // held there, and five rows were refused
    CHECK(parent.out.find("XK_XDR_SHXYM") != std::string::npos);
    const auto city = run_cli({"submission", id, "--wait", "--timeout", "0.1", "--dir", dir});
    CHECK(city.exit == 5);
    CHECK(city.err.starts_with("XW-2212"));
    CHECK_FALSE(city.out.empty());

    auto all = Json::parse(example("submission"));
    all["rows"]["refused"] = 0;
    all["ticks"]["parent"] = nullptr;  // at the city
    all["ticks"]["city"]["done"] = true;
    node.answers["GET /v1/submissions/" + id] = {200, all.dump()};
    CHECK(run_cli({"submission", id, "--wait", "--until", "parent", "--dir", dir}).exit == 0);
    all["state"] = "refused";
    node.answers["GET /v1/submissions/" + id] = {200, all.dump()};
    CHECK(run_cli({"submission", id, "--dir", dir}).exit == 6);
}

TEST_CASE("a receipt folder is written as the node made it") {
    Node node;
    node.answer("GET /v1/receipts", "receipts");
    node.answer("GET /v1/receipt-files", "receipt_files");
    const auto out = node.directory / "receipts" / "new";
    const auto done = run_cli({"receipt", "0f", "--out", out.string(), "--dir", node.directory.string()});
    CHECK(done.exit == 0);
    std::ifstream file(out / "chain/130600000000.certificate", std::ios::binary);
    REQUIRE(file);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "\1\1");
    auto open = Json::parse(example("receipts"));
    open["complete"] = false;
    node.answers["GET /v1/receipts"] = {200, open.dump()};
    CHECK(run_cli({"receipt", "0f", "--dir", node.directory.string()}).exit == 5);
}

TEST_CASE("explain knows every number and link export says when there is nothing to do") {
    CHECK(run_cli({"explain", "XW-2205"}).out.starts_with("XW-2205 there is no {field} {value}"));
    CHECK(run_cli({"explain", "2205", "-o", "json"}).out.find("\"name\":\"not_found\"") != std::string::npos);
    CHECK(run_cli({"explain", "XW-9"}).exit == 6);
    CHECK(run_cli({"explain", "12x"}).exit == 6);
    const auto all = run_cli({"explain", "-o", "json"});
    CHECK(Json::parse(all.out)["refusals"].size() == all_refusals().size());
    CHECK(Json::parse(run_cli({"version", "-o", "json"}).out)["schema"] == "xinwang.version/1");
    Node node;
    node.answers["POST /v1/link/export"] = {
        200, R"({"schema":"xinwang.link_export/1","already":true,"packages":[]})"};
    CHECK(run_cli({"link", "export", "--dir", node.directory.string()}).exit == 9);
}

TEST_CASE("the completion for bash knows every verb") {
    std::ifstream file(XINWANG_SOURCE_DIR "/deploy/completion/xinwang.bash");
    REQUIRE(file);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    for (const auto& name : verb_names()) {
        INFO(name);
        CHECK(text.find(name.substr(name.find(' ') + 1)) != std::string::npos);
    }
}

}  // namespace cli_test
