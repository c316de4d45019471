// A village that is put below another township, or a township below another county: what `xinwang topology
// move` does at a common ancestor. Who has heard of it turns to its new parent by itself.
#include <fmt/format.h>

#include <algorithm>

#include "protocol/base/check.h"
#include "tools/sim/city.h"

namespace xinwang::sim {

// As the mover's directory has it; what it does not know of yet may make it refuse.
void City::move(std::size_t node) {
    const SimNode& n = nodes_[node];
    const Tier tier = n.certificate.tier;
    if (tier != Tier::village && tier != Tier::township) return;
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (nodes_[i].certificate.tier == nodes_[*n.parent].certificate.tier && i != *n.parent)
            others.push_back(i);
    if (others.empty()) return;
    const std::size_t to = others[random_.below(others.size())];
    // The county of both townships, or the city.
    const std::size_t above = *nodes_[*n.parent].parent;
    const std::size_t mover = tier == Tier::village && nodes_[to].parent == above ? above : 0;
    const auto said = std::make_shared<bool>(false);
    const auto order = [this, node, to, said](Core& core) {
        const Certificate* held = core.roster().find(nodes_[node].node);
        const Certificate* parent = core.roster().find(nodes_[to].node);
        if (held == nullptr || parent == nullptr) return;
        // Numbers are a tier's own here: no two nodes of one have the same last digits.
        const std::uint64_t span = parent->code.end() - parent->code.number();
        const auto code = DivisionCode::from_number(parent->code.number() + held->code.number() % span);
        XW_CHECK(code);
        const auto done = core.move(now_, {held->code, parent->code, *code, {}, "sim:1", {}});
        *said = done.has_value();
        // The directory may have it there though its line never went there: another move came before.
        if (*said) may_have_parent(node, to);
        say(fmt::format("{} below {}: {}", nodes_[node].name, nodes_[to].name,
                        done ? "moved" : done.error().line(Language::english)));
    };
    request(mover, order, [this, node, said](bool durable) {
        if (!durable || !*said) return;
        checks_.expect_move(node);
        ++moves_;
    });
}

void City::may_have_parent(std::size_t node, std::size_t parent) {
    auto& parents = nodes_[node].parents;
    if (std::find(parents.begin(), parents.end(), parent) == parents.end()) parents.push_back(parent);
}

// Where its certificate says that its parent is; after a restore, where it said so then.
void City::follow_certificate(std::size_t node) {
    SimNode& n = nodes_[node];
    if (!n.parent || nodes_[*n.parent].node == n.core->certificate().parent) return;
    std::size_t parent = 0;
    while (nodes_[parent].node != n.core->certificate().parent) ++parent;
    n.parent = parent;
    checks_.tree_changed();
    network_->cut(node);
    say(fmt::format("{} turns to {}", n.name, nodes_[parent].name));
}

}  // namespace xinwang::sim
