// Core, divisions: a new list is published by the city as entries of its trust log and followed by everyone
// (WIRE.md section 12). The list itself stays at the city; its rows follow the same entries, so that a city
// restored from a backup catches up with what it had published.
#include "node/core/core.h"
#include "node/core/directory_entries.h"
#include "node/core/division_rows.h"

namespace xinwang {
namespace {

const Division* same_code(const std::vector<Division>& side, DivisionCode code) {
    for (const Division& d : side)
        if (d.code == code) return &d;
    return nullptr;
}

}  // namespace

Result<void> Core::publish_divisions(Instant now, const DivisionTree& kept, const DivisionTree& next,
                                     const DivisionPlan& plan) {
    if (!is_city())
        return refuse(Code::not_at_this_node, "topology import", certificate().code.text(), "the city");
    const std::uint32_t newest = divisions_ ? divisions_->list : 0;
    if (plan.listing.list != newest + 1)
        return refuse(Code::plan_differs, "list", std::to_string(newest),
                      std::to_string(plan.listing.list - 1));
    // A first list, or one in the place of a list that was lost: no changes say what it holds.
    if (!plan.in_force) {
        for (const Division& d : kept.all())
            if (next.find(d.code) == nullptr) writes_.emplace_back(no_division_row(d.code));
        for (const Division& d : next.all()) writes_.emplace_back(division_row(d));
    }
    const OwnLog trust{Lane::trust, {}};
    const auto publish = [&](const DivisionEntry& division) {
        const Entry entry = division_entry(division);
        author(trust, policy_open, entry);
        apply(now, logbook_.at(own_log(trust)), entry);
    };
    publish(plan.listing);
    for (const DivisionChange& change : plan.changes) publish(change);
    return {};
}

void Core::apply_division(Instant now, View body) {
    const auto entry = parse_division_entry(body);
    if (!entry) return find(now, entry.error());
    if (const auto* listing = std::get_if<DivisionListing>(&*entry)) {
        // The city's logs of two incarnations come in any order.
        if (divisions_ && divisions_->list >= listing->list) return;
        divisions_ = *listing;
        writes_.emplace_back(listing_row(*listing));
        return;
    }
    const auto& change = std::get<DivisionChange>(*entry);
    for (Write& row : change_rows(change)) writes_.push_back(std::move(row));
    follow_code(change);
    if (is_city()) follow_list(change);
    rename_children(now, change);
    for (const Division& d : change.before)
        if (same_code(change.after, d.code) == nullptr)
            for (const TokenId& token : desk_.withdraw(d.code))
                writes_.emplace_back(Erase{Table::invitations, to_bytes(token.view())});
}

void Core::follow_list(const DivisionChange& change) {
    if (!divisions_ || divisions_->list != change.list) return;
    for (const Division& d : change.before)
        if (same_code(change.after, d.code) == nullptr) writes_.emplace_back(no_division_row(d.code));
    for (const Division& d : change.after) writes_.emplace_back(division_row(d));
}

// A child that bears the name of the list until now gets a certificate with the new one. A name that somebody
// chose for the node is left alone.
void Core::rename_children(Instant now, const DivisionChange& change) {
    for (const Division& d : change.after) {
        const Division* was = same_code(change.before, d.code);
        const Certificate* child = roster_.by_code(d.code);
        if (was == nullptr || child == nullptr || child->parent != identity_.node || child->name != was->name ||
            was->name == d.name)
            continue;
        Certificate renamed = *child;
        renamed.name = d.name;
        if (const auto issued = issue_again(now, renamed); !issued) find(now, issued.error());
    }
}

Result<Certificate> Core::recode(Instant now, const Division& was, const Division& becomes) {
    const Certificate* child = roster_.by_code(was.code);
    if (child == nullptr) return refuse(Code::node_unknown, "code", was.code.text());
    if (child->parent != identity_.node)
        return refuse(Code::not_at_this_node, "topology recode", certificate().code.text(),
                      roster_.find(child->parent)->code.text());
    if (child->tier != Tier::village)
        return refuse(Code::recode_village_only, was.code.text(), becomes.code.text());
    Certificate recoded = *child;
    recoded.code = becomes.code;
    if (recoded.name == was.name) recoded.name = becomes.name;
    return issue_again(now, recoded);
}

// With the next serial; issued and expires stay, because it is no renewal.
Result<Certificate> Core::issue_again(Instant now, Certificate fields) {
    fields.serial += 1;
    XW_TRY_VOID(roster_.check_place(fields));
    XW_TRY(certificate, issue_certificate(fields, identity_.sign_key));
    XW_TRY(change, learn(now, EntryKind::enrol, certificate));
    if (change.changed) author({Lane::trust, {}}, policy_open, enrol_entry(certificate));
    return *roster_.find(fields.node);
}

}  // namespace xinwang
