// Checks of the whole city once it is quiet.
#include <fmt/format.h>

#include <algorithm>

#include "node/core/judged.h"
#include "node/core/verify.h"
#include "protocol/base/check.h"
#include "tools/sim/checks.h"

namespace xinwang::sim {

void Checks::learn_tree() const {
    if (children_.size() == nodes_.size()) return;
    children_.assign(nodes_.size(), {});
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (nodes_[i].is_twin) continue;
        indexes_[nodes_[i].node] = i;
        if (nodes_[i].parent) children_[*nodes_[i].parent].push_back(i);
    }
}

std::size_t Checks::index_of(const NodeId& node) const {
    learn_tree();
    if (const auto it = indexes_.find(node); it != indexes_.end()) return it->second;
    throw SafetyBroken("S2: a node that is not of this city: " + node.hex());
}

bool Checks::is_ancestor(std::size_t node, std::size_t of) const {
    for (auto up = nodes_[of].parent; up; up = nodes_[*up].parent)
        if (*up == node) return true;
    return false;
}

std::vector<std::size_t> Checks::ancestors(std::size_t node) const {
    std::vector<std::size_t> found;
    for (auto up = nodes_[node].parent; up; up = nodes_[*up].parent) found.push_back(*up);
    return found;
}

std::vector<std::size_t> Checks::descendants(std::size_t node) const {
    learn_tree();
    std::vector<std::size_t> found = children_[node];
    for (std::size_t i = 0; i < found.size(); ++i)
        found.insert(found.end(), children_[found[i]].begin(), children_[found[i]].end());
    return found;
}

// Logs go up to every ancestor; the city's go down to all, and each node's trust log to those below it. Who was
// taken out carries nothing.
std::vector<std::size_t> Checks::carriers(const LogId& log) const {
    if (out_.contains(log.origin)) return {};
    const std::size_t origin = index_of(log.origin);
    if (!log.toward.is_zero()) return carriers_toward(origin, log.toward);
    std::vector<std::size_t> found = ancestors(origin);
    found.push_back(origin);
    if (!nodes_[origin].parent || log.lane == Lane::trust) {
        const auto below = descendants(origin);
        found.insert(found.end(), below.begin(), below.end());
    }
    std::erase_if(found, [this](std::size_t i) { return out_.contains(nodes_[i].node) || nodes_[i].is_gone; });
    return found;
}

// Whoever lies on the way down, both ends included.
std::vector<std::size_t> Checks::carriers_toward(std::size_t origin, const NodeId& toward) const {
    if (out_.contains(toward)) return {};
    std::vector<std::size_t> found{index_of(toward)};
    for (auto up = nodes_[found.front()].parent; up && *up != origin; up = nodes_[*up].parent)
        found.push_back(*up);
    found.push_back(origin);
    std::erase_if(found, [this](std::size_t i) { return out_.contains(nodes_[i].node) || nodes_[i].is_gone; });
    return found;
}

// Everyone above and below it; who stands beside it is none of its business.
std::string Checks::unknown_to(std::size_t node) const {
    for (const auto& relatives : {ancestors(node), descendants(node)})
        for (const std::size_t other : relatives)
            if (nodes_[node].core->roster().find(nodes_[other].node) == nullptr) return nodes_[other].name;
    return {};
}

// Whom it may have had above it, each nearest first: of a lineage it may have heard of one move and not of
// another.
std::vector<std::vector<std::size_t>> Checks::lineages(std::size_t node) const {
    std::vector<std::vector<std::size_t>> all;
    for (const std::size_t parent : nodes_[node].parents)
        for (std::vector<std::size_t> above : lineages(parent)) {
            above.insert(above.begin(), parent);
            all.push_back(std::move(above));
        }
    if (all.empty()) all.emplace_back();
    return all;
}

// Whose line does not go where the city's directory has it, or of whose move the city does not know.
std::string Checks::misplaced() const {
    const Roster& roster = nodes_[0].core->roster();
    for (const SimNode& node : nodes_) {
        if (!node.parent || out_.contains(node.node) || node.is_twin) continue;
        const Certificate* held = roster.find(node.node);
        if (held == nullptr || held->parent != nodes_[*node.parent].node)
            return node.name + " is not below the parent that the city has for it";
        const auto expected = moves_.find(node.node);
        if (expected != moves_.end() && roster.moves(node.node).size() < expected->second)
            return "the city does not know all moves of " + node.name;
    }
    return {};
}

// A log whose origin has moved away, of which the node holds what its parent does not.
const LogId* Checks::left_behind(std::size_t i) const {
    const auto parent = nodes_[i].parent;
    if (!parent || !nodes_[i].core || !nodes_[*parent].core) return nullptr;
    const Roster& roster = nodes_[i].core->roster();
    for (const auto& [id, log] : nodes_[i].core->logbook().all()) {
        const bool left = id.toward.is_zero() && !roster.is_below(id.origin, nodes_[i].node) &&
                          roster.was_below(id.origin, nodes_[i].node);
        if (left && held(*parent, id) < log.size) return &id;
    }
    return nullptr;
}

