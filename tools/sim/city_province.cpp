// The city's link with a province that stands at the end of it (province.h), each of its commits a turn of the
// city's node: it crashes and fills up there as anywhere.
#include <fmt/format.h>

#include "node/core/branches.h"
#include "node/core/judged.h"
#include "protocol/base/check.h"
#include "tools/sim/city.h"

namespace xinwang::sim {
namespace {

constexpr std::size_t city_node = 0;
constexpr Duration report_first{300'000}, report_last{1'200'000};

std::vector<std::string> sent_values(const Entry& entry, const Catalogue& catalogue) {
    std::vector<std::string> values = entry.fields;
    values.resize(catalogue.fields.size());
    return values;
}

}  // namespace

void City::open_link() {
    SimNode& n = nodes_[city_node];
    if (!province_) return;
    const auto commit = [this](const std::function<void(Core&, Instant)>& request) -> Result<void> {
        SimNode& node = nodes_[city_node];
        if (!node.core) return refuse(Code::node_stopping);
        bool durable = false;
        node.inbox.push_back([&](Core& core) { request(core, clock(city_node)); });
        node.answers.push_back([&](bool done) { durable = done; });
        turn(city_node);
        if (!durable) return refuse(Code::node_stopping);
        return {};
    };
    const auto deliver = [this](const std::vector<PackageFile>& files) -> Result<void> {
        if (const std::string wrong = province_->take(files, random_); !wrong.empty())
            throw SafetyBroken("P1 at the province: " + wrong);
        return {};
    };
    link_ = std::make_unique<Link>(province_profile(), LinkFolders{}, *n.store, *n.room, commit, deliver);
}

// In the midst of one of its own calls, too: it ends by itself and touches nothing more.
void City::close_link() {
    if (link_) links_before_.push_back(std::move(link_));
}

// What the province has said first, as far as it arrives; then what waits. True when something went either way.
bool City::report() {
    bool moved = false;
    const auto open = [&] { return link_ != nullptr && nodes_[city_node].core != nullptr; };
    while (open() && province_->waits()) {
        const auto taken = link_->take_feedback(view(std::string(province_->next_answer())), "answer", now_);
        if (!taken) return tell_core(taken.error());
        if (!taken->findings.empty())
            throw SafetyBroken("P2 at the city: " + taken->findings.front().why.line(Language::english));
        province_->answered();
        moved = true;
    }
    if (!open()) return true;
    const auto written = link_->run_export(CutRule::all, now_);
    if (!written) return tell_core(written.error());
    return moved || !written->empty() || province_->waits();
}

// As the edge does: what is damaged is fetched again.
bool City::tell_core(const Refusal& refusal) {
    post(city_node, [refusal](Core& core) { core.suspect(refusal); });
    return true;
}

void City::keep_reporting() {
    if (healing_) return;
    if (link_) report();
    after(report_first.count(), report_last.count(), [this] { keep_reporting(); });
}

// P1: the province is left with the newest state of every record. P2: each entry was answered, and what its
// submitter was told is what the province said of it.
void City::check_province() const {
    const Snapshot kept = nodes_[city_node].store->snapshot();
    for (const SimNode& n : nodes_)
        for (const auto& [record, said] : n.people->latest()) {
            if (province_->has_refused(record)) continue;
            const auto latest = read_latest(kept, record, *nodes_[city_node].room);
            const bool in_force = latest && *latest && (*latest)->entry->kind != EntryKind::withdraw;
            const auto* held = province_->holds(record);
            if (in_force != (held != nullptr))
                throw SafetyBroken(fmt::format("P1 at the province: {} is {}here, and {} at the city",
                                               record.hex(), held ? "" : "not ",
                                               in_force ? "in force" : "withdrawn"));
            if (held && *held != sent_values(*(*latest)->entry, catalogue_of(*(*latest)->entry)))
                throw SafetyBroken("P1 at the province: other values of " + record.hex());
        }
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (!nodes_[i].is_twin && !nodes_[i].is_gone) check_told(i);
}

const Catalogue& City::catalogue_of(const Entry& entry) const {
    return entry.catalogue == licence_.id ? licence_ : penalty_;
}

void City::check_told(std::size_t node) const {
    const SimNode& n = nodes_[node];
    const Snapshot kept = n.store->snapshot();
    for (std::uint64_t ordinal = 0; ordinal < kept.next_ordinal(); ++ordinal) {
        const auto row = kept.at(ordinal);
        XW_CHECK(row);
        if (row->log.origin != n.node || row->log.lane == Lane::trust || !row->log.toward.is_zero()) continue;
        if (on_branch(n.core->branches(), row->log, row->seq)) continue;
        const auto entries = read_batch(kept, ordinal, *n.room);
        const auto verdict = verdict_of(kept, row->log, row->seq);
        XW_CHECK(entries && verdict);
        for (std::uint32_t position = 0; position < entries->size(); ++position)
            if (verdict->refused_at(position) == nullptr)
                check_entry_told(n, kept, {row->log, row->seq, position}, (*entries)[position]);
    }
}

void City::check_entry_told(const SimNode& n, const Snapshot& kept, const EntryPlace& place,
                            const Entry& entry) const {
    const auto row = outcome_of(kept, entry.record, place);
    const auto broken = [&](const char* what) {
        throw SafetyBroken(fmt::format("P2 at {}: a {} of {} in {}: {}", n.name, entry_kind_name(entry.kind),
                                       entry.record.hex(), place_text(place), what));
    };
    if (!row || !*row) return broken("nothing was told of it");
    const Outcome& outcome = (*row)->outcome;
    if (outcome.result == OutcomeResult::not_needed) return;
    if (outcome.result == OutcomeResult::sent) return broken("its answer did not come");
    for (const Province::Said& said : province_->said(outcome.package, entry.record))
        if (said.accepted == (outcome.result == OutcomeResult::accepted) &&
            (said.action == "D") == (entry.kind == EntryKind::withdraw) &&
            said.values == sent_values(entry, catalogue_of(entry)))
            return;
    broken("the province said no such thing of it");
}

}  // namespace xinwang::sim
