// Submissions: taking a file in, and the answer to each of its rows (API.md sections 5 to 7).
#include <algorithm>
#include <fstream>

#include "node/api/api.h"
#include "node/core/reading.h"
#include "node/intake/step.h"
#include "protocol/base/check.h"
#include "protocol/base/hash.h"

namespace xinwang::api {
namespace {

Result<SubmissionId> id_of_file(const std::filesystem::path& path, const std::string& catalogue,
                                Action action) {
    Writer head;
    head.text16(catalogue);
    head.u8(static_cast<std::uint8_t>(action));
    Blake2b hasher(SubmissionId::size);
    hasher.add(view("XW-submission"));
    hasher.add(head.bytes());
    std::ifstream in(path, std::ios::binary);
    std::vector<char> buffer(256u << 10);
    while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0)
        hasher.add(view(std::string_view(buffer.data(), static_cast<std::size_t>(in.gcount()))));
    SubmissionId id;
    hasher.finish(id.bytes);
    return id;
}

Result<Action> action_of(const std::string& name) {
    for (const Action action : {Action::publish, Action::withdraw})
        if (name.empty() ? action == Action::publish : name == action_name(action)) return action;
    return refuse(Code::bad_number, "action", name, "publish, withdraw");
}

Result<Bytes> first_cursor(const std::string& encoding) {
    Bytes none;
    if (encoding.empty() || encoding == "auto") return none;
    if (encoding != "utf-8" && encoding != "gb18030")
        return refuse(Code::encoding_unknown, "encoding", encoding, "auto, utf-8, gb18030");
    Writer out;
    IntakeCursor::declared(encoding == "utf-8" ? Encoding::utf8 : Encoding::gb18030).write(out);
    return out.take();
}

std::string parameter(const Request& request, std::string_view name) {
    const auto it = request.query.find(name);
    return it == request.query.end() ? std::string() : it->second;
}

// --- one submission's rows

enum class Verdict : std::uint8_t { accepted, corrected, withdrawn, unchanged, refused };
const char* verdict_name(Verdict v) {
    static constexpr const char* names[] = {"accepted", "corrected", "withdrawn", "unchanged", "refused"};
    return names[static_cast<int>(v)];
}

struct RowLine {
    std::uint32_t row = 0;
    Verdict verdict = Verdict::accepted;
    RecordId record;
    std::optional<Outcome> outcome;
    std::optional<RowAnswer> answer;
    bool judged = false;                  // the city has said what becomes of it
    std::optional<Refusal> city_refused;  // and that it is not in effect
};

Verdict verdict_of(EntryKind kind) {
    return kind == EntryKind::correct    ? Verdict::corrected
           : kind == EntryKind::withdraw ? Verdict::withdrawn
                                         : Verdict::accepted;
}

// Every row that became an entry, from the batches that hold them.
Result<void> add_entries(const Snapshot& kept, const JobRoom& room, const Submission& s,
                         std::vector<RowLine>& rows) {
    for (const auto& [lane, range] : s.batches) {
        const LogId log{room.self, range.incarnation, lane, {}};
        for (Seq seq = range.first; seq <= range.last; ++seq) {
            XW_TRY(at, kept.position(log, seq));
            if (!at) return refuse(Code::not_held, "batch", std::to_string(seq), log.origin_line());
            auto read = read_batch(kept, at->ordinal, room);
            if (!read && read.error().code == Code::batch_expired)
                continue;  // its rows are past their last day
            XW_TRY(entries, std::move(read));
            XW_TRY(said, xinwang::verdict_of(kept, log, seq));
            for (std::uint32_t i = 0; i < entries.size(); ++i) {
                const Entry& e = entries[i];
                const Refusal* refused = said.refused_at(i);
                rows.push_back({e.row, verdict_of(e.kind), e.record, outcome_of_record(kept, e.record),
                                std::nullopt, said.told, refused ? std::optional(*refused) : std::nullopt});
                // What the province has of the record is its owner's.
                if (refused != nullptr) rows.back().outcome.reset();
            }
        }
    }
    return {};
}

// Refused and unchanged rows, and remarks on the others.
Result<void> add_answers(const Snapshot& kept, const Submission& s, std::vector<RowLine>& rows) {
    std::optional<Refusal> damaged;
    kept.scan(Table::rows, s.id.view(), [&](View, View value) {
        Reader in(value, "row answer");
        auto answer = read_row_answer(in);
        if (!answer) {
            damaged = answer.error();
            return false;
        }
        const bool refused = std::any_of(answer->findings.begin(), answer->findings.end(),
                                         [](const RowFinding& f) { return f.severity == Severity::refusal; });
        const auto it = std::lower_bound(rows.begin(), rows.end(), answer->row,
                                         [](const RowLine& line, std::uint32_t row) { return line.row < row; });
        if (!refused && it != rows.end() && it->row == answer->row)
            it->answer = std::move(*answer);
        else if (answer->row != 0)
            rows.push_back({answer->row,
                            refused ? Verdict::refused : Verdict::unchanged,
                            {},
                            {},
                            std::move(*answer),
                            false,
                            {}});
        return true;
    });
    if (damaged) return tl::unexpected(*damaged);
    return {};
}

Result<std::vector<RowLine>> rows_of(const Snapshot& kept, const JobRoom& room, const Submission& s) {
    const auto by_row = [](const RowLine& a, const RowLine& b) { return a.row < b.row; };
    std::vector<RowLine> entries;
    XW_TRY_VOID(add_entries(kept, room, s, entries));
    std::sort(entries.begin(), entries.end(), by_row);
    std::vector<RowLine> all = entries;
    XW_TRY_VOID(add_answers(kept, s, all));
    std::sort(all.begin(), all.end(), by_row);
    return all;
}

// What the city says of the row: null until it has.
Json city_json(const RowLine& line) {
    if (line.city_refused) return {{"in_effect", false}, {"refusal", refusal_json(*line.city_refused)}};
    return line.judged ? Json{{"in_effect", true}, {"refusal", nullptr}} : Json(nullptr);
}

Json row_json(const RowLine& line, const Catalogue* catalogue, Instant now) {
    Json findings = Json::array();
    if (line.answer) {
        for (const RowFinding& f : line.answer->findings) {
            Json item{{"severity", f.severity == Severity::refusal ? "error" : "warning"},
                      {"rule", line.answer->rule}};
            const auto field = catalogue ? catalogue->find(f.field) : std::nullopt;
            item["label"] = field ? Json(catalogue->fields[*field].label) : Json("");
            item.update(refusal_json(f.refusal));
            findings.push_back(std::move(item));
        }
    }
    const bool has_record = line.verdict != Verdict::refused && !line.record.is_zero();
    return {{"row", line.row},
            {"verdict", verdict_name(line.verdict)},
            {"record", has_record ? Json(line.record.hex()) : Json(nullptr)},
            {"city", city_json(line)},
            {"outcome", outcome_json(line.outcome, now)},
            {"findings", findings}};
}

bool needs_attention(const RowLine& line) {
    return line.verdict == Verdict::refused || line.city_refused ||
           (line.answer && !line.answer->findings.empty()) ||
           (line.outcome && line.outcome->result == OutcomeResult::refused);
}

// --- the document

struct Tick {
    std::uint64_t batches = 0, confirmed = 0;
};

Json tick_json(const Tick& tick, const Submission& s, Instant at, Instant now) {
    Json out{{"done", !s.open() && tick.confirmed == tick.batches},
             {"batches", tick.batches},
             {"confirmed", tick.confirmed}};
    put_moment(out, "", at, now);
    return out;
}

Json ticks(const Core& core, const Submission& s, Instant now) {
    Tick here, parent, city;
    for (const auto& [lane, range] : s.batches) {
        const LogId log{core.identity().node, range.incarnation, lane, {}};
        const std::uint64_t batches = range.last - range.first + 1;
        const auto within = [first = range.first, batches](Seq size) {
            return size <= first ? 0 : std::min(batches, size - first);
        };
        here.batches += batches;
        here.confirmed += batches;
        parent.confirmed += within(core.held_by_parent(log));
        city.confirmed += within(core.held_by_city(log));
    }
    parent.batches = city.batches = here.batches;
    Json out{{"here", tick_json(here, s, s.finished, now)}};
    out["parent"] = core.is_city() ? Json(nullptr) : tick_json(parent, s, {}, now);
    out["city"] = tick_json(city, s, core.is_city() ? s.finished : Instant{}, now);
    return out;
}

// What the city has said of the rows that became entries, by the batches that hold them: none of them is
// opened.
Result<Json> judged(const Snapshot& kept, const JobRoom& room, const Submission& s) {
    std::uint64_t waiting = 0, in_effect = 0, refused = 0;
    for (const auto& [lane, range] : s.batches) {
        const LogId log{room.self, range.incarnation, lane, {}};
        for (Seq seq = range.first; seq <= range.last; ++seq) {
            XW_TRY(at, kept.position(log, seq));
            if (!at) continue;
            XW_TRY(said, xinwang::verdict_of(kept, log, seq));
            std::uint64_t no = 0;
            for (const VerdictGroup& group : said.refused)
                for (const VerdictRange& places : group.ranges) no += places.to - places.from + 1u;
            refused += no;
            (said.told ? in_effect : waiting) += at->entries - no;
        }
    }
    return Json{{"waiting", waiting}, {"in_effect", in_effect}, {"refused", refused}};
}

Json reported(const std::vector<RowLine>& rows) {
    std::uint64_t waiting = 0, counts[5] = {};
    for (const RowLine& line : rows) {
        if (line.verdict == Verdict::refused || line.verdict == Verdict::unchanged || line.city_refused)
            continue;
        if (line.outcome)
            ++counts[static_cast<int>(line.outcome->result)];
        else
            ++waiting;
    }
    return {{"waiting", waiting},
            {"sent", counts[static_cast<int>(OutcomeResult::sent)]},
            {"accepted", counts[static_cast<int>(OutcomeResult::accepted)]},
            {"refused", counts[static_cast<int>(OutcomeResult::refused)]},
            {"set_aside", counts[static_cast<int>(OutcomeResult::set_aside)]}};
}

Json submission_json(const Submission& s, const Json& ticks, const Json& judged_now,
                     const std::vector<RowLine>& rows, Instant now) {
    Json out{{"id", s.id.hex()},
             {"name", s.name},
             {"catalogue", s.catalogue},
             {"action", action_name(s.action)},
             {"state", submission_state_name(s.state)},
             {"file_bytes", s.file_bytes}};
    put_moment(out, "received", s.received, now);
    put_moment(out, "finished", s.finished, now);
    const IntakeRows& r = s.rows;
    out["rows"] = {{"total", r.read},          {"accepted", r.accepted},   {"corrected", r.corrected},
                   {"withdrawn", r.withdrawn}, {"unchanged", r.unchanged}, {"refused", r.refused},
                   {"warned", r.warned}};
    out["ticks"] = ticks;
    out["judged"] = judged_now;
    out["reported"] = reported(rows);
    out["refusal"] = refusal_or_null(s.refusal);
    return out;
}

}  // namespace

