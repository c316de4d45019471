// Records, receipts and the verification of the whole store (API.md sections 8, 9, 11).
#include <algorithm>

#include "node/api/api.h"
#include "node/core/branches.h"
#include "node/core/reading.h"

namespace xinwang::api {
namespace {

Json custody(const Core& core, const LogId& log, Seq seq) {
    const bool up = log.origin == core.identity().node && log.toward.is_zero();
    return {{"here", true},
            {"parent", up && !core.is_city() ? Json(core.held_by_parent(log) > seq) : Json(nullptr)},
            {"city", core.is_city() || core.held_by_city(log) > seq}};
}

Json fields_json(const Entry& entry, const Catalogue* catalogue) {
    Json fields = Json::array();
    if (catalogue == nullptr) return fields;
    for (std::size_t i = 0; i < std::min(entry.fields.size(), catalogue->fields.size()); ++i) {
        if (entry.fields[i].empty()) continue;
        fields.push_back(Json{{"code", catalogue->fields[i].code},
                              {"label", catalogue->fields[i].label},
                              {"value", entry.fields[i]}});
    }
    return fields;
}

std::string date_text(std::uint32_t date) {
    return date == 0 ? std::string() : std::to_string(date);
}

// What this node holds about the identifier, opened, without what lies on a branch; `gone` counts entries whose
// batch has expired.
struct Found {
    std::vector<ReadEntry> entries;
    std::size_t gone = 0;
};
Result<Found> read_all(const Snapshot& kept, const std::vector<Locator>& places, const JobRoom& room,
                       const std::function<bool(const Entry&)>& wanted) {
    Found found;
    const Branches branches = read_branches(kept);
    for (const Locator& at : places) {
        auto read = read_entry(kept, at, room);
        if (!read && read.error().code == Code::batch_expired) {
            ++found.gone;
            continue;
        }
        if (!read) return tl::unexpected(read.error());
        if (on_branch(branches, read->log, read->seq)) continue;
        if (read->entry && wanted(*read->entry)) found.entries.push_back(std::move(*read));
    }
    return found;
}

// Whether the newest entry of the record is still there: when it has gone, what stood before it must not come
// back.
Result<bool> newest_is_held(const Snapshot& kept, const RecordId& record, const JobRoom& room) {
    XW_TRY(latest, read_latest(kept, record, room));
    return latest.has_value();
}

// The record's last day, when that is past.
std::optional<std::uint32_t> past_day(const Core& core, const Entry& last, std::uint32_t today) {
    const auto it = core.catalogues().find(last.catalogue);
    if (it == core.catalogues().end()) return std::nullopt;
    const auto until = kept_until(*it->second, last.fields);
    return until && *until < today ? until : std::nullopt;
}

Json entry_json(const Situation& s, const ReadEntry& read) {
    const Core& core = s.core;
    const Entry& e = *read.entry;
    const auto it = core.catalogues().find(e.catalogue);
    Json out{{"kind", entry_kind_name(e.kind)},
             {"catalogue", e.catalogue},
             {"catalogue_version", e.catalogue_version},
             {"date", date_text(e.date)},
             {"row", e.row},
             {"opened", true},
             {"origin", node_name(core.roster(), read.log.origin)},
             {"log", log_name(core.roster(), read.log)},
             {"seq", read.seq},
             {"position", read.position}};
    put_moment(out, "sealed", {read.at_ms}, s.now);
    out["custody"] = custody(core, read.log, read.seq);
    out["fields"] = fields_json(e, it == core.catalogues().end() ? nullptr : it->second.get());
    return out;
}

}  // namespace

Result<std::optional<Outcome>> known_outcome(const Snapshot& kept, const RecordId& record,
                                             const EntryPlace& place, std::int64_t sealed_ms) {
    XW_TRY(row, outcome_of(kept, record, place));
    if (row) return std::optional(std::move(row->outcome));
    XW_TRY(before, outcome_of_record(kept, record));
    if (!before || sealed_ms > before->at_ms) return std::nullopt;
    return std::move(before);
}

Json outcome_json(const std::optional<Outcome>& outcome, Instant now) {
    if (!outcome) return nullptr;
    Json out{{"result", outcome_name(outcome->result)},
             {"package", outcome->package},
             {"reason_code", outcome->reason_code},
             {"message", outcome->message}};
    put_moment(out, "", {outcome->at_ms}, now);
    return out;
}

Result<Response> Api::get_record(const std::string& id_text) {
    const auto id = RecordId::parse_hex(id_text);
    if (!id) return refuse(Code::not_found, "record", id_text);
    std::vector<ReadEntry> entries;
    std::vector<Json> outcomes;
    {
        const Snapshot kept = node_.store.snapshot();
        XW_TRY(places, kept.find_record(*id));
        XW_TRY(found, read_all(kept, places, node_.room, [&](const Entry& e) { return e.record == *id; }));
        entries = std::move(found.entries);
        if (found.gone != 0) {
            XW_TRY(held, newest_is_held(kept, *id, node_.room));
            if (!held) return refuse(Code::record_expired, "record", id_text);
        }
        put_in_order(entries);
        for (const ReadEntry& read : entries) {
            XW_TRY(known, known_outcome(kept, *id, {read.log, read.seq, read.position}, read.created_ms));
            outcomes.push_back(outcome_json(known, node_.now()));
        }
    }
    if (entries.empty()) return refuse(Code::not_found, "record", id_text);
    const Entry& last = *entries.back().entry;
    Json list = Json::array();
    std::optional<std::uint32_t> past;
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        past = past_day(s.core, last, node_.today());
        for (std::size_t i = 0; i < entries.size(); ++i) {
            list.push_back(entry_json(s, entries[i]));
            list.back()["outcome"] = outcomes[i];
        }
    }));
    if (past) return refuse(Code::record_expired, "record", id_text, std::to_string(*past));
    const bool in_force = last.kind != EntryKind::withdraw;
    return answer(200, {{"schema", "xinwang.record/1"},
                        {"id", id->hex()},
                        {"catalogue", last.catalogue},
                        {"subject", last.subject},
                        {"current", in_force ? Json(entries.size() - 1) : Json(nullptr)},
                        {"outcome", outcomes.back()},
                        {"entries", list}});
}

