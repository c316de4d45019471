#include "topology/division_plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "protocol/base/check.h"
#include "protocol/base/codec.h"
#include "protocol/base/hash.h"
#include "protocol/base/limits.h"
#include "topology/division_names.h"

namespace xinwang {
namespace {

DivisionListing listing_of(const DivisionTree& tree, std::uint32_t list, std::uint32_t effective) {
    return {list, effective, static_cast<std::uint32_t>(tree.all().size()), 0, tree.hash()};
}

Result<void> check_city(DivisionCode city, const DivisionTree& next) {
    const DivisionCode top = next.all().front().code;
    if (top != city) return refuse(Code::list_other_city, "list", top.text(), city.text());
    return {};
}

Result<void> check_link(const DivisionTree& old, const DivisionTree& next, const DivisionLink& link) {
    const std::string at = std::to_string(link.line);
    if (old.find(link.from) == nullptr)
        return refuse(Code::links_code_unknown, at, link.from.text(), "old_code");
    if (next.find(link.to) == nullptr) return refuse(Code::links_code_unknown, at, link.to.text(), "new_code");
    if (link.from == link.to) return refuse(Code::links_same_code, at, link.from.text());
    if (link.from.tier() != link.to.tier())
        return refuse(Code::links_tiers_differ, at, link.from.text(), link.to.text());
    // Between two places that both stay nothing went on as anything.
    if (next.find(link.from) != nullptr && old.find(link.to) != nullptr)
        return refuse(Code::links_impossible, at, link.from.text(), link.to.text());
    return {};
}

// Codes that links join, directly or through others.
class Groups {
  public:
    struct Link {
        DivisionCode from, to;
        LinkBasis basis = LinkBasis::given;
        std::optional<DivisionChangeKind> kind;
        std::size_t line = 0;
    };

    void add(const Link& link) {
        links_.push_back(link);
        at_[link.from].push_back(links_.size() - 1);
        at_[link.to].push_back(links_.size() - 1);
    }
    bool has(DivisionCode code) const { return at_.contains(code); }

    // One change for each group, its sides filled from the two lists.
    Result<std::vector<DivisionChange>> changes(const DivisionTree& old, const DivisionTree& next) const {
        std::vector<DivisionChange> all;
        std::set<DivisionCode> seen;
        for (const auto& [code, links] : at_) {
            if (seen.contains(code)) continue;
            XW_TRY(change, change_around(code, old, next, seen));
            all.push_back(std::move(change));
        }
        return all;
    }

  private:
    Result<DivisionChange> change_around(DivisionCode start, const DivisionTree& old, const DivisionTree& next,
                                         std::set<DivisionCode>& seen) const {
        DivisionChange change;
        change.basis = LinkBasis::given;
        std::set<DivisionCode> group{start};
        std::vector<DivisionCode> todo{start};
        std::vector<const Link*> with_kind;
        while (!todo.empty()) {
            const DivisionCode code = todo.back();
            todo.pop_back();
            for (const std::size_t number : at_.at(code)) {
                const Link& link = links_[number];
                if (link.basis == LinkBasis::suggested) change.basis = LinkBasis::suggested;
                if (link.kind) with_kind.push_back(&link);
                for (const DivisionCode other : {link.from, link.to})
                    if (group.insert(other).second) todo.push_back(other);
            }
        }
        for (const DivisionCode code : group) {
            seen.insert(code);
            if (const Division* d = old.find(code)) change.before.push_back(*d);
            if (const Division* d = next.find(code)) change.after.push_back(*d);
        }
        const std::size_t widest = std::max(change.before.size(), change.after.size());
        if (widest > limits::division_change_codes_max)
            return refuse(Code::division_change_too_wide, change.first().text(), std::to_string(widest),
                          std::to_string(limits::division_change_codes_max));
        change.kind = link_kind(change.before.size(), change.after.size());
        for (const Link* link : with_kind)
            if (*link->kind != change.kind)
                return refuse(Code::links_kind_differs, std::to_string(link->line),
                              change_kind_name(*link->kind), change_kind_name(change.kind));
        return change;
    }

