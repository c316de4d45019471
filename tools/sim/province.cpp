#include "tools/sim/province.h"

#include <fmt/format.h>

#include "node/intake/csv.h"
#include "protocol/base/check.h"

namespace xinwang::sim {
namespace {

constexpr std::string_view profile_text = R"(
id = "sim"
version = 1
receiver = "990000000000"
utc_offset_minutes = 480

[package]
rows = 4
name = "{package}"

[body]
format = "csv"
encoding = "utf-8"
suffix = ".csv"
heading = "code"
columns = [
    { is = "row",    name = "ROW" },
    { is = "action", name = "ACTION" },
    { is = "record", name = "RECORD" },
    { is = "fields" },
]

[body.actions]
add = "A"
correct = "U"
withdraw = "D"

[header]
place = "file"
format = "lines"
suffix = ".head"
separator = "="
items = [
    { is = "package", name = "PACKAGE" },
    { is = "count",   name = "COUNT" },
    { is = "hash",    name = "HASH" },
]

[[catalogue]]
id = "xzxk"
table = "XZXK"

[[catalogue]]
id = "xzcf"
table = "XZCF"

[feedback]
format = "csv"
encoding = "utf-8"

[feedback.columns]
package = "PACKAGE"
row = "ROW"
record = "RECORD"
result = "RESULT"
reason = "REASON"
message = "MESSAGE"

[feedback.results]
"1" = "accepted"
"0" = "refused"
)";

constexpr std::size_t first_field = 3;

}  // namespace

LinkProfile province_profile() {
    auto profile = parse_profile(profile_text);
    XW_CHECK(profile);
    return *profile;
}

std::string Province::take(const std::vector<PackageFile>& files, Random& random) {
    if (files.empty()) return {};
    const PackageFile& body = files.front();
    const auto [known, fresh] = packages_.emplace(body.name, body.bytes);
    if (!fresh) return known->second == body.bytes ? "" : "another package under the number " + body.name;
    const std::string package = body.name.substr(0, body.name.find('.'));
    MemorySource source(body.bytes);
    CsvReader reader(source, Encoding::utf8, ',', {});
    CsvRow row;
    if (!reader.next(row)) return "a package without a heading";
    std::string answer = "PACKAGE,ROW,RECORD,RESULT,REASON,MESSAGE\r\n";
    while (reader.next(row)) {
        std::vector<std::string> cells;
        for (std::size_t i = 0; i < row.count; ++i) cells.emplace_back(unguard_cell(row.cells[i]));
        if (std::string wrong = take_row(package, cells, random, answer); !wrong.empty())
            return fmt::format("row {} of package {}: {}", row.number, package, wrong);
    }
    answers_.push_back(std::move(answer));
    if (random.chance(0.1)) answers_.push_back(answers_.back());
    return {};
}

std::string Province::take_row(const std::string& package, const std::vector<std::string>& cells,
                               Random& random, std::string& answer) {
    if (cells.size() <= first_field) return "too few cells";
    const auto record = RecordId::parse_hex(cells[2]);
    if (!record) return "no record";
    ++rows_;
    const std::string& action = cells[1];
    std::vector<std::string> values(cells.begin() + first_field, cells.end());
    const auto held = records_.find(*record);
    const bool has = held != records_.end();
    // What follows a refused row may not fit what is here: then it is refused as well.
    const bool fits = action == "A" ? !has : has;
    if (!fits && !refused_.contains(*record))
        return fmt::format("{} of {}, which is {}here", action, record->hex(), has ? "" : "not ");
    const bool accepted = fits && !random.chance(0.03);
    if (!accepted) refused_.insert(*record);
    if (accepted && action == "D") records_.erase(held);
    if (accepted && action != "D") records_[*record] = values;
    said_[{package, *record}].push_back({action, std::move(values), accepted});
    answer += fmt::format("{},{},{},{},{},\r\n", package, cells[0], cells[2], accepted ? "1" : "0",
                          accepted ? "" : "E01");
    return {};
}

void Province::answered() {
    answers_.erase(answers_.begin());
}

std::vector<Province::Said> Province::said(const std::string& package, const RecordId& record) const {
    const auto it = said_.find({package, record});
    return it == said_.end() ? std::vector<Said>() : it->second;
}

const std::vector<std::string>* Province::holds(const RecordId& record) const {
    const auto it = records_.find(record);
    return it == records_.end() ? nullptr : &it->second;
}

}  // namespace xinwang::sim
