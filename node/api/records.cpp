// Records, receipts and the verification of the whole store (API.md sections 8, 9, 11).
#include <algorithm>

#include "node/api/api.h"
#include "node/core/judged.h"

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

// One record as this node holds it: its opened entries in their order, and which of them is in force.
struct HeldRecord {
    std::vector<HeldEntry> entries;  // all opened, but for what lies in other nodes' sealed batches
    std::optional<std::size_t> current;
    bool gone = false;  // its newest entry has expired: what stood before it must not come back
};
Result<HeldRecord> read_record(const Snapshot& kept, const RecordId& record, const JobRoom& room) {
    HeldRecord found;
    XW_TRY(held, read_judged(kept, record, room));
    for (HeldEntry& entry : held) {
        if (!entry.read) {
            if (!entry.refused) found.gone = true;
            continue;
        }
        if (!entry.read->entry) continue;
        if (!entry.refused && says_content(entry.read->entry->kind)) {
            found.gone = false;
            found.current = found.entries.size();
        }
        found.entries.push_back(std::move(entry));
    }
    if (found.gone) found.entries.clear();
    return found;
}
// The one in force; of a record that nobody may speak for the last that was said.
const Entry& last_of(const HeldRecord& record) {
    return *record.entries[record.current.value_or(record.entries.size() - 1)].read->entry;
}

// Records that entries of this subject are about, each once.
Result<std::set<RecordId>> records_of(const Snapshot& kept, const std::string& subject, const JobRoom& room) {
    std::set<RecordId> records;
    XW_TRY(places, kept.find_subject(subject));
    for (const Locator& at : places) {
        auto read = read_entry(kept, at, room);
        if (!read && read.error().code == Code::batch_expired) continue;
        if (!read) return tl::unexpected(read.error());
        if (read->entry && read->entry->subject == subject) records.insert(read->entry->record);
    }
    return records;
}

// The record's last day, when that is past.
std::optional<std::uint32_t> past_day(const Core& core, const Entry& last, std::uint32_t today) {
    const auto it = core.catalogues().find(last.catalogue);
    if (it == core.catalogues().end()) return std::nullopt;
    const auto until = kept_until(*it->second, last.fields);
    return until && *until < today ? until : std::nullopt;
}

Json entry_json(const Situation& s, const HeldEntry& held) {
    const Core& core = s.core;
    const ReadEntry& read = *held.read;
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
    out["refusal"] = refusal_or_null(held.refused);
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
    HeldRecord record;
    std::vector<Json> outcomes;  // of each entry
    {
        const Snapshot kept = node_.store.snapshot();
        XW_TRY(found, read_record(kept, *id, node_.room));
        if (found.gone) return refuse(Code::record_expired, "record", id_text);
        record = std::move(found);
        for (const HeldEntry& held : record.entries) {
            const ReadEntry& read = *held.read;
            XW_TRY(known, known_outcome(kept, *id, {read.log, read.seq, read.position}, read.created_ms));
            // What the province has of the record is its owner's.
            if (held.refused) known.reset();
            outcomes.push_back(outcome_json(known, node_.now()));
        }
    }
    if (record.entries.empty()) return refuse(Code::not_found, "record", id_text);
    const std::size_t newest = record.current.value_or(record.entries.size() - 1);
    const Entry& last = last_of(record);
    Json list = Json::array();
    std::optional<std::uint32_t> past;
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        past = past_day(s.core, last, node_.today());
        for (std::size_t i = 0; i < record.entries.size(); ++i) {
            list.push_back(entry_json(s, record.entries[i]));
            list.back()["outcome"] = outcomes[i];
        }
    }));
    if (past) return refuse(Code::record_expired, "record", id_text, std::to_string(*past));
    const bool in_force = record.current && last.kind != EntryKind::withdraw;
    return answer(200, {{"schema", "xinwang.record/1"},
                        {"id", id->hex()},
                        {"catalogue", last.catalogue},
                        {"subject", last.subject},
                        {"current", in_force ? Json(*record.current) : Json(nullptr)},
                        {"outcome", outcomes[newest]},
                        {"entries", list}});
}

Result<Response> Api::get_records(const Request& request) {
    XW_TRY(page, Page::from(request.query));
    const auto it = request.query.find("subject");
    if (it == request.query.end() || it->second.empty())
        return refuse(Code::bad_request, "subject", "", "?subject=…");
    const std::string& subject = it->second;
    // Without what is not in effect: nobody may speak for the subject's records but their owners.
    std::map<RecordId, HeldRecord> records;
    {
        const Snapshot kept = node_.store.snapshot();
        XW_TRY(ids, records_of(kept, subject, node_.room));
        for (const RecordId& id : ids) {
            XW_TRY(record, read_record(kept, id, node_.room));
            if (record.current && last_of(record).subject == subject) records.emplace(id, std::move(record));
        }
    }
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        std::erase_if(records, [&](const auto& item) {
            return past_day(s.core, last_of(item.second), node_.today()).has_value();
        });
    }));
    std::vector<const HeldRecord*> by_date;
    for (const auto& [id, record] : records) by_date.push_back(&record);
    std::sort(by_date.begin(), by_date.end(),
              [](const auto* a, const auto* b) { return last_of(*a).date > last_of(*b).date; });
    Json list = Json::array();
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        for (std::size_t i = 0; i < by_date.size(); ++i) {
            if (!page.covers(i)) continue;
            const HeldRecord& record = *by_date[i];
            const Entry& last = last_of(record);
            list.push_back(
                Json{{"id", last.record.hex()},
                     {"catalogue", last.catalogue},
                     {"subject", subject},
                     {"kind", entry_kind_name(last.kind)},
                     {"date", date_text(last.date)},
                     {"entries", record.entries.size()},
                     {"origin", node_name(s.core.roster(), record.entries[*record.current].read->log.origin)}});
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
