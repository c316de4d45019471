// The plan of a new list of divisions: its changes against the list in force, line by line, before anybody
// publishes the list.
//
//   list in force ┐
//   new list      ├─> plan_divisions ─> changes (with the codes that belong together) + suggestions
//   links         ┘
//
// A list alone cannot say that a code that is gone went on as one that is new. Links say it
// (division_links.h): each from a code of the old list to one of the new, of one tier, and not between two
// that both stay. Codes that are linked, at first hand or through others, make one change. A code that no
// link names is added, removed or renamed, and for removed beside added codes there are suggestions, by names
// (division_names.h) and always marked as such: suggestions become part of the plan only when they are taken.
// Nothing else is guessed.
//
// Suggestions, tier by tier from above, each removed code at most once, each by the first rule that holds:
//   same_name        the only new code of its stem below the same parent, or below what the parent became;
//                    several removed codes of one stem then merge into it. Of several new ones the one of
//                    exactly the same name.
//   same_children    a county or township: two thirds of what is below, on both sides and at least three,
//                    have the same stems
//   same_name_apart  the only removed and the only new one of its stem (two characters or more) in the same
//                    county (villages) or city (townships), below another parent
//
// Pure: equal inputs give equal plans, in n log n steps.
#pragma once

#include "topology/division_links.h"

namespace xinwang {

// The list that is in force: its number and what it holds. A list without its tree was lost: the new list
// takes its place as a first list does, under the next number.
struct DivisionsInForce {
    std::uint32_t list = 0;
    std::optional<DivisionTree> tree;
};

enum class SuggestionGround : std::uint8_t { same_name, same_children, same_name_apart };
const char* suggestion_ground_name(SuggestionGround ground);

struct DivisionSuggestion {
    Division from, to;
    SuggestionGround ground = SuggestionGround::same_name;
    // For a county or township: `matched` of `below` removed codes below it have a new code of the same stem
    // there.
    std::uint32_t matched = 0;
    std::uint32_t below = 0;
};
// Requires that both lists are of one city.
std::vector<DivisionSuggestion> suggest_links(const DivisionTree& old, const DivisionTree& next,
                                              const std::vector<DivisionLink>& links);

// A renamed code whose new name belonged, until now, to another code below the same parent: somebody should
// check whether the codes were exchanged, because records follow codes.
struct NameMoved {
    Division now;
    Division was_of;
};

enum class Suggestions { shown, taken };

struct DivisionPlan {
    DivisionListing listing;
    std::vector<DivisionChange> changes;  // by their first codes
    std::vector<DivisionSuggestion> suggestions;
    bool suggestions_taken = false;
    std::vector<NameMoved> names_moved;
    // The list in force; empty for a first list.
    std::optional<DivisionListing> in_force;
    // The new list is the one in force: nothing is to be published.
    bool unchanged = false;

    std::size_t count(DivisionChangeKind kind) const;
    // The hash of everything that would be published, and of the list in force.
    Hash256 hash() const;
    // The change of a code of the old list; nullptr when the code stays and nothing changes.
    const DivisionChange* change_of(DivisionCode old_code) const;
};

// Plans a new list. A first list (`in_force` is nullptr) is listed and changes nothing. Refuses
// list_other_city (the new list is not the whole list of `city`), links_code_unknown, links_impossible,
// links_kind_differs, division_change_too_wide. Requires is_date(effective).
Result<DivisionPlan> plan_divisions(DivisionCode city, const DivisionsInForce* in_force,
                                    const DivisionTree& next, const std::vector<DivisionLink>& links,
                                    Suggestions suggestions, std::uint32_t effective);

}  // namespace xinwang
