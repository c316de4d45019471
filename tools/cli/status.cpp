// status: health first; with several directories one row for each node. The exit code says whether all is well:
// 0 only when every node is ok, 3 when one cannot be reached, 1 otherwise.
#include <fmt/format.h>

#include <algorithm>

#include "tools/cli/print.h"

namespace xinwang::cli {
namespace {

std::string grade_of(const Json& status) {
    return text_of(at(at(status, "health"), "grade"));
}

int rank_of(const std::string& grade) {
    static constexpr std::string_view order[] = {"ok", "unknown", "attention", "broken", "unreachable"};
    const auto found = std::find(std::begin(order), std::end(order), grade);
    return found == std::end(order) ? 1 : static_cast<int>(found - std::begin(order));
}

Exit exit_of_grade(const std::string& grade) {
    if (grade == "ok") return Exit::ok;
    return grade == "unreachable" ? Exit::unreachable : Exit::other;
}

Json item_of(const std::string& directory, const Terminal& terminal) {
    auto got = NodeClient(directory, terminal).get("/v1/status");
    if (got)
        return {{"directory", directory},
                {"grade", grade_of(got->json)},
                {"status", std::move(got->json)},
                {"error", nullptr}};
    terminal.err << got.error().line << '\n';
    return {
        {"directory", directory}, {"grade", "unreachable"}, {"status", nullptr}, {"error", got.error().line}};
}

// By division code, which is tree order; those that do not answer come last.
std::string place_of(const Json& item) {
    const Json& status = at(item, "status");
    return status.is_null() ? "~" + text_of(at(item, "directory")) : text_of(at(at(status, "node"), "code"));
}

Outcome<Exit> status_all(const Arguments& arguments, const Terminal& terminal) {
    std::vector<Json> items;
    for (const auto& directory : arguments.dirs) items.push_back(item_of(directory, terminal));
    std::stable_sort(items.begin(), items.end(),
                     [](const Json& a, const Json& b) { return place_of(a) < place_of(b); });
    std::string worst = "ok";
    int ok = 0;
    for (const auto& item : items) {
        const std::string grade = text_of(at(item, "grade"));
        if (rank_of(grade) > rank_of(worst)) worst = grade;
        if (grade == "ok") ++ok;
    }
    print(Json{{"schema", "xinwang.status_all/1"}, {"grade", worst}, {"ok", ok}, {"nodes", items}}, terminal);
    return exit_of_grade(worst);
}

}  // namespace

Outcome<Exit> status(const Arguments& arguments, const Terminal& terminal) {
    if (arguments.dirs.size() > 1) return status_all(arguments, terminal);
    const NodeClient node(arguments.dirs.empty() ? arguments.dir : arguments.dirs.front(), terminal);
    return node.get("/v1/status").map([&](const Document& document) {
        print(document, terminal);
        return exit_of_grade(grade_of(document.json));
    });
}

}  // namespace xinwang::cli
