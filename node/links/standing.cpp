#include "node/links/standing.h"

#include <algorithm>
#include <utility>

#include "node/core/judged.h"
#include "node/core/outcome.h"

namespace xinwang {

std::optional<PackageAction> Standing::settle(const LedgerRow& row) {
    auto action = settled(row);
    if (action) return *action;
    damage_ = action.error();
    return std::nullopt;
}

Result<std::optional<PackageAction>> Standing::settled(const LedgerRow& row) {
    XW_TRY(too_late, overtaken(row));
    if (too_late) return std::nullopt;
    auto has = has_.find(row.record);
    if (has == has_.end()) {
        XW_TRY(sent, sent_before(row.record));
        has = has_.emplace(row.record, sent).first;
    }
    if (row.action == PackageAction::withdraw) {
        if (!std::exchange(has->second, false)) return std::nullopt;
        return PackageAction::withdraw;
    }
    return std::exchange(has->second, true) ? PackageAction::correct : PackageAction::add;
}

// By an entry that stands behind it in the record's order and came before it.
Result<bool> Standing::overtaken(const LedgerRow& row) const {
    const Locator self{row.at.ordinal, row.at.position};
    XW_TRY(found, kept_.find_record(row.record));
    if (found.size() == 1 && found.front() == self) return false;
    XW_TRY(held, read_judged(kept_, row.record, room_));
    auto it = std::find_if(held.begin(), held.end(), [&](const HeldEntry& e) { return e.where == self; });
    if (it == held.end()) return true;  // on a branch: it counts for no record
    for (++it; it != held.end(); ++it) {
        if (!(it->where < self) || it->refused) continue;
        // Its contents are past their last day, and so is all that stood before it.
        if (!it->read) return true;
        if (it->read->entry && package_action(it->read->entry->kind)) return true;
    }
    return false;
}

Result<bool> Standing::sent_before(const RecordId& record) const {
    std::vector<OutcomeRow> rows;
    std::optional<Refusal> damaged;
    kept_.scan(Table::answers, record.view(), [&](View key, View value) {
        auto row = read_outcome_row(key, value);
        if (row && row->sent.action != 0) rows.push_back(std::move(*row));
        if (!row) damaged = row.error();
        return !damaged;
    });
    if (damaged) return tl::unexpected(*damaged);
    if (rows.empty()) return by_outcome_of_before(record);
    std::sort(rows.begin(), rows.end(), [](const OutcomeRow& a, const OutcomeRow& b) {
        return std::tie(a.sent.package, a.sent.row) < std::tie(b.sent.package, b.sent.row);
    });
    XW_TRY(has, by_outcome_of_before(record));
    for (const OutcomeRow& row : rows)
        if (!is_failure(row.outcome.result)) has = row.sent.action != std::uint8_t(PackageAction::withdraw);
    return has;
}

// A release before kept one outcome for a record, of the newest entry that it had sent, and sent all as they
// came.
Result<bool> Standing::by_outcome_of_before(const RecordId& record) const {
    XW_TRY(outcome, outcome_of_record(kept_, record));
    if (!outcome) return false;
    XW_TRY(held, read_judged(kept_, record, room_));
    auto kind = EntryKind::publish;
    for (const HeldEntry& entry : held)
        if (entry.place.moment <= outcome->at_ms && entry.read && entry.read->entry)
            kind = entry.read->entry->kind;
    if (is_failure(outcome->result)) return kind != EntryKind::publish;
    return kind != EntryKind::withdraw;
}

}  // namespace xinwang