std::uint64_t Checks::acked() const {
    std::uint64_t entries = 0;
    for (const SimNode& node : nodes_) entries += node.people->entries();
    return entries;
}

// A log of the node's past that its parent holds otherwise, and of which the two have not told each other yet.
const LogId* Checks::undecided(std::size_t i) const {
    const Core& core = *nodes_[i].core;
    const auto parent = nodes_[i].parent;
    if (!parent || !nodes_[*parent].core) return nullptr;
    const Logbook& parents = nodes_[*parent].core->logbook();
    for (const auto& [id, log] : core.logbook().all()) {
        const bool past = id.origin == nodes_[i].node && id.incarnation != core.identity().incarnation;
        if (!past || !id.toward.is_zero() || core.branches().contains(id)) continue;
        const LogView* theirs = parents.find(id);
        if (theirs == nullptr || theirs->size != log.size || theirs->last != log.last) return &id;
    }
    return nullptr;
}

std::string Checks::unfinished() const {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const SimNode& node = nodes_[i];
        if (out_.contains(node.node)) continue;
        if (const LogId* log = node.core ? undecided(i) : nullptr)
            return fmt::format("{} does not know whether {} is a branch", node.name, log->origin_line());
        if (node.is_twin || node.is_gone) continue;
        if (!node.core) return node.name + " is down";
        const auto& files = node.core->submissions();
        const bool reading =
            std::any_of(files.begin(), files.end(), [](const auto& s) { return s.second.open(); });
        if (unaccounted_.contains(node.node) ? reading : node.people->waiting())
            return node.name + " has not finished its files";
        if (node.core->pending_entries() != 0) return node.name + " has entries to seal";
        if (node.core->unjudged() != 0) return node.name + " has not judged all that it holds";
        if (const std::string unknown = unknown_to(i); !unknown.empty())
            return fmt::format("{} does not know {}", node.name, unknown);
    }
    if (std::string where = misplaced(); !where.empty()) return where;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (const LogId* log = left_behind(i))
            return fmt::format("{} has not handed on {}", nodes_[i].name, log->origin_line());
    for (const auto& [log, ledger] : ledger_) {
        const Seq size = ledger.batches.size();
        for (const std::size_t i : carriers(log))
            if (held(i, log) != size)
                return fmt::format("{} holds {} of {} batches of {}", nodes_[i].name, held(i, log), size,
                                   log.origin_line());
        // Said hourly: one that was lost on its way down would come during the replay.
        for (const std::size_t i : carriers(log))
            if (nodes_[i].core->logbook().find(log)->head_size != size)
                return fmt::format("{} lacks the newest head of {}", nodes_[i].name, log.origin_line());
        if (out_.contains(log.origin)) continue;
        const SimNode& origin = nodes_[index_of(log.origin)];
        if (const Seq known = origin.core->held_by_city(log); known != size)
            return fmt::format("{} has the city's receipt for {} of {} batches of {}", origin.name, known, size,
                               log.origin_line());
        // Also of all others above it, and those between them, who have it as custodians: one that was
        // restored, or was moved here, asks for it again.
        std::vector<std::size_t> who = ancestors(index_of(log.origin));
        who.push_back(index_of(log.origin));
        for (const std::size_t i : who)
            if (const Seq known = nodes_[i].core->confirmed_above(log); known != size)
                return fmt::format("{} has all receipts for {} of {} batches of {}", nodes_[i].name, known,
                                   size, log.origin_line());
    }
    return {};
}

void Checks::at_rest() {
    for (const auto& [log, ledger] : ledger_)
        for (const std::size_t i : carriers(log)) check_log_at(i, log, ledger);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (out_.contains(nodes_[i].node) || !nodes_[i].core) continue;
        check_canary(i);
        const auto verified = verify_node(*nodes_[i].store, nodes_[i].core->roster(), *nodes_[i].room);
        XW_CHECK(verified);
        if (verified->total != 0) broken("S11", i, verified->findings.front().refusal.line(Language::english));
        check_records_at(i, i);
        check_judged_at(i);
        for (const std::size_t origin : descendants(i))
            if (!out_.contains(nodes_[origin].node)) check_records_at(i, origin);
    }
}

void Checks::check_log_at(std::size_t node, const LogId& log, const Ledger& ledger) const {
    const auto row = nodes_[node].store->snapshot().log(log);
    const Seq size = row ? row->size : 0;
    if (size != ledger.batches.size())
        broken("S10", node,
               fmt::format("{} of {} batches of {}", size, ledger.batches.size(), log.origin_line()));
    const auto tree = row ? Frontier::parse(row->frontier) : Frontier();
    if (!tree || tree->root() != ledger.tree.root()) broken("S10", node, "another root: " + log.origin_line());
}

