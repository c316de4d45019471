// Core, authority: the city judges what it holds and tells whom it concerns; verdicts and transfers are taken
// in; what readers judge by is made anew when it changes. WIRE.md sections 8.8 and 8.9.
#include <algorithm>

#include "node/core/core.h"
#include "node/core/directory_entries.h"
#include "node/core/division_rows.h"
#include "node/core/verdict_rows.h"
#include "protocol/base/check.h"

namespace xinwang {
namespace {

// While batches come in, a step of judging at most so often: taking custody goes first.
constexpr Duration judging_pause{500};

// Older versions of a catalogue, beside the one in force: entries that were sealed by them are judged by them.
Bytes version_key(const Catalogue& catalogue) {
    Bytes key = to_bytes(view(catalogue.id));
    key.push_back(0);
    append(key, ordered_key(catalogue.version));
    return key;
}

Entry verdict_entry(const Verdict& verdict) {
    Entry entry;
    entry.kind = EntryKind::verdict;
    entry.body = encode(verdict);
    return entry;
}

}  // namespace

// --- what readers judge by

void Core::restore_authority(const Snapshot& kept) {
    next_ordinal_ = kept.next_ordinal();
    authority_.judged = judged_to(kept);
    authority_.told = read_told(kept);
    authority_.transfers = read_transfers(kept);
    for (const DivisionChange& change : read_changes(kept)) follow_code(change);
    keep_versions(kept);
    if (!versions_are_kept(kept)) find_versions(kept);
    make_authority();
}

// What is in force is kept once more, under its version, before a newer one takes its place.
void Core::keep_versions(const Snapshot& kept) {
    std::set<Bytes> keys;
    kept.scan(Table::catalogues, {}, [&](View key, View) { return keys.insert(to_bytes(key)).second; });
    for (const auto& [id, catalogue] : catalogues_) {
        if (keys.contains(version_key(*catalogue))) continue;
        const auto toml = kept.get(Table::catalogues, view(id));
        if (toml && *toml) writes_.emplace_back(Put{Table::catalogues, version_key(*catalogue), **toml});
    }
}

// A store of an earlier release has only the newest of each catalogue. The others stand in the city's logs.
bool Core::versions_are_kept(const Snapshot& kept) {
    const Bytes mark = to_bytes(view("catalogue-versions"));
    const auto held = kept.get(Table::meta, mark);
    if (held && *held) return true;
    writes_.emplace_back(Put{Table::meta, mark, {1}});
    return std::none_of(catalogues_.begin(), catalogues_.end(),
                        [](const auto& held_one) { return held_one.second->version > 1; });
}

void Core::find_versions(const Snapshot& kept) {
    for (const auto& [id, log] : logbook_.all()) {
        if (!is_city_trust(id)) continue;
        for (Seq seq = 0; seq < log.size; ++seq) {
            const auto batch = kept.batch(id, seq);
            if (!batch) continue;  // healing's matter
            const auto header = parse_header(batch->header);
            const auto key = header ? unwrap(*header, identity_.node, nullptr) : tl::unexpected(header.error());
            if (!key) continue;
            const std::vector<View> pieces(batch->pieces.begin(), batch->pieces.end());
            (void)scan_batch(*header, pieces, *key, [this](std::uint32_t, View encoded) -> Result<void> {
                XW_TRY(entry, decode_entry(encoded));
                if (entry.kind != EntryKind::catalogue) return {};
                XW_TRY(catalogue, parse_catalogue(text(entry.body)));
                keep_version(std::make_shared<const Catalogue>(catalogue), entry.body);
                return {};
            });
        }
    }
}

void Core::keep_version(std::shared_ptr<const Catalogue> catalogue, View toml) {
    const auto key = std::pair(catalogue->id, catalogue->version);
    if (!authority_.versions.emplace(key, catalogue).second) return;
    writes_.emplace_back(Put{Table::catalogues, version_key(*catalogue), to_bytes(toml)});
    authority_.changed = true;
}

void Core::follow_code(const DivisionChange& change) {
    const bool one = change.kind == DivisionChangeKind::recoded || change.kind == DivisionChangeKind::merged;
    if (!one) return;
    for (const Division& was : change.before)
        if (was.code != change.after.front().code) authority_.became[was.code] = change.after.front().code;
    authority_.changed = true;
}

void Core::make_authority() {
    auto made = std::make_shared<Authority>();
    made->at_city = is_city();
    made->catalogues = authority_.versions;
    made->transfers = authority_.transfers;
    for (const Certificate* c : roster_.all()) made->codes.emplace(c->node, c->code);
    for (const auto& [node, revocation] : roster_.revocations())
        if (const Certificate* gone = roster_.find(node)) made->codes.emplace(node, gone->code);
    made->followers = followers_of(roster_, authority_.became);
    authority_.current = std::move(made);
    authority_.changed = false;
}

// --- judging, at the city

// Not while what this city has lost may still come back: its own verdicts are among it.
void Core::start_judging(Instant now) {
    if (!is_city() || authority_.judging || authority_.judged >= next_ordinal_ || now < authority_.next) return;
    if (restored_ || resuming_ || disk_full_) return;
    authority_.judging = true;
    jobs_.emplace_back(JudgeJob{authority_.judged});
}

void Core::on_judged(Instant now, Judged done) {
    if (!authority_.judging || done.from != authority_.judged) return;  // asked for by a core of before
    authority_.judging = false;
    if (done.damage) {
        if (done.damage->code == Code::store_corrupt) find(now, *done.damage);
        suspect(*done.damage);
        authority_.next = now + timing_.healing.first;
    }
    const bool busy = std::any_of(incoming_.begin(), incoming_.end(),
                                  [](const auto& log) { return !log.second.checking.empty(); });
    if (busy) authority_.next = std::max(authority_.next, now + judging_pause);
    authority_.judged = done.next;
    // What is passed over is none of the province's business, and walking it again costs less than a commit;
    // but for what a restored city had judged in its past.
    if (done.batches.empty() && authority_.told.empty()) return;
    writes_.emplace_back(judged_row(authority_.judged));
    std::map<LogId, Verdict> in_effect;  // runs of batches wholly in effect
    const auto tell_run = [&](const LogId& log) {
        const auto run = in_effect.find(log);
        if (run == in_effect.end()) return;
        tell_verdict(run->second, log.origin);
        in_effect.erase(run);
    };
    for (const BatchJudgement& batch : done.batches) {
        if (batch.refused.empty()) {
            Verdict& run = in_effect[batch.log];
            if (run.end == 0) run = {batch.log, batch.seq, batch.seq, 0, true, now.ms, {}};
            run.end = batch.seq + 1;
            continue;
        }
        tell_run(batch.log);
        for (const Verdict& part : verdict_of_batch(batch.log, batch.seq, now.ms, batch.refused)) {
            writes_.emplace_back(refused_row(part));
            note_refused_rows({batch.log, batch.seq, batch.rows});
            tell_verdict(part, batch.log.origin);
            for (const NodeId& reader : batch.readers)
                if (reader != batch.log.origin) tell_verdict(part, reader);
        }
    }
    while (!in_effect.empty()) tell_run(LogId(in_effect.begin()->first));
}

void Core::tell_verdict(const Verdict& verdict, const NodeId& toward) {
    if (toward == identity_.node || !roster_.is_below(toward, identity_.node)) return;
    if (roster_.revocation(toward) != nullptr) return;  // nobody carries anything to it
    author({Lane::rights, toward}, policy_toward, verdict_entry(verdict));
}

// --- what the city has said

bool Core::is_verdict_log(const LogId& log) const {
    const Certificate* city = roster_.city();
    const bool ours = log.toward == identity_.node || log.origin == identity_.node;
    return city != nullptr && log.origin == city->node && log.lane == Lane::rights && ours;
}

// Of two verdicts on one batch the one that came first stands: a restored city may say another one before its
// own of before is back.
void Core::learn_verdict(Instant now, const LogView& log, View body) {
    if (!is_verdict_log(log.id))
        return find(
            now,
            Refusal(Code::not_your_log, "verdict", log.id.origin_line(), "the city's log toward this node"),
            log.id);
    const auto verdict = parse_verdict(body);
    if (!verdict) return find(now, verdict.error(), log.id);
    ToldRanges& told = authority_.told[verdict->log];
    if (is_told(told, verdict->first)) return;
    if (!verdict->refused.empty()) writes_.emplace_back(refused_row(*verdict));
    if (verdict->last && tell(told, verdict->first, verdict->end))
        writes_.emplace_back(told_row(verdict->log, told));
    if (!verdict->refused.empty() && verdict->log.origin == identity_.node)
        find(now, verdict->refused.front().why, log.id);
}

// --- transfers

Result<Transfer> Core::transfer(Instant now, const TransferOrder& order) {
    const auto node_at = [&](DivisionCode code) -> Result<NodeId> {
        // Of a node that was taken out the records go to others too.
        if (const Certificate* c = roster_.by_code(code)) return c->node;
        for (const auto& [node, revocation] : roster_.revocations())
            if (roster_.find(node)->code == code) return node;
        return refuse(Code::node_unknown, "code", code.text());
    };
    XW_TRY(from, node_at(order.from));
    const Certificate* to = roster_.by_code(order.to);
    if (to == nullptr) return refuse(Code::node_unknown, "code", order.to.text());
    XW_TRY_VOID(check_name(order.reason, "reason"));
    const Session* up = parent_session();
    if (up != nullptr && up->version < protocol_version_verdict)
        return refuse(Code::parent_too_old, roster_.find(up->peer)->code.text(), std::to_string(up->version),
                      std::to_string(protocol_version_verdict));
    const Transfer said{identity_.node, from, to->node, now.ms, order.catalogue, order.subject, order.reason};
    const Entry entry = transfer_entry(said);
    if (auto refused = judge_transfer(*authority_.current, identity_.node, entry.body))
        return tl::unexpected(*refused);
    if (from == to->node) return refuse(Code::bad_number, "to", order.to.text(), "another node");
    take_transfer(said);
    if (!is_city()) author({Lane::rights, {}}, audience_city, entry);
    for (const NodeId& node : {from, to->node})
        if (node != identity_.node && roster_.revocation(node) == nullptr)
            author({Lane::rights, node}, policy_toward, entry);
    return said;
}

// Above both, says the city; who is told of it from above believes it of an ancestor of its own.
void Core::learn_transfer(Instant now, const LogView& log, View body) {
    const bool from_below = log.id.toward.is_zero() || log.id.origin == identity_.node;
    if (log.id.lane != Lane::rights) return;  // the judging says so
    auto refused = judge_transfer(*authority_.current, log.id.origin, body);
    const bool told = log.id.toward == identity_.node && roster_.is_below(identity_.node, log.id.origin);
    const auto transfer = parse_transfer(body);
    if (transfer && transfer->by == log.id.origin && (told || (from_below && !refused)))
        return take_transfer(*transfer);
    if (refused) find(now, *refused, log.id);
}

void Core::take_transfer(const Transfer& transfer) {
    const auto same = [&](const TakenTransfer& taken) { return taken.transfer == transfer; };
    if (std::any_of(authority_.transfers.begin(), authority_.transfers.end(), same)) return;
    authority_.transfers.push_back({next_ordinal_, transfer});
    writes_.emplace_back(
        transfer_row(authority_.transfers.back(), static_cast<std::uint32_t>(authority_.transfers.size())));
    authority_.changed = true;
}

}  // namespace xinwang
