// GET /v1/quarantine (API.md section 13): what was refused and what the disk has spoilt, each with its reason
// and its way out.
#include <algorithm>

#include "node/api/documents.h"

namespace xinwang::api {
namespace {

// Of `kind` damaged: a batch that is fetched again from a neighbour.
Json wound_row(const Situation& s, const BatchName& name, const Wound& wound) {
    const Roster& roster = s.core.roster();
    Json item{{"kind", "damaged"},
              {"log", log_name(roster, name.log)},
              {"seq", name.seq},
              {"refusal", refusal_json(wound.refusal)}};
    put_moment(item, "", wound.since, s.now);
    item["state"] = wound_state_name(wound.state);
    item["tries"] = wound.tries;
    item["asked"] = wound.peer.is_zero() ? Json(nullptr) : node_name(roster, wound.peer);
    item["answer"] = refusal_or_null(wound.answer);
    item["next_try_s"] = wound.state != WoundState::waiting
                             ? Json(nullptr)
                             : Json(std::max<std::int64_t>(0, (wound.next - s.now).count() / 1000));
    return item;
}

// Of `kind` lost: nobody else has it.
Json lost_row(const Situation& s, const Lost& lost) {
    const Refusal& r = lost.refusal;
    Json item{{"kind", "lost"}, {"log", nullptr}, {"seq", nullptr}};
    item["refusal"] = refusal_json(Refusal(Code::damage_stays, r.field, r.value, r.limit));
    put_moment(item, "", lost.since, s.now);
    return item;
}

}  // namespace

Json quarantine_list(const Situation& s, const Page& page) {
    Json items = Json::array();
    std::size_t index = 0;
    for (const auto& [place, lost] : s.core.healing().losses())
        if (page.covers(index++)) items.push_back(lost_row(s, lost));
    for (const auto& [name, wound] : s.core.healing().wounds())
        if (page.covers(index++)) items.push_back(wound_row(s, name, wound));
    s.store.snapshot().scan(Table::quarantine, {}, [&](View key, View value) {
        if (key.size() != quarantine_row_key_bytes) return true;
        const auto row = decode_quarantine_row(key, value);
        if (!row || !page.covers(index++)) return true;
        Json item{{"kind", "refused"},
                  {"log", log_name(s.core.roster(), row->log)},
                  {"seq", row->seq},
                  {"refusal", refusal_json(row->refusal)}};
        put_moment(item, "", row->at, s.now);
        items.push_back(std::move(item));
        return true;
    });
    return items;
}

std::size_t quarantine_total(const Core& core) {
    return core.healing().losses().size() + core.healing().wounds().size() + core.quarantined();
}

Json quarantine(const Situation& s, const Page& page) {
    Json out{{"schema", "xinwang.quarantine/1"}};
    page.put(out, quarantine_total(s.core));
    out["quarantine"] = quarantine_list(s, page);
    out["scrub"] = scrub_summary(s);
    return out;
}

Json scrub_summary(const Situation& s) {
    const Scrub& scrub = s.core.scrub();
    Json out{{"state", scrub.is_off()    ? "off"
                       : scrub.started() ? "running"
                                         : "idle"},
             {"pass_bytes", scrub.bytes()}};
    put_moment(out, "started", scrub.started().value_or(Instant{}), s.now);
    put_moment(out, "finished", scrub.finished().value_or(Instant{}), s.now);
    out["damaged"] = s.core.healing().wounds().size();
    out["lost"] = s.core.healing().losses().size();
    out["healed"] = s.core.healed();
    return out;
}

}  // namespace xinwang::api
