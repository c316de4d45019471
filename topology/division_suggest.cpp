// Which code that is gone may have gone on as which new one. division_plan.h has the rules.
#include <algorithm>
#include <map>
#include <set>

#include "protocol/unicode.h"
#include "topology/division_names.h"
#include "topology/division_plan.h"

namespace xinwang {
namespace {

constexpr std::uint32_t children_min = 3;
constexpr std::size_t stem_characters_min = 2;

// Where names are compared, and the stem.
using Key = std::pair<DivisionCode, std::string>;
using Found = std::vector<const Division*>;
struct Both {
    Found removed, added;
};

class Matcher {
  public:
    Matcher(const DivisionTree& old, const DivisionTree& next, const std::vector<DivisionLink>& links)
        : old_(old), next_(next) {
        for (const DivisionLink& link : links) {
            linked_.insert(link.from);
            linked_.insert(link.to);
            // Of several the first: where its children are looked for.
            became_.emplace(link.from, link.to);
        }
        for (const Division& d : old.all())
            if (next.find(d.code) == nullptr) removed_[d.code.tier()].push_back(&d);
        for (const Division& d : next.all())
            if (old.find(d.code) == nullptr) added_[d.code.tier()].push_back(&d);
    }

    std::vector<DivisionSuggestion> run() {
        for (const Tier tier : {Tier::county, Tier::township, Tier::village}) {
            below_same_parent(tier);
            if (tier != Tier::village) by_children(tier);
            if (tier != Tier::county) apart(tier);
        }
        std::sort(found_.begin(), found_.end(),
                  [](const auto& a, const auto& b) { return a.from.code < b.from.code; });
        return std::move(found_);
    }

  private:
    static std::string stem(const Division& d) { return std::string(name_stem(d.name, d.code.tier())); }
    bool open(const Division& d) const { return !linked_.contains(d.code); }

    // What a code of the old list is in the new one.
    std::optional<DivisionCode> now(DivisionCode code) const {
        if (next_.find(code) != nullptr) return code;
        const auto it = became_.find(code);
        return it == became_.end() ? std::nullopt : std::optional(it->second);
    }

    void suggest(const Division& from, const Division& to, SuggestionGround ground) {
        DivisionSuggestion s{from, to, ground, 0, 0};
        std::set<std::string> stems;
        for (const DivisionCode child : next_.children(to.code)) stems.insert(stem(*next_.find(child)));
        for (const DivisionCode child : old_.children(from.code)) {
            ++s.below;
            if (stems.contains(stem(*old_.find(child)))) ++s.matched;
        }
        found_.push_back(s);
        linked_.insert(from.code);
        became_.emplace(from.code, to.code);
        taken_.insert(to.code);
    }

    // The open ones of a tier by stem, each below the ancestor that `up` gives: of removed ones what it became.
    std::map<Key, Both> by_stem(Tier tier, const std::optional<Tier> up) {
        std::map<Key, Both> all;
        if (!up) return all;
        for (const Division* d : removed_[tier])
            if (const auto above = now(*d->code.at(*up)); open(*d) && above)
                all[{*above, stem(*d)}].removed.push_back(d);
        for (const Division* d : added_[tier])
            if (open(*d) && !taken_.contains(d->code)) all[{*d->code.at(*up), stem(*d)}].added.push_back(d);
        return all;
    }

    void below_same_parent(Tier tier) {
        for (const auto& [key, both] : by_stem(tier, tier_above(tier))) {
            if (both.added.size() == 1) {
                for (const Division* from : both.removed)
                    suggest(*from, *both.added.front(), SuggestionGround::same_name);
                continue;
            }
            for (const Division* from : both.removed) {
                const auto same = [&](const Division* d) {
                    return d->name == from->name && !taken_.contains(d->code);
                };
                if (std::count_if(both.added.begin(), both.added.end(), same) != 1) continue;
                suggest(*from, **std::find_if(both.added.begin(), both.added.end(), same),
                        SuggestionGround::same_name);
            }
        }
    }

    void apart(Tier tier) {
        for (const auto& [key, both] : by_stem(tier, tier_above(*tier_above(tier))))
            if (both.removed.size() == 1 && both.added.size() == 1 &&
                characters(key.second) >= stem_characters_min)
                suggest(*both.removed.front(), *both.added.front(), SuggestionGround::same_name_apart);
    }

    // Which added code below `parent` has the only child of this stem.
    std::map<Key, std::optional<DivisionCode>> homes_of_children(Tier tier) {
        std::map<Key, std::optional<DivisionCode>> homes;
        for (const Division* a : added_[tier]) {
            if (!open(*a) || taken_.contains(a->code)) continue;
            for (const DivisionCode child : next_.children(a->code)) {
                const auto [it, fresh] =
                    homes.emplace(Key{*a->code.parent(), stem(*next_.find(child))}, a->code);
                if (!fresh && it->second != a->code) it->second = std::nullopt;
            }
        }
        return homes;
    }

    void by_children(Tier tier) {
        const auto homes = homes_of_children(tier);
        for (const Division* from : removed_[tier]) {
            const auto parent = now(*from->code.parent());
            if (!open(*from) || !parent) continue;
            const auto children = old_.children(from->code);
            std::map<DivisionCode, std::uint32_t> votes;
            for (const DivisionCode child : children)
                if (const auto home = homes.find({*parent, stem(*old_.find(child))});
                    home != homes.end() && home->second)
                    ++votes[*home->second];
            for (const auto& [to, matched] : votes) {
                if (taken_.contains(to) || matched < children_min || matched * 3 < children.size() * 2 ||
                    matched * 3 < next_.children(to).size() * 2)
                    continue;
                suggest(*from, *next_.find(to), SuggestionGround::same_children);
                break;  // two thirds fit once
            }
        }
    }

    const DivisionTree& old_;
    const DivisionTree& next_;
    std::map<Tier, Found> removed_, added_;
    std::set<DivisionCode> linked_;
    std::set<DivisionCode> taken_;
    std::map<DivisionCode, DivisionCode> became_;
    std::vector<DivisionSuggestion> found_;
};

}  // namespace

const char* suggestion_ground_name(SuggestionGround ground) {
    switch (ground) {
        case SuggestionGround::same_name:
            return "same_name";
        case SuggestionGround::same_children:
            return "same_children";
        case SuggestionGround::same_name_apart:
            return "same_name_apart";
    }
    return "";
}

std::vector<DivisionSuggestion> suggest_links(const DivisionTree& old, const DivisionTree& next,
                                              const std::vector<DivisionLink>& links) {
    return Matcher(old, next, links).run();
}

}  // namespace xinwang
