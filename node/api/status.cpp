// GET /v1/status, /v1/topology, /v1/catalogues, /v1/invitations (API.md sections 2, 3, 4, 12).
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "node/api/documents.h"
#include "node/core/division_rows.h"

namespace xinwang::api {
namespace {

constexpr std::size_t list_max = 50;
constexpr std::int64_t remind_days = 30;

std::uint64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t total = 0, resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// What a set of logs should hold and does not, by the origins' own signed heads.
struct Lag {
    std::uint64_t batches = 0;
    bool known = false;
    void add(const LogView& log) {
        known = true;
        batches += log.claimed_size - log.size;
    }
};

bool comes_from(const Roster& roster, const LogView& log, const NodeId& child) {
    return log.id.toward.is_zero() && (log.id.origin == child || roster.is_below(log.id.origin, child));
}

// The files whose rows lie in the log from there on: at most a few names.
std::string files_in(const Situation& s, const LogId& log, Seq from) {
    constexpr std::size_t names_max = 5;
    std::string names;
    std::size_t count = 0;
    for (const auto& [id, submission] : s.core.submissions()) {
        if (!submission.reaches(log, from) || s.core.submissions().contains(id_again(id))) continue;
        if (++count <= names_max) names += (names.empty() ? "" : ", ") + submission.name;
    }
    return count > names_max ? names + " …" : names;
}

// What an operator should know of a node's place in the lists of divisions; that its rows are damaged, if they
// are: no reason for the node to end.
std::optional<Refusal> division_note(const Situation& s, const Snapshot& kept, const Certificate& c) {
    try {
        const auto note = note_about(kept, s.core.is_city(), c.code, c.name);
        return note ? *note : note.error();
    } catch (const StoreCorrupt& damaged) {
        return damaged.refusal();
    }
}

// A child speaks once a minute at the latest, a hosted one too. After three it is gone, though nothing that was
// sent to it has failed yet: to an idle child nothing may be sent for an hour.
constexpr Duration child_silence_max{180'000};

const char* neighbour_state(const Situation& s, const NodeId& id) {
    const Session* session = s.core.child_session(id);  // keyed by peer: children and the parent
    if (session != nullptr && s.now - session->heard <= child_silence_max) return "connected";
    return s.core.last_seen(id) ? "lost" : "never";
}

Json child_row(const Situation& s, const NodeId& id) {
    const Core& core = s.core;
    const Certificate& c = *core.roster().find(id);
    Lag lag;
    for (const auto& [log_id, log] : core.logbook().all())
        if (comes_from(core.roster(), log, id)) lag.add(log);
    const auto seen = core.last_seen(id);
    Json row{{"code", c.code.text()}, {"name", c.name}, {"node", id.hex()}, {"tier", tier_name(c.tier)}};
    row["version"] = nullptr;
    row["state"] = neighbour_state(s, id);
    put_moment(row, "last_seen", seen.value_or(Instant{}), s.now);
    row["lag_batches"] = lag.known ? Json(lag.batches) : Json(nullptr);
    // A head names batches; how many records they hold is known when they arrive.
    row["lag_records"] = lag.known && lag.batches == 0 ? Json(0) : Json(nullptr);
    row["lag_age_s"] = lag.known && lag.batches == 0 ? Json(0) : Json(nullptr);
    row["key_expires_days"] = days_until({c.expires_ms}, s.now);
    const PeerBudget::Cut* outside = core.outside(s.now, id);
    row["last_error"] = outside == nullptr ? Json(nullptr) : refusal_json(outside->why);
    if (outside != nullptr) row["state"] = "cut";
    return row;
}

Json parent_row(const Situation& s) {
    const Core& core = s.core;
    const NodeId& id = core.uplink();
    if (id.is_zero()) return nullptr;
    const Certificate* c = core.roster().find(id);
    const Session* session = core.parent_session();
    Json row = node_name(core.roster(), id);
    row["tier"] = c ? Json(tier_name(c->tier)) : Json(nullptr);
    row["address"] = s.parent_address;
    row["standby"] = id != core.certificate().parent;
    const auto& error = core.parent_refusal() ? core.parent_refusal() : s.link_refusal;
    row["state"] = session ? "connected" : error ? "refused" : "connecting";
    put_moment(row, "since", session ? session->since : Instant{}, s.now);
    put_moment(row, "last_seen", session ? session->heard : core.last_seen(id).value_or(Instant{}), s.now);
    row["last_error"] = session ? Json(nullptr) : refusal_or_null(error);
    return row;
}

Json logs_summary(const Core& core) {
    Json list = Json::array();
    for (const Lane lane : all_lanes) {
        std::uint64_t logs = 0, batches = 0, entries = 0;
        for (const auto& [id, log] : core.logbook().all()) {
            if (id.lane != lane || log.size == 0) continue;
            ++logs;
            batches += log.size;
            entries += log.entries;
        }
        list.push_back({{"lane", lane_name(lane)}, {"logs", logs}, {"batches", batches}, {"entries", entries}});
    }
    return list;
}

// What is held here and not yet by the parent. Beyond so many batches only their number is told.
Json backlog(const Situation& s) {
    constexpr std::uint64_t counted_max = 1000;
    const Core& core = s.core;
    if (core.is_city()) return nullptr;
    std::uint64_t batches = 0, entries = 0, bytes = 0;
    const Snapshot kept = s.store.snapshot();
    for (const auto& [id, log] : core.logbook().all()) {
        if (!core.logbook().goes_up(id, core.roster())) continue;
        for (Seq seq = core.held_by_parent(id); seq < log.size; ++seq) {
            if (++batches > counted_max) continue;
            const auto position = kept.position(id, seq);
            if (!position || !*position) continue;
            entries += (*position)->entries;
            bytes += (*position)->bytes;
        }
    }
    const bool all = batches <= counted_max;
    return {{"batches", batches},
            {"entries", all ? Json(entries) : Json(nullptr)},
            {"bytes", all ? Json(bytes) : Json(nullptr)}};
}

Json guests_json(const Core& core) {
    Json list = Json::array();
    for (const NodeId& guest : core.guests()) list.push_back(node_name(core.roster(), guest));
    return list;
}

void put_custody(Json& into, const Situation& s) {
    const Core& core = s.core;
    const Snapshot kept = s.store.snapshot();
    std::uint64_t here = 0, at_parent = 0, at_city = 0;
    std::optional<Instant> oldest;
    for (const auto& [id, log] : core.logbook().all()) {
        if (id.origin != core.identity().node || !id.toward.is_zero()) continue;
        here += log.size;
        at_parent += core.is_city() ? log.size : core.held_by_parent(id);
        const Seq held = core.held_by_city(id);
        at_city += held;
        if (held == log.size) continue;
        const auto position = kept.position(id, held);
        if (!position || !*position) continue;  // damaged: named elsewhere
        if (const auto row = kept.at((*position)->ordinal))
            oldest = std::min(oldest.value_or(Instant{row->at_ms}), Instant{row->at_ms});
    }
    Json custody{{"batches_here", here},
                 {"at_parent", at_parent},
                 {"at_city", at_city},
                 {"unconfirmed", here - at_city}};
    put_moment(custody, "oldest_unconfirmed", oldest.value_or(Instant{}), s.now);
    into["custody"] = std::move(custody);
    into["backlog"] = backlog(s);
}

// The directory's term: from a month before its end.
void add_directory(const Situation& s, const std::function<void(const Refusal&, Instant, const char*)>& add) {
    const DirectoryStatement* newest = s.core.roster().statement();
    if (newest == nullptr) return add(*s.core.closed_to_newcomers(s.now), s.now, "attention");
    const DirectoryTerm end = term(*newest, s.now);
    const std::string number = std::to_string(newest->number), grace = std::to_string(newest->grace_days);
    if (end.lapsed) return add(*s.core.closed_to_newcomers(s.now), s.now, "broken");
    if (end.expired)
        return add(Refusal(Code::directory_frozen, number, std::to_string(-end.days_left), grace), s.now,
                   "attention");
    if (end.days_left < remind_days)
        add(Refusal(Code::directory_ends_soon, number, std::to_string(end.days_left)), s.now, "attention");
}

// Every refusal of the last hour, and what is wrong right now: worst first.
Json health(const Situation& s, const Json& status) {
    Json findings = Json::array();
    std::string worst = "ok";
    std::vector<std::pair<Refusal, std::optional<LogId>>> said;
    const auto add_of = [&](const Refusal& r, Instant at, const char* grade, const std::optional<LogId>& log) {
        const auto same = [&](const auto& one) { return one.first == r && (!one.second || one.second == log); };
        if (std::any_of(said.begin(), said.end(), same)) return;
        said.emplace_back(r, log);
        Json f = refusal_json(r);
        f["grade"] = grade;
        put_moment(f, "", at, s.now);
        f["log"] = log ? log_name(s.core.roster(), *log) : Json(nullptr);
        if (std::string_view(grade) == "broken" || worst == "ok") worst = grade;
        if (findings.size() < list_max) findings.push_back(std::move(f));
    };
    const auto add = [&](const Refusal& r, Instant at, const char* grade) {
        add_of(r, at, grade, std::nullopt);
    };
    if (s.core.drains())
        add(Refusal(Code::node_drains, "node", s.core.certificate().code.text()), s.now, "attention");
    for (const Refusal& gone : s.gone) add(gone, s.now, "broken");
    if (s.core.is_disk_full()) add(Refusal(Code::store_full, "store"), s.now, "broken");
    for (const auto& [place, lost] : s.core.healing().losses())
        add(Refusal(Code::damage_stays, lost.refusal.field, lost.refusal.value, lost.refusal.limit), lost.since,
            "broken");
    if (const auto& wounds = s.core.healing().wounds(); !wounds.empty())
        add(Refusal(Code::batches_damaged, "", std::to_string(wounds.size())), wounds.begin()->second.since,
            "attention");
    if (const auto memory = guarded_memory(); memory.unlocked_pages > 0)
        add(Refusal(Code::memory_not_locked, "", std::to_string(memory.unlocked_pages),
                    std::to_string(memory.pages)),
            s.now, "attention");
    const Json& parent = status.at("parent");
    if (!parent.is_null() && parent.at("state") != "connected") {
        const auto& why = s.core.parent_refusal() ? s.core.parent_refusal() : s.link_refusal;
        add(why ? *why : Refusal(Code::parent_not_connected, "parent", s.parent_address), s.now, "broken");
    }
    if (const Revocation* gone = s.core.roster().revocation(s.core.identity().node))
        add(Refusal(Code::node_revoked, s.core.certificate().code.text(), gone->reason,
                    s.core.roster().find(gone->revoker)->code.text()),
            s.now, "broken");
    if (const auto days = days_until({s.core.certificate().expires_ms}, s.now); days < 30)
        add(Refusal(Code::certificate_ending, "certificate", std::to_string(days)), s.now,
            days < 0 ? "broken" : "attention");
    if (s.core.identity().listens_behind)
        add(Refusal(Code::transport_key_changing, "transport key",
                    std::to_string(s.core.children_not_told().size())),
            s.now, "attention");
    add_directory(s, add);
    if (const auto& back = s.core.restored())
        add(Refusal(Code::restored, "backup", moment(back->made).get<std::string>()), s.now, "attention");
    for (const auto& [node, freeze] : s.core.frozen()) {
        if (s.core.roster().find(node) == nullptr) continue;
        // It itself, and those on its log's way; others only read of it.
        const NodeId& self = s.core.identity().node;
        const bool on_its_way = node == self || s.core.roster().is_below(node, self);
        add(s.core.frozen_refusal(node), freeze.at, on_its_way ? "broken" : "attention");
    }
    for (const auto& [log, from] : s.core.branches())
        if (const std::string files = files_in(s, log, from); !files.empty())
            add(Refusal(Code::branch_kept, log.origin_line(),
                        std::to_string(s.core.logbook().find(log)->size - from), files),
                s.now, "attention");
    if (s.core.resuming())
        add(Refusal(Code::resuming, "start", "", std::to_string(s.core.timing().resume_wait.count() / 1000)),
            s.now, "attention");
    const Snapshot kept = s.store.snapshot();
    if (const auto files = read_set_aside(kept))
        for (const SetAsideFile& file : *files)
            add(Refusal(Code::feedback_has_findings, file.name, std::to_string(file.total), file.kept_as),
                file.at, "attention");
    std::vector<NodeId> near = s.core.roster().children(s.core.identity().node);
    near.insert(near.begin(), s.core.identity().node);
    for (const NodeId& node : near)
        if (const auto note = division_note(s, kept, *s.core.roster().find(node)))
            add(*note, s.now, "attention");
    if (const Json& index = status.at("index"); index.at("state") != "whole")
        add(Refusal(Code::index_rebuilding, "index", index.at("done_batches").dump(),
                    index.at("total_batches").dump()),
            s.now, "attention");
    constexpr Duration recent{3'600'000};
    for (auto it = s.core.findings().rbegin(); it != s.core.findings().rend(); ++it)
        if (s.now - it->at < recent) add_of(it->refusal, it->at, "attention", it->log);
    return {{"grade", worst}, {"findings", findings}};
}

Json keys(const Situation& s) {
    const Certificate& c = s.core.certificate();
    const auto days = days_until({c.expires_ms}, s.now);
    Json out{{"grade", days < 0    ? "broken"
                       : days < 30 ? "attention"
                                   : "ok"},
             {"sign_expires_days", days},
             {"serial", c.serial}};
    out["sign_expires_at"] = moment({c.expires_ms});
    std::uint64_t ended = 0, soon = 0;
    for (const Certificate* below : s.core.roster().all()) {
        if (!s.core.roster().is_below(below->node, c.node)) continue;
        const auto left = days_until({below->expires_ms}, s.now);
        ended += left < 0 ? 1 : 0;
        soon += left >= 0 && left < 30 ? 1 : 0;
    }
    out["below"] = {{"ended", ended}, {"ending_in_30_days", soon}, {"list", "/v1/keys"}};
    const GuardedMemory memory = guarded_memory();
    out["memory"] = {{"pages", memory.pages}, {"unlocked_pages", memory.unlocked_pages}};
    return out;
}

// Null but for the time that a restored node needs to stand again.
Json restored(const Situation& s) {
    if (!s.core.restored()) return nullptr;
    Json out = Json::object();
    put_moment(out, "backup", s.core.restored()->made, s.now);
    return out;
}

// Whole, or how many batches are indexed again.
Json index(const Situation& s) {
    const auto rebuild = s.store.snapshot().index_rebuild();
    if (!rebuild) throw StoreCorrupt(rebuild.error());
    if (!*rebuild) return {{"state", "whole"}, {"done_batches", nullptr}, {"total_batches", nullptr}};
    return {{"state", "rebuilding"}, {"done_batches", (*rebuild)->next}, {"total_batches", (*rebuild)->end}};
}

Json directory(const Situation& s) {
    Json out{{"nodes", s.core.roster().all().size()}, {"version", 0}};
    out["divisions"] = s.core.divisions() ? Json(s.core.divisions()->list) : Json(nullptr);
    const LogView* log = s.core.directory_log();
    if (log != nullptr) out["version"] = log->size;
    put_moment(out, "updated", {}, s.now);
    out["statement"] = statement_summary(s);
    return out;
}

}  // namespace

Json statement_summary(const Situation& s) {
    const DirectoryStatement* newest = s.core.roster().statement();
    if (newest == nullptr) return nullptr;
    const DirectoryTerm end = term(*newest, s.now);
    return {{"number", newest->number},
            {"state", end.lapsed                    ? "lapsed"
                      : end.expired                 ? "frozen"
                      : end.days_left < remind_days ? "ends_soon"
                                                    : "in_force"},
            {"expires_at", moment({newest->expires_ms})},
            {"expires_days", end.days_left},
            {"grace_days", newest->grace_days}};
}

Json status(const Situation& s, const Json& link) {
    const Core& core = s.core;
    const Certificate& self = core.certificate();
    Json out{{"schema", "xinwang.status/1"}, {"at", moment(s.now)}};
    out["node"] = {{"id", self.node.hex()},    {"code", self.code.text()},
                   {"name", self.name},        {"tier", tier_name(self.tier)},
                   {"version", s.version},     {"pid", getpid()},
                   {"directory", s.directory}, {"incarnation", core.identity().incarnation.hex()}};
    out["node"]["restored"] = restored(s);
    put_moment(out["node"], "started", s.started, s.now);
    out["parent"] = parent_row(s);
    out["children"] = Json::array();
    Lag lag;
    for (const NodeId& child : core.roster().children(self.node))
        out["children"].push_back(child_row(s, child));
    out["guests"] = guests_json(core);
    for (const auto& [id, log] : core.logbook().all())
        if (id.origin != self.node) lag.add(log);
    const Json nothing = lag.batches == 0 ? Json(0) : Json(nullptr);
    out["lag"] = {{"batches", lag.batches}, {"records", nothing}, {"seconds", nothing}};
    out["logs"] = logs_summary(core);
    put_custody(out, s);
    out["drain"] = drain_json(s);
    std::uint64_t open = 0, refused = 0;
    for (const auto& [id, submission] : core.submissions()) {
        open += submission.open() ? 1 : 0;
        refused += submission.rows.refused;
    }
    out["submissions"] = {{"total", core.submissions().size()},
                          {"open", open},
                          {"rows_refused", refused},
                          {"list", "/v1/submissions"}};
    out["gaps"] = {{"total", lag.batches},
                   {"list", Json::array()},
                   {"expired", core.expired()},
                   {"expired_list", "/v1/retention"}};
    out["quarantine"] = {{"total", quarantine_total(core)}, {"list", quarantine_list(s, Page{0, list_max})}};
    out["scrub"] = scrub_summary(s);
    out["disk"] = {{"grade", core.is_disk_full() ? "broken" : "ok"},
                   {"used_bytes", s.store.used_bytes()},
                   {"free_bytes", s.free_bytes}};
    out["index"] = index(s);
    out["keys"] = keys(s);
    out["directory"] = directory(s);
    out["catalogues"] = {{"total", core.catalogues().size()}, {"list", "/v1/catalogues"}};
    out["link"] = link;
    out["memory"] = {{"rss_bytes", resident_bytes()}};
    out["health"] = health(s, out);
    return out;
}

Json drain_json(const Situation& s) {
    const Json left = backlog(s);
    const bool empty = (left.is_null() || left.at("batches") == 0) && s.core.pending_entries() == 0;
    return {{"on", s.core.drains()}, {"backlog", left}, {"may_stop", s.core.drains() && empty}};
}

Json topology(const Situation& s, const Page& page) {
    const Roster& roster = s.core.roster();
    Json nodes = Json::array();
    std::size_t index = 0;
    const Snapshot kept = s.store.snapshot();
    const auto add = [&](const Certificate& c) {
        if (!page.covers(index++)) return;
        const NodeId& self = s.core.identity().node;
        const bool near = c.node == s.core.certificate().parent || c.parent == self;
        const auto seen = s.core.last_seen(c.node);
        Json row{{"depth", roster.ancestors(c.node).size()},
                 {"tier", tier_name(c.tier)},
                 {"serial", c.serial},
                 {"expires_at", moment({c.expires_ms})},
                 {"expires_days", days_until({c.expires_ms}, s.now)}};
        row.update(node_name(roster, c.node));
        row["parent"] = c.parent.is_zero() ? Json(nullptr) : Json(c.parent.hex());
        row["state"] = c.node == self ? "self" : near ? neighbour_state(s, c.node) : "unknown";
        row["last_seen_age_s"] = c.node == self ? Json(0)
                                 : seen         ? Json((s.now - *seen).count() / 1000)
                                                : Json(nullptr);
        row["note"] = refusal_or_null(division_note(s, kept, c));
        nodes.push_back(std::move(row));
    };
    // Codes in order put a parent before its children: its code ends in zeros where theirs go on.
    for (const Certificate* c : roster.all()) add(*c);
    Json out{{"schema", "xinwang.topology/1"}, {"directory", directory(s)}, {"nodes", std::move(nodes)}};
    page.put(out, index);
    return out;
}

Json invitations(const Situation& s, const Page& page) {
    std::vector<const OpenInvitation*> newest;
    for (const auto& [id, invitation] : s.core.desk().invitations()) newest.push_back(&invitation);
    std::sort(newest.begin(), newest.end(),
              [](const auto* a, const auto* b) { return a->made_ms > b->made_ms; });
    Json list = Json::array();
    for (std::size_t i = 0; i < newest.size(); ++i) {
        if (!page.covers(i)) continue;
        const OpenInvitation& v = *newest[i];
        const bool expired = v.state == InvitationState::open && v.expires_ms < s.now.ms;
        Json row{{"code", v.code.text()}, {"name", v.name}, {"tier", tier_name(v.code.tier())}};
        row["state"] = v.state == InvitationState::used    ? "used"
                       : v.state == InvitationState::burnt ? "burnt"
                       : expired                           ? "expired"
                                                           : "open";
        put_moment(row, "made", {v.made_ms}, s.now);
        row["expires_at"] = moment({v.expires_ms});
        row["expires_s"] = (Instant{v.expires_ms} - s.now).count() / 1000;
        row["node"] = v.node.is_zero() ? Json(nullptr) : Json(v.node.hex());
        list.push_back(std::move(row));
    }
    Json out{{"schema", "xinwang.invitations/1"}};
    page.put(out, newest.size());
    out["invitations"] = std::move(list);
    return out;
}

Json catalogues(const Situation& s) {
    Json list = Json::array();
    for (const auto& [id, catalogue] : s.core.catalogues()) {
        Json fields = Json::array();
        for (const Field& field : catalogue->fields)
            fields.push_back(
                Json{{"code", field.code}, {"label", field.label}, {"required", field.need == Need::always}});
        list.push_back(Json{{"id", id},
                            {"version", catalogue->version},
                            {"title", {{"zh", catalogue->title_zh}, {"en", catalogue->title_en}}},
                            {"fields", fields}});
    }
    return {{"schema", "xinwang.catalogues/1"}, {"total", list.size()}, {"catalogues", list}};
}

}  // namespace xinwang::api