    std::vector<Link> links_;
    std::map<DivisionCode, std::vector<std::size_t>> at_;
};

// Added, removed and renamed codes that no link names.
void add_plain(const DivisionTree& old, const DivisionTree& next, const Groups& groups,
               std::vector<DivisionChange>& into) {
    const auto plain = [&](DivisionChangeKind kind, std::vector<Division> before, std::vector<Division> after) {
        into.push_back({0, 0, kind, LinkBasis::none, std::move(before), std::move(after)});
    };
    for (const Division& d : old.all()) {
        if (groups.has(d.code)) continue;
        const Division* now = next.find(d.code);
        if (now == nullptr)
            plain(DivisionChangeKind::removed, {d}, {});
        else if (now->name != d.name)
            plain(DivisionChangeKind::renamed, {d}, {*now});
    }
    for (const Division& d : next.all())
        if (!groups.has(d.code) && old.find(d.code) == nullptr) plain(DivisionChangeKind::added, {}, {d});
}

std::vector<NameMoved> moved_names(const std::vector<DivisionChange>& changes) {
    using Key = std::pair<std::optional<DivisionCode>, std::string>;
    std::map<Key, std::vector<const DivisionChange*>> by_old_name;
    const auto key = [](const Division& d) {
        return Key{d.code.parent(), std::string(name_stem(d.name, d.code.tier()))};
    };
    for (const DivisionChange& c : changes)
        if (c.kind == DivisionChangeKind::renamed) by_old_name[key(c.before[0])].push_back(&c);
    std::vector<NameMoved> moved;
    for (const DivisionChange& c : changes) {
        if (c.kind != DivisionChangeKind::renamed) continue;
        const auto was = by_old_name.find(key(c.after[0]));
        if (was == by_old_name.end()) continue;
        for (const DivisionChange* other : was->second)
            if (other != &c && key(other->after[0]) != key(other->before[0]))
                moved.push_back({c.after[0], other->before[0]});
    }
    return moved;
}

}  // namespace

std::size_t DivisionPlan::count(DivisionChangeKind kind) const {
    return static_cast<std::size_t>(
        std::count_if(changes.begin(), changes.end(), [&](const auto& c) { return c.kind == kind; }));
}

Hash256 DivisionPlan::hash() const {
    Blake2b whole(Hash256::size);
    whole.add(view("XW-division-plan"));
    const auto add = [&](const DivisionEntry& entry) {
        Writer out;
        out.bytes32(encode(entry));
        whole.add(out.bytes());
    };
    whole.add((in_force ? in_force->hash : Hash256{}).view());
    add(listing);
    for (const DivisionChange& c : changes) add(c);
    Hash256 out;
    whole.finish(out.bytes);
    return out;
}

const DivisionChange* DivisionPlan::change_of(DivisionCode old_code) const {
    for (const DivisionChange& c : changes)
        for (const Division& d : c.before)
            if (d.code == old_code) return &c;
    return nullptr;
}

Result<DivisionPlan> plan_divisions(DivisionCode city, const DivisionsInForce* in_force,
                                    const DivisionTree& next, const std::vector<DivisionLink>& links,
                                    Suggestions suggestions, std::uint32_t effective) {
    XW_CHECK(is_date(effective));
    XW_TRY_VOID(check_city(city, next));
    DivisionPlan plan;
    plan.listing = listing_of(next, in_force ? in_force->list + 1 : 1, effective);
    const bool comparable = in_force && in_force->tree;
    const DivisionTree& old = comparable ? *in_force->tree : next;
    for (const DivisionLink& link : links) XW_TRY_VOID(check_link(old, next, link));
    if (!comparable) return plan;
    plan.in_force = listing_of(old, in_force->list, 0);
    plan.unchanged = plan.in_force->hash == plan.listing.hash;
    plan.suggestions = suggest_links(old, next, links);
    Groups groups;
    for (const DivisionLink& link : links)
        groups.add({link.from, link.to, LinkBasis::given, link.kind, link.line});
    plan.suggestions_taken = suggestions == Suggestions::taken;
    if (plan.suggestions_taken)
        for (const DivisionSuggestion& s : plan.suggestions)
            groups.add({s.from.code, s.to.code, LinkBasis::suggested, {}, 0});
    XW_TRY(linked, groups.changes(old, next));
    plan.changes = std::move(linked);
    add_plain(old, next, groups, plan.changes);
    std::sort(plan.changes.begin(), plan.changes.end(),
              [](const auto& a, const auto& b) { return a.first() < b.first(); });
    for (DivisionChange& c : plan.changes) {
        c.list = plan.listing.list;
        c.effective = effective;
    }
    plan.listing.changes = static_cast<std::uint32_t>(plan.changes.size());
    plan.names_moved = moved_names(plan.changes);
    return plan;
}

}  // namespace xinwang
