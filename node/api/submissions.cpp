// Submissions: taking a file in, and the answer to each of its rows (API.md sections 5 to 7).
#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>

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

// --- one submission's rows: what a page of them costs does not depend on the file

struct RowLine {
    std::uint32_t row = 0;
    RowResult result = RowResult::refused;
    std::optional<EntryPlace> place;  // of its entry
    RecordId record;
    std::optional<Outcome> outcome;
    std::optional<RowAnswer> answer;
    bool judged = false;                  // the city has said what becomes of it
    std::optional<Refusal> city_refused;  // and that it is not in effect
};

const char* result_name(RowResult result) {
    static constexpr const char* names[] = {"accepted", "corrected", "withdrawn", "unchanged", "refused"};
    return names[static_cast<int>(result) - 1];
}

// Finds rows of one submission, each by itself; the page that was looked at last is kept.
class Rows {
  public:
    Rows(const Snapshot& kept, const JobRoom& room, const SubmissionId& id)
        : kept_(kept), room_(room), id_(id) {}

    Result<RowLine> read(std::uint32_t row) {
        XW_TRY_VOID(turn_to(row));
        RowLine line;
        line.row = row;
        line.result = page_.rows[row - first_].result;
        line.place = page_.place(row - first_, room_.self);
        XW_TRY_VOID(read_note(line));
        if (line.place) XW_TRY_VOID(read_entry_of(line));
        if (line.place) XW_TRY_VOID(read_verdict_of(line));
        return line;
    }
    // Rows behind `after` that somebody should look at: `limit` of them, from the `skip`-th on.
    std::vector<std::uint32_t> noted(std::uint32_t after, std::size_t skip, std::size_t limit) const {
        std::vector<std::uint32_t> rows;
        if (limit == 0) return rows;
        const auto visit = [&](View key, View) {
            if (skip > 0)
                --skip;
            else
                rows.push_back(row_of_key(key));
            return rows.size() < limit;
        };
        kept_.scan(Table::row_notes, id_.view(), visit, row_key(id_, after + 1));
        return rows;
    }

  private:
    Result<void> turn_to(std::uint32_t row) {
        if (row >= first_ && row - first_ < page_.rows.size()) return {};
        std::optional<Result<RowPage>> page;
        std::uint32_t last = 0;
        const Bytes key = row_key(id_, row);
        kept_.scan(
            Table::row_pages, id_.view(),
            [&](View at, View value) {
                last = row_of_key(at);
                page = read_verdict_page(value);
                return false;
            },
            key);
        if (!page || !*page || last + 1 < (*page)->rows.size() || last + 1 - (*page)->rows.size() > row)
            return refuse(Code::store_corrupt, table_name(Table::row_pages), hex(key), "missing");
        page_ = std::move(**page);
        first_ = static_cast<std::uint32_t>(last + 1 - page_.rows.size());
        return {};
    }
    Result<void> read_note(RowLine& line) const {
        XW_TRY(value, kept_.get(Table::row_notes, row_key(id_, line.row)));
        // Its class alone: what the province said stands with the outcome.
        if (!value || value->size() <= 1) return {};
        Reader in(View(*value).subspan(1), "row answer");
        XW_TRY(answer, read_row_answer(in));
        line.answer = std::move(answer);
        return {};
    }
    Result<void> read_entry_of(RowLine& line) const {
        XW_TRY(at, kept_.position(line.place->log, line.place->seq));
        if (!at) return refuse(Code::not_held, "batch", std::to_string(line.place->seq));
        auto read = read_entry(kept_, {at->ordinal, line.place->position}, room_);
        if (!read && read.error().code == Code::batch_expired) return {};  // past its last day
        XW_TRY(found, std::move(read));
        if (!found.entry) return {};
        line.record = found.entry->record;
        XW_TRY(outcome, known_outcome(kept_, line.record, *line.place, found.created_ms));
        line.outcome = std::move(outcome);
        return {};
    }

