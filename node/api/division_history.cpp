// GET /v1/topology/history/CODE (API.md section 16).
#include <algorithm>
#include <map>
#include <set>

#include "node/api/api.h"
#include "node/api/division_documents.h"
#include "node/core/division_rows.h"

namespace xinwang::api {
namespace {

constexpr std::size_t history_codes_max = 1'000;

// The chain of a code: what went on as it, and as what it goes on; each followed one way only, so that the
// halves of a split place do not become each other's past.
class History {
  public:
    explicit History(const Snapshot& kept) : kept_(kept) {}

    enum class Way { back, on };
    Result<void> walk(DivisionCode start, Way way) {
        std::set<DivisionCode> seen{start};
        std::vector<DivisionCode> todo{start};
        codes_.emplace(start, Json(nullptr));
        while (!todo.empty()) {
            const DivisionCode code = todo.back();
            todo.pop_back();
            XW_TRY(changes, changes_of(kept_, code));
            for (const DivisionChange& change : changes) {
                const auto& near = way == Way::back ? change.after : change.before;
                const auto& far = way == Way::back ? change.before : change.after;
                if (!holds(near, code)) continue;
                changes_.emplace(std::pair(change.list, change.first()), change);
                for (const Division& d : far) {
                    if (codes_.size() == history_codes_max) {
                        cut_ = true;
                        return {};
                    }
                    codes_.emplace(d.code, way == Way::back ? "before" : "after");
                    if (seen.insert(d.code).second) todo.push_back(d.code);
                }
            }
        }
        return {};
    }

    const auto& codes() const { return codes_; }
    const auto& changes() const { return changes_; }
    bool is_cut() const { return cut_; }

  private:
    static bool holds(const std::vector<Division>& side, DivisionCode code) {
        return std::any_of(side.begin(), side.end(), [&](const Division& d) { return d.code == code; });
    }

    const Snapshot& kept_;
    std::map<DivisionCode, Json> codes_;  // and how each is related to the one asked for
    std::map<std::pair<std::uint32_t, DivisionCode>, DivisionChange> changes_;
    bool cut_ = false;
};

// Who signs under a code, and how much of it is held here.
Json signer_json(const Situation& s, const Certificate& c) {
    std::uint64_t batches = 0, entries = 0;
    for (const auto& [id, log] : s.core.logbook().all()) {
        if (id.origin != c.node) continue;
        batches += log.size;
        entries += log.entries;
    }
    return {{"node", c.node.hex()},
            {"code", c.code.text()},
            {"name", c.name},
            {"batches", batches},
            {"entries", entries}};
}

// The name by the newest change that gives the code one, else by the list, else the node's.
std::optional<std::string> name_of(const std::vector<DivisionChange>& changes,
                                   const std::optional<Division>& listed, DivisionCode code) {
    if (listed) return listed->name;
    for (auto change = changes.rbegin(); change != changes.rend(); ++change)
        for (const auto* side : {&change->after, &change->before})
            for (const Division& d : *side)
                if (d.code == code) return d.name;
    return std::nullopt;
}

Result<Json> code_json(const Situation& s, const Snapshot& kept, DivisionCode code, const Json& relation) {
    XW_TRY(changes, changes_of(kept, code));
    XW_TRY(listed, read_division(kept, code));
    const auto name = name_of(changes, listed, code);
    const auto* after = changes.empty() ? nullptr : &changes.back().after;
    const bool gone = after != nullptr && std::none_of(after->begin(), after->end(),
                                                       [&](const Division& d) { return d.code == code; });
    Json signers = Json::array();
    for (const NodeId& former : former_holders(kept, code))
        if (const Certificate* c = s.core.roster().find(former)) signers.push_back(signer_json(s, *c));
    for (const auto& [revoked, revocation] : s.core.roster().revocations())
        if (const Certificate* c = s.core.roster().find(revoked); c != nullptr && c->code == code)
            signers.push_back(signer_json(s, *c));
    const Certificate* node = s.core.roster().by_code(code);
    if (node != nullptr) signers.push_back(signer_json(s, *node));
    Json out{{"code", code.text()}, {"name", name ? *name : node ? node->name : ""}, {"relation", relation}};
    // No list names it, and the node that had it goes on elsewhere.
    const bool left = node == nullptr && !listed && after == nullptr && !signers.empty();
    out["state"] = gone || left                                    ? "gone"
                   : listed || after != nullptr || node != nullptr ? "in_force"
                                                                   : "unknown";
    out["nodes"] = std::move(signers);
    return out;
}

Result<Json> history_json(const Situation& s, DivisionCode code) {
    const Snapshot kept = s.store.snapshot();
    History history(kept);
    XW_TRY_VOID(history.walk(code, History::Way::back));
    XW_TRY_VOID(history.walk(code, History::Way::on));
    Json codes = Json::array();
    for (const auto& [one, relation] : history.codes()) {
        XW_TRY(row, code_json(s, kept, one, relation));
        codes.push_back(std::move(row));
    }
    if (codes.size() == 1 && codes[0]["state"] == "unknown")
        return refuse(Code::not_found, "code", code.text());
    Json changes = Json::array();
    for (const auto& [key, change] : history.changes()) {
        Json row = change_json(change, &s.core.roster());
        row["list"] = change.list;
        row["effective"] = std::to_string(change.effective);
        changes.push_back(std::move(row));
    }
    Json out{{"schema", "xinwang.topology_history/1"}, {"code", code.text()}};
    out["list"] = s.core.divisions() ? listing_json(*s.core.divisions()) : Json(nullptr);
    out["codes"] = std::move(codes);
    out["changes"] = std::move(changes);
    out["more"] = history.is_cut();
    return out;
}

}  // namespace

Result<Response> Api::get_topology_history(const std::string& code_text) {
    XW_TRY(code, DivisionCode::parse(code_text));
    Result<Json> document = refuse(Code::node_stopping);
    XW_TRY_VOID(node_.look([&](const Situation& s) {
        try {
            document = history_json(s, code);
        } catch (const StoreCorrupt& damaged) {
            document = tl::unexpected(damaged.refusal());
        }
    }));
    if (!document) return tl::unexpected(document.error());
    return answer(200, *document);
}

}  // namespace xinwang::api