Result<Response> Api::post_submission(Request& request) {
    const std::string catalogue = parameter(request, "catalogue");
    XW_TRY(action, action_of(parameter(request, "action")));
    XW_TRY(cursor, first_cursor(parameter(request, "encoding")));
    if (!request.file) return refuse(Code::bad_request, "body", "", "a file");
    XW_TRY(id, id_of_file(request.file->path(), catalogue, action));
    XW_TRY_VOID(node_.look([&](const Situation& s) { id = s.core.submission_for(id); }));
    NewSubmission file;
    file.id = id;
    file.name = printable(parameter(request, "name"), limits::file_name_bytes_max);
    file.catalogue = catalogue;
    file.action = action;
    file.file_bytes = request.file->bytes();
    file.cursor = cursor;
    // The file has its place before the submission is known: after a crash between the two it is only unused.
    XW_TRY_VOID(request.file->keep(node_.spool / id.hex()));
    Result<SubmissionTaken> taken = refuse(Code::node_stopping);
    Submission held;
    XW_TRY_VOID(node_.call([&](Core& core, Instant now) {
        taken = core.submit(now, file);
        if (taken) held = core.submissions().at(id);
    }));
    // Nobody will read it: refused, or answered long ago.
    if (!taken || !held.open()) std::filesystem::remove(node_.spool / id.hex());
    if (!taken) return tl::unexpected(taken.error());
    return answer(taken->already ? 200 : 201, {{"schema", "xinwang.submitted/1"},
                                               {"id", id.hex()},
                                               {"state", submission_state_name(held.state)},
                                               {"already", taken->already},
                                               {"name", held.name},
                                               {"catalogue", held.catalogue},
                                               {"action", action_name(held.action)},
                                               {"file_bytes", held.file_bytes}});
}