// Every entry that the reader is entitled to stands in its index once, opens, and the latest of each record is
// what the people who handed it in last said.
void Checks::check_records_at(std::size_t reader, std::size_t origin) const {
    const Snapshot kept = nodes_[reader].store->snapshot();
    const JobRoom& room = *nodes_[reader].room;
    std::map<RecordId, std::size_t> entries;
    bool reads_all = true;  // that its tier is meant to: not what was sealed for those of before a move
    for (auto it = ledger_.lower_bound(LogId{nodes_[origin].node, {}, Lane::trust, {}});
         it != ledger_.end() && it->first.origin == nodes_[origin].node; ++it) {
        const auto& [log, ledger] = *it;
        if (log.lane == Lane::trust || !log.toward.is_zero()) continue;
        for (Seq seq = 0; seq < ledger.batches.size(); ++seq) {
            const auto at = kept.position(log, seq);
            if (!at || !*at) broken("S1", reader, "a batch is missing from " + log.origin_line());
            const auto opened = read_batch(kept, (*at)->ordinal, room);
            if (!opened) broken("S1", reader, opened.error().line(Language::english));
            const Original& original = ledger.batches[seq];
            const bool may_read =
                original.policy == policy_open || original.readers.contains(nodes_[reader].node);
            const auto tier = static_cast<unsigned>(nodes_[reader].certificate.tier);
            reads_all = reads_all && (may_read || (original.policy & tier) == 0);
            if (may_read ? opened->size() != (*at)->entries : !opened->empty())
                broken(may_read ? "S1" : "X1", reader, fmt::format("opens {} entries", opened->size()));
            for (const Entry& entry : *opened) ++entries[entry.record];
        }
    }
    for (const auto& [record, count] : entries) {
        const auto found = kept.find_record(record);
        if (!found) broken("S1", reader, found.error().line(Language::english));
        if (found->size() != count)
            broken("S1", reader,
                   fmt::format("record {} stands in the index {} times, in the logs {}", record.hex(),
                               found->size(), count));
        const auto latest = read_latest(kept, record, room);
        if (!latest || !*latest || !(*latest)->entry)
            broken("S1", reader, "a record cannot be read: " + record.hex());
        // What comes back, comes lane by lane (README.md, open).
        if (!unaccounted_.empty() || !reads_all) continue;
        if (expected_of(*(*latest)->entry) != nodes_[origin].people->latest().at(record))
            broken("S10", reader,
                   fmt::format("the latest entry of {} is a {} from row {}, not the last handed in",
                               record.hex(), entry_kind_name((*latest)->entry->kind), (*latest)->entry->row));
    }
}

// The city's verdict on everything that the node has sealed has come to it.
void Checks::check_judged_at(std::size_t origin) const {
    if (unaccounted_.contains(nodes_[origin].node) || split_.contains(nodes_[origin].node)) return;
    const Snapshot kept = nodes_[origin].store->snapshot();
    for (const auto& [log, ledger] : ledger_) {
        if (log.origin != nodes_[origin].node || log.lane == Lane::trust || !log.toward.is_zero()) continue;
        for (Seq seq = 0; seq < ledger.batches.size(); ++seq) {
            const auto verdict = verdict_of(kept, log, seq);
            if (!verdict || !verdict->told)
                broken("R1", origin,
                       fmt::format("nobody has said what becomes of batch {} of {}", seq, log.origin_line()));
        }
    }
}

void Checks::check_canary(std::size_t node) const {
    for (std::size_t table = 1; table <= tables_max; ++table) {
        // Refused rows keep an excerpt for their sender, at its own node.
        if (Table(table) == Table::row_notes) continue;
        for (const auto& [key, value] : nodes_[node].disk->tables[table])
            if (text(value).find(canary) != std::string_view::npos ||
                text(key).find(canary) != std::string_view::npos)
                broken("X1", node,
                       fmt::format("a subject's name on the disk, in {}", table_name(Table(table))));
    }
}

std::string changed_row(const MemoryDisk& before, const MemoryDisk& after) {
    for (std::size_t table = 1; table <= tables_max; ++table) {
        // How far the scrub has come is no one's state.
        const auto differs = [&](const auto& rows, const auto& row) {
            const auto other = rows.find(row.first);
            return (other == rows.end() || other->second != row.second) &&
                   !(Table(table) == Table::meta && row.first == Scrub::row_key());
        };
        const auto told = [&](const char* what, const Bytes& key) {
            return fmt::format("{} in {}: {}", what, table_name(Table(table)), hex(key));
        };
        for (const auto& row : before.tables[table])
            if (differs(after.tables[table], row)) return told("changed or gone", row.first);
        for (const auto& row : after.tables[table])
            if (differs(before.tables[table], row)) return told("new", row.first);
    }
    return {};
}

}  // namespace xinwang::sim
