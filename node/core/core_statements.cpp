// Core, the directory's statements: drafted and published at the city, taken from its trust log by everyone
// else. WIRE.md, directory statements.
#include <algorithm>

#include "node/core/core.h"
#include "node/core/directory_entries.h"
#include "node/core/roster_rows.h"

namespace xinwang {
namespace {

Result<void> change_operators(std::vector<Operator>& operators, const DirectoryChange& change) {
    for (const std::string& name : change.drop_operators)
        if (std::erase_if(operators, [&](const Operator& o) { return o.name == name; }) == 0)
            return refuse(Code::not_found, "operator", name);
    operators.insert(operators.end(), change.add_operators.begin(), change.add_operators.end());
    return {};
}

}  // namespace

Result<DirectoryStatement> Core::draft_directory(Instant now, const DirectoryChange& change) const {
    if (!is_city()) return refuse(Code::not_at_this_node, "directory", certificate().code.text(), "the city");
    DirectoryStatement s;
    if (const DirectoryStatement* newest = roster_.statement()) {
        s = *newest;
        s.signatures.clear();
        s.number = newest->number + 1;
        s.previous = id_of(*newest);
    }
    s.code = certificate().code;
    // The first statement of a city made before there were any has the root that its nodes believe.
    s.roots = change.roots && roster_.statement() != nullptr ? *change.roots : roster_.roots();
    XW_TRY_VOID(change_operators(s.operators, change));
    s.city = encode(certificate());
    if (!verify_certificate(certificate(), s.city, certificate().sign_key)) {
        Certificate own = certificate();
        own.serial += 1;
        own.issued_ms = now.ms;
        own.expires_ms = now.ms + limits::certificate_days * day_ms;
        XW_TRY(renewed, issue_certificate(own, identity_.sign_key));
        s.city = renewed;
    }
    s.issued_ms = now.ms;
    s.expires_ms = now.ms + change.days * day_ms;
    s.grace_days = change.grace_days;
    const LogView* log = logbook_.find(own_log({Lane::trust, {}}));
    s.checkpoint = {identity_.incarnation, log == nullptr ? 0 : log->size,
                    log == nullptr ? Frontier().root() : log->tree.root()};
    sort_parts(s);
    XW_TRY_VOID(check_fields(s));
    return s;
}

Result<void> Core::publish_directory(View bytes) {
    if (!is_city()) return refuse(Code::not_at_this_node, "directory", certificate().code.text(), "the city");
    XW_TRY(statement, parse_statement(bytes));
    const std::size_t newest = roster_.statements().size();
    if (statement.number < newest)
        return refuse(Code::directory_rolled_back, "number", std::to_string(statement.number),
                      std::to_string(newest));
    XW_TRY_VOID(check_checkpoint(statement, own_log({Lane::trust, {}})));
    XW_TRY_VOID(take_statement(statement, bytes));
    if (roster_.statements().size() == newest) return {};
    author({Lane::trust, {}}, policy_open, directory_entry(bytes));
    return {};
}

// Into the roster and this turn's writes.
Result<void> Core::take_statement(const DirectoryStatement& statement, View bytes) {
    XW_TRY(change, roster_.adopt(bytes));
    if (!change.changed) return {};
    writes_.emplace_back(statement_row(statement));
    writes_.emplace_back(
        Put{Table::certificates, to_bytes(change.node.view()), encode(*roster_.find(change.node))});
    roster_changed_ = admission_changed_ = true;
    return {};
}

// One that a trust log brought. A node that joined has it already: then its checkpoint is still to be compared.
void Core::learn_statement(Instant now, const LogView& log, View bytes) {
    auto statement = parse_statement(bytes);
    auto taken = statement ? check_checkpoint(*statement, log.id) : tl::unexpected(statement.error());
    if (taken) taken = take_statement(*statement, bytes);
    if (!taken) find(now, taken.error());
}

// What the root saw of the city's trust log must be what this node holds of it: a city that tells one half of
// its nodes another story would need its root's keys too.
Result<void> Core::check_checkpoint(const DirectoryStatement& statement, const LogId& came_in) const {
    const TrustCheckpoint& seen = statement.checkpoint;
    if (seen.size == 0) return {};
    const LogId id{came_in.origin, seen.incarnation, Lane::trust, {}};
    const auto trail = trails_.find(id);
    const std::uint64_t held = trail == trails_.end() ? 0 : trail->second.size();
    if (seen.size > held) {
        // The city's logs of two incarnations come in any order.
        if (id != came_in) return {};
        return refuse(Code::directory_mixed, "checkpoint", std::to_string(seen.size), std::to_string(held));
    }
    const auto root = trail->second.at(seen.size);
    if (!root)
        return refuse(Code::checkpoint_old, "checkpoint", std::to_string(seen.size), std::to_string(held));
    if (*root != seen.root)
        return refuse(Code::directory_mixed, "checkpoint " + std::to_string(seen.size), seen.root.hex(),
                      root->hex());
    return {};
}

std::optional<Refusal> Core::closed_to_newcomers(Instant now) const {
    const DirectoryStatement* newest = roster_.statement();
    if (newest == nullptr) return Refusal(Code::directory_missing, "", certificate().code.text());
    if (!term(*newest, now).lapsed) return std::nullopt;
    return Refusal(Code::directory_lapsed, std::to_string(newest->number), {},
                   std::to_string(newest->grace_days));
}

bool Core::is_city_trust(const LogId& log) const {
    const Certificate* city = roster_.city();
    return city != nullptr && log.origin == city->node && log.lane == Lane::trust && log.toward.is_zero();
}

void Core::restore_trails(const Snapshot& kept) {
    for (const auto& [id, log] : logbook_.all()) {
        if (!is_city_trust(id)) continue;
        Frontier tree;
        RootTrail& trail = trails_[id];
        for (Seq seq = 0; seq < log.size; ++seq) {
            const auto position = kept.position(id, seq);
            // A damaged row: it is being fetched again, and until then no checkpoint can be compared.
            if (!position || !*position) {
                trail.lost(log.size);
                break;
            }
            tree.append((*position)->id);
            trail.grew(tree);
        }
    }
}

}  // namespace xinwang