Result<Response> Api::get_submissions(const Request& request) {
    XW_TRY(page, Page::from(request.query));
    std::vector<std::pair<Submission, Json>> found;
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        for (const auto& [id, submission] : s.core.submissions()) found.emplace_back(submission, Json());
        std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
            return std::tie(b.first.received, b.first.id) < std::tie(a.first.received, a.first.id);
        });
        const std::string state = parameter(request, "state");
        if (!state.empty())
            std::erase_if(found, [&](const auto& f) { return state != submission_state_name(f.first.state); });
        for (std::size_t i = 0; i < found.size(); ++i)
            if (page.covers(i)) found[i].second = ticks(s.core, found[i].first, s.now);
    }));
    Json list = Json::array();
    const Snapshot kept = node_.store.snapshot();
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (!page.covers(i)) continue;
        XW_TRY(rows, rows_of(kept, node_.room, found[i].first));
        XW_TRY(judged_now, judged(kept, node_.room, found[i].first));
        list.push_back(submission_json(found[i].first, found[i].second, judged_now, rows, node_.now()));
    }
    Json out{{"schema", "xinwang.submissions/1"}};
    page.put(out, found.size());
    out["submissions"] = std::move(list);
    return answer(200, out);
}

Result<Response> Api::get_submission(const Request& request, const std::string& id_text) {
    XW_TRY(page, Page::from(request.query));
    const auto id = SubmissionId::parse_hex(id_text);
    std::optional<Submission> found;
    std::shared_ptr<const Catalogue> catalogue;
    Json ticks_now;
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        if (!id || !s.core.submissions().contains(*id)) return;
        found = s.core.submissions().at(*id);
        ticks_now = ticks(s.core, *found, s.now);
        if (const auto it = s.core.catalogues().find(found->catalogue); it != s.core.catalogues().end())
            catalogue = it->second;
    }));
    if (!found) return refuse(Code::not_found, "submission", id_text);
    const Snapshot kept = node_.store.snapshot();
    XW_TRY(rows, rows_of(kept, node_.room, *found));
    XW_TRY(judged_now, judged(kept, node_.room, *found));
    const Instant now = node_.now();
    Json out{{"schema", "xinwang.submission/1"}};
    out.update(submission_json(*found, ticks_now, judged_now, rows, now));
    std::string which = parameter(request, "rows");
    if (which.empty()) which = "refused";
    if (which != "refused" && which != "all" && which != "none")
        return refuse(Code::bad_number, "rows", which, "refused, all, none");
    Json list = Json::array();
    std::size_t total = 0;
    for (const RowLine& line : rows) {
        if (which == "none" || (which == "refused" && !needs_attention(line))) continue;
        if (page.covers(total++)) list.push_back(row_json(line, catalogue.get(), now));
    }
    Json rows_list{{"which", which}};
    page.put(rows_list, total);
    rows_list["rows"] = std::move(list);
    out["rows_list"] = std::move(rows_list);
    return answer(200, out);
}

}  // namespace xinwang::api
