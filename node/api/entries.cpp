// Entries of a catalogue by date (API.md section 8): what was decided in a month, in the order of the dates.
#include "node/api/api.h"
#include "node/core/reading.h"
#include "protocol/identifiers.h"

namespace xinwang::api {
namespace {

Result<std::uint32_t> date_parameter(const Request& request, const char* name, std::uint32_t otherwise) {
    const auto it = request.query.find(name);
    if (it == request.query.end() || it->second.empty()) return otherwise;
    return parse_date(it->second, name);
}

}  // namespace

Result<Response> Api::get_entries(const Request& request) {
    XW_TRY(page, Page::from(request.query));
    const auto it = request.query.find("catalogue");
    if (it == request.query.end() || it->second.empty())
        return refuse(Code::bad_request, "catalogue", "", "?catalogue=…&from=…&to=…");
    const std::string& catalogue = it->second;
    XW_TRY(from, date_parameter(request, "from", 0));
    XW_TRY(to, date_parameter(request, "to", 99'991'231));
    std::vector<ReadEntry> entries;
    bool more = false;
    {
        const Snapshot kept = node_.store.snapshot();
        XW_TRY(found, kept.find_dated(catalogue, from, to, page.offset, page.limit + 1));
        more = found.size() > page.limit;
        if (more) found.pop_back();
        for (const Snapshot::Dated& dated : found) {
            auto entry = read_entry(kept, dated.where, node_.room);
            if (!entry && entry.error().code == Code::batch_expired) continue;  // past its last day, and gone
            XW_TRY(read, std::move(entry));
            // The index holds a hash: another catalogue may share it.
            if (read.entry && read.entry->catalogue == catalogue) entries.push_back(std::move(read));
        }
    }
    Json list = Json::array();
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        for (const ReadEntry& read : entries)
            list.push_back(Json{{"id", read.entry->record.hex()},
                                {"subject", read.entry->subject},
                                {"kind", entry_kind_name(read.entry->kind)},
                                {"date", read.entry->date == 0 ? "" : std::to_string(read.entry->date)},
                                {"origin", node_name(s.core.roster(), read.log.origin)},
                                {"seq", read.seq},
                                {"position", read.position}});
    }));
    return answer(200, {{"schema", "xinwang.entries/1"},
                        {"catalogue", catalogue},
                        {"from", from},
                        {"to", to},
                        {"offset", page.offset},
                        {"limit", page.limit},
                        {"more", more},
                        {"entries", list}});
}

}  // namespace xinwang::api