Result<Response> Api::get_records(const Request& request) {
    XW_TRY(page, Page::from(request.query));
    const auto it = request.query.find("subject");
    if (it == request.query.end() || it->second.empty())
        return refuse(Code::bad_request, "subject", "", "?subject=…");
    const std::string& subject = it->second;
    std::map<RecordId, std::vector<ReadEntry>> records;
    {
        const Snapshot kept = node_.store.snapshot();
        XW_TRY(places, kept.find_subject(subject));
        XW_TRY(found, read_all(kept, places, node_.room, [&](const Entry& e) { return e.subject == subject; }));
        for (ReadEntry& e : found.entries) records[e.entry->record].push_back(std::move(e));
        for (auto& [id, entries] : records) put_in_order(entries);
        for (auto each = records.begin(); found.gone != 0 && each != records.end();) {
            XW_TRY(held, newest_is_held(kept, each->first, node_.room));
            each = held ? std::next(each) : records.erase(each);
        }
    }
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        std::erase_if(records, [&](const auto& item) {
            return past_day(s.core, *item.second.back().entry, node_.today()).has_value();
        });
    }));
    std::vector<const std::vector<ReadEntry>*> by_date;
    for (const auto& [id, entries] : records) by_date.push_back(&entries);
    std::sort(by_date.begin(), by_date.end(),
              [](const auto* a, const auto* b) { return a->back().entry->date > b->back().entry->date; });
    Json list = Json::array();
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        for (std::size_t i = 0; i < by_date.size(); ++i) {
            if (!page.covers(i)) continue;
            const ReadEntry& last = by_date[i]->back();
            list.push_back(Json{{"id", last.entry->record.hex()},
                                {"catalogue", last.entry->catalogue},
                                {"subject", subject},
                                {"kind", entry_kind_name(last.entry->kind)},
                                {"date", date_text(last.entry->date)},
                                {"entries", by_date[i]->size()},
                                {"origin", node_name(s.core.roster(), last.log.origin)}});
        }
    }));
    Json out{{"schema", "xinwang.records/1"}, {"subject", subject}};
    page.put(out, by_date.size());
    out["records"] = std::move(list);
    return answer(200, out);
}

Result<Response> Api::get_receipts(const Request& request) {
    const auto it = request.query.find("submission");
    const auto id = it == request.query.end() ? std::nullopt : SubmissionId::parse_hex(it->second);
    Json list = Json::array();
    bool found = false, complete = true;
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        if (!id || !s.core.submissions().contains(*id)) return;
        found = true;
        const Core& core = s.core;
        for (const auto& [lane, range] : core.submissions().at(*id).batches) {
            const LogId log_id{core.identity().node, range.incarnation, lane, {}};
            const LogView* log = core.logbook().find(log_id);
            if (log == nullptr) continue;
            complete = complete && core.held_by_city(log_id) > range.last;
            for (const NodeId& ancestor : core.roster().ancestors(core.identity().node)) {
                const auto receipt = log->receipts.find(ancestor);
                if (receipt == log->receipts.end()) continue;
                const Certificate& who = *core.roster().find(ancestor);
                const auto keys = core.roster().sign_keys(ancestor);
                const auto verified = by_one_of(keys, [&](const SignPublicKey& key) {
                    return verify_receipt(receipt->second.note, ancestor, key);
                });
                Json row{{"log", log_name(core.roster(), log_id)},
                         {"size", receipt->second.size},
                         {"needs_size", range.last + 1},
                         {"root", verified ? Json(base64(verified->head.root.view())) : Json(nullptr)},
                         {"covers", receipt->second.size > range.last},
                         {"verified", verified.has_value()},
                         {"ancestor", node_name(core.roster(), ancestor)},
                         {"text", receipt->second.note}};
                row["ancestor"]["tier"] = tier_name(who.tier);
                list.push_back(std::move(row));
            }
        }
    }));
    if (!found) return refuse(Code::not_found, "submission", it == request.query.end() ? "" : it->second);
    return answer(200, {{"schema", "xinwang.receipts/1"},
                        {"submission", id->hex()},
                        {"complete", complete},
                        {"receipts", list}});
}

}  // namespace xinwang::api