    // Rows of one batch follow each other: what the city says of it is read once.
    Result<void> read_verdict_of(RowLine& line) {
        const std::pair batch(line.place->log, line.place->seq);
        if (verdict_of_ != batch) {
            XW_TRY(said, verdict_of(kept_, batch.first, batch.second));
            verdict_ = std::move(said);
            verdict_of_ = batch;
        }
        line.judged = verdict_.told;
        if (const Refusal* why = verdict_.refused_at(line.place->position)) line.city_refused = *why;
        // What the province has of the record is its owner's.
        if (line.city_refused) line.outcome.reset();
        return {};
    }

    const Snapshot& kept_;
    const JobRoom& room_;
    SubmissionId id_;
    std::uint32_t first_ = 1;
    RowPage page_;
    std::optional<std::pair<LogId, Seq>> verdict_of_;
    BatchVerdict verdict_;
};

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
    return {{"row", line.row},
            {"verdict", result_name(line.result)},
            {"record", line.record.is_zero() ? Json(nullptr) : Json(line.record.hex())},
            {"city", city_json(line)},
            {"outcome", outcome_json(line.outcome, now)},
            {"findings", findings}};
}

// The part of the rows that a request asks for.
struct RowQuery {
    std::string which;  // refused, all, none
    std::uint32_t after = 0;
    Page page;

    static Result<RowQuery> from(const Request& request) {
        RowQuery q;
        XW_TRY(page, Page::from(request.query));
        q.page = page;
        q.which = parameter(request, "rows");
        if (q.which.empty()) q.which = "refused";
        if (q.which != "refused" && q.which != "all" && q.which != "none")
            return refuse(Code::bad_number, "rows", q.which, "refused, all, none");
        if (const std::string after = parameter(request, "after"); !after.empty()) {
            const auto [end, error] = std::from_chars(after.data(), after.data() + after.size(), q.after);
            if (error != std::errc{} || end != after.data() + after.size() || q.after > limits::file_rows_max)
                return refuse(Code::bad_number, "after", after, "0.." + std::to_string(limits::file_rows_max));
        }
        // Notes are found by their row: to pass over many, one by one, is what `after` is for.
        if (q.which == "refused" && page.offset > limits::row_offset_max)
            return refuse(Code::row_page_too_deep, "offset", std::to_string(page.offset),
                          std::to_string(limits::row_offset_max));
        return q;
    }
};

std::uint64_t noted_rows(const Tally& notes) {
    std::uint64_t rows = 0;
    for (std::size_t i = 1; i < row_classes; ++i)
        if ((i & note_of_file) == 0) rows += notes.rows[i];
    return rows;
}

Result<Json> rows_list(const Snapshot& kept, const JobRoom& room, const Submission& s, const RowQuery& q,
                       const Catalogue* catalogue, Instant now) {
    std::vector<std::uint32_t> wanted;
    std::uint64_t total = 0;
    Rows rows(kept, room, s.id);
    if (q.which != "none" && s.rows_without_page != 0)
        return refuse(Code::rows_not_listed_yet, "rows", std::to_string(s.rows_without_page));
    if (q.which == "all") {
        total = s.rows.read;
        for (std::uint64_t row = q.after + q.page.offset + 1; row <= total && wanted.size() < q.page.limit;
             ++row)
            wanted.push_back(static_cast<std::uint32_t>(row));
    } else if (q.which == "refused") {
        XW_TRY(notes, kept.tally(notes_tally(s.id)));
        total = noted_rows(notes);
        wanted = rows.noted(q.after, q.page.offset, q.page.limit);
    }
    Json list = Json::array();
    for (const std::uint32_t row : wanted) {
        XW_TRY(line, rows.read(row));
        list.push_back(row_json(line, catalogue, now));
    }
    Json out{{"which", q.which}};
    q.page.put(out, total);
    out["after"] = q.after;
    out["rows"] = std::move(list);
    return out;
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

// None for a file of which nothing was taken in: there is nothing that could be held anywhere.
Json ticks(const Core& core, const Submission& s, Instant now) {
    if (s.state == SubmissionState::refused && s.batches.empty())
        return {{"here", nullptr}, {"parent", nullptr}, {"city", nullptr}};
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

// What the city has said of the rows that became entries: no batch of them is opened.
struct Judged {
    std::uint64_t waiting = 0, refused = 0;
};
Result<Judged> judged(const Snapshot& kept, const JobRoom& room, const Submission& s) {
    Judged sum;
    for (const auto& [lane, range] : s.batches) {
        XW_TRY(counts, count_verdicts(kept, {room.self, range.incarnation, lane, {}}, range.first, range.last));
        sum.waiting += counts.waiting;
        sum.refused += counts.refused;
    }
    return sum;
}

Json reported(std::uint64_t entries, const Judged& city, const Tally& outcomes) {
    const auto count = [&](OutcomeResult result) { return outcomes.rows[static_cast<std::size_t>(result)]; };
    const std::uint64_t settled = outcomes.total() + city.refused;
    return {
        {"waiting", entries - std::min(entries, settled)}, {"sent", count(OutcomeResult::sent)},
        {"accepted", count(OutcomeResult::accepted)},      {"refused", count(OutcomeResult::refused)},
        {"set_aside", count(OutcomeResult::set_aside)},    {"not_needed", count(OutcomeResult::not_needed)}};
}

Result<Json> submission_json(const Snapshot& kept, const JobRoom& room, const Submission& s, const Json& ticks,
                             Instant now) {
    XW_TRY(outcomes, kept.tally(outcomes_tally(s.id)));
    XW_TRY(city, judged(kept, room, s));
    const std::uint64_t entries = std::uint64_t{s.rows.accepted} + s.rows.corrected + s.rows.withdrawn;
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
    out["judged"] = {{"waiting", city.waiting},
                     {"in_effect", entries - std::min(entries, city.waiting + city.refused)},
                     {"refused", city.refused}};
    out["reported"] = reported(entries, city, outcomes);
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
    NewSubmission file;
    file.day = node_.today();
    XW_TRY_VOID(node_.look([&](const Situation& s) { id = s.core.submission_for(id, file.day); }));
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
    const std::string state = parameter(request, "state");
    struct Item {
        Submission submission;
        Json ticks;
    };
    std::vector<Item> items;
    std::size_t total = 0;
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        std::vector<std::pair<Instant, SubmissionId>> found;
        for (const auto& [id, submission] : s.core.submissions())
            if (state.empty() || state == submission_state_name(submission.state))
                found.emplace_back(submission.received, id);
        total = found.size();
        std::sort(found.begin(), found.end(), std::greater<>());
        for (std::size_t i = page.offset; i < total && page.covers(i); ++i) {
            const Submission& submission = s.core.submissions().at(found[i].second);
            items.push_back({submission, ticks(s.core, submission, s.now)});
        }
    }));
    Json list = Json::array();
    const Snapshot kept = node_.store.snapshot();
    for (const Item& item : items) {
        XW_TRY(document, submission_json(kept, node_.room, item.submission, item.ticks, node_.now()));
        list.push_back(std::move(document));
    }
    Json out{{"schema", "xinwang.submissions/1"}};
    page.put(out, total);
    out["submissions"] = std::move(list);
    return answer(200, out);
}

Result<Response> Api::get_submission(const Request& request, const std::string& id_text) {
    XW_TRY(query, RowQuery::from(request));
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
    const Instant now = node_.now();
    XW_TRY(document, submission_json(kept, node_.room, *found, ticks_now, now));
    XW_TRY(list, rows_list(kept, node_.room, *found, query, catalogue.get(), now));
    Json out{{"schema", "xinwang.submission/1"}};
    out.update(document);
    out["rows_list"] = std::move(list);
    return answer(200, out);
}

}  // namespace xinwang::api
