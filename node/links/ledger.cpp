#include "node/links/ledger.h"

#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/base/codec.h"
#include "protocol/base/limits.h"

namespace xinwang {
namespace {

constexpr std::uint8_t layout = 1;  // of every value here but pages; another one is another layout
constexpr std::uint8_t page_layout = 2;
constexpr std::uint8_t page_layout_before = 1;  // its rows do not say of which submission's row they are

void write_cursor(Writer& out, const LinkCursor& at) {
    out.u64(at.ordinal);
    out.u32(at.position);
}
LinkCursor read_cursor(Reader& in) {
    const std::uint64_t ordinal = in.u64();
    return {ordinal, in.u32()};
}

// Reads a number of 1..most that stands for a name.
template <class E>
Result<E> read_name(Reader& in, E most, std::string_view field) {
    const std::uint8_t number = in.u8();
    XW_TRY_VOID(in.so_far());
    if (number < 1 || number > static_cast<std::uint8_t>(most))
        return refuse(Code::bad_number, field, std::to_string(number),
                      "1.." + std::to_string(static_cast<unsigned>(most)));
    return static_cast<E>(number);
}

Result<void> read_layout(Reader& in) {
    const std::uint8_t found = in.u8();
    XW_TRY_VOID(in.so_far());
    if (found != layout)
        return refuse(Code::bad_number, "layout", std::to_string(found), std::to_string(layout));
    return {};
}

std::uint32_t* counter(PackageRecord& record, RowState state) {
    switch (state) {
        case RowState::waiting:
            return nullptr;
        case RowState::accepted:
            return &record.accepted;
        case RowState::refused:
            return &record.refused;
        case RowState::set_aside:
            return &record.set_aside;
    }
    XW_CHECK(false);
}

void move_row(PackageRecord& record, LedgerRow& row, RowState to) {
    if (auto* from = counter(record, row.state)) --*from;
    if (auto* now = counter(record, to)) ++*now;
    row.state = to;
}

void settle_state(PackageRecord& record) {
    // A province may answer before we have noted that the files are there: only note_written() ends `prepared`.
    if (record.state == PackageState::prepared) return;
    const bool all = record.accepted + record.refused + record.set_aside == record.rows;
    record.state = all ? PackageState::answered : PackageState::written;
}

}  // namespace

Bytes LinkState::write() const {
    Writer out;
    out.u8(layout);
    out.u64(next_number);
    write_cursor(out, settled);
    out.u32(static_cast<std::uint32_t>(after.size()));
    for (const auto& [catalogue, cursor] : after) {
        out.text16(catalogue);
        write_cursor(out, cursor);
    }
    return out.take();
}

Result<LinkState> LinkState::read(View bytes) {
    Reader in(bytes, "link state");
    XW_TRY_VOID(read_layout(in));
    LinkState state;
    state.next_number = in.u64();
    state.settled = read_cursor(in);
    const std::uint32_t count = in.u32();
    for (std::uint32_t i = 0; i < count && in.good(); ++i) {
        std::string catalogue = in.text16();
        state.after.insert_or_assign(std::move(catalogue), read_cursor(in));
    }
    XW_TRY_VOID(in.finish());
    return state;
}

std::optional<PackageAction> package_action(EntryKind kind) {
    if (kind == EntryKind::publish) return PackageAction::add;
    if (kind == EntryKind::correct) return PackageAction::correct;
    if (kind == EntryKind::withdraw) return PackageAction::withdraw;
    return std::nullopt;
}

PackageRow package_row(std::uint32_t number, const LedgerRow& row, std::vector<std::string> values) {
    return {number, row.action, row.record, row.origin, std::move(values)};
}

Bytes PackageRecord::write() const {
    Writer out;
    out.u8(layout);
    out.u64(number);
    out.text16(catalogue);
    write_cursor(out, from);
    write_cursor(out, to);
    out.u32(rows);
    out.i64(created_ms);
    out.text16(profile);
    out.u8(static_cast<std::uint8_t>(state));
    out.block(body_hash);
    out.block(guid);
    out.u32(accepted);
    out.u32(refused);
    out.u32(set_aside);
    return out.take();
}

Result<PackageRecord> PackageRecord::read(View bytes) {
    Reader in(bytes, "package record");
    XW_TRY_VOID(read_layout(in));
    PackageRecord record;
    record.number = in.u64();
    record.catalogue = in.text16();
    record.from = read_cursor(in);
    record.to = read_cursor(in);
    record.rows = in.u32();
    record.created_ms = in.i64();
    record.profile = in.text16();
    XW_TRY(state, read_name(in, PackageState::answered, "package state"));
    record.state = state;
    record.body_hash = in.block<Hash256>();
    record.guid = in.block<PackageGuid>();
    record.accepted = in.u32();
    record.refused = in.u32();
    record.set_aside = in.u32();
    XW_TRY_VOID(in.finish());
    return record;
}

Bytes write_row_page(std::span<const LedgerRow> rows) {
    XW_CHECK(rows.size() <= limits::link_page_rows);
    Writer out;
    out.u8(page_layout);
    out.u16(static_cast<std::uint16_t>(rows.size()));
    for (const auto& row : rows) {
        write_cursor(out, row.at);
        out.u8(static_cast<std::uint8_t>(row.action));
        out.block(row.record);
        out.block(row.origin);
        out.u8(static_cast<std::uint8_t>(row.state));
        out.text16(printable(row.reason_code, limits::link_reason_bytes_max));
        out.text16(printable(row.message, limits::link_message_bytes_max));
        out.u32(row.row);
    }
    return out.take();
}

Result<std::vector<LedgerRow>> read_row_page(View bytes) {
    Reader in(bytes, "page of package rows");
    const std::uint8_t found = in.u8();
    if (found != page_layout && found != page_layout_before)
        return refuse(Code::bad_number, "layout", std::to_string(found), std::to_string(page_layout));
    std::vector<LedgerRow> rows;
    const std::uint16_t count = in.u16();
    for (std::uint16_t i = 0; i < count && in.good(); ++i) {
        LedgerRow row;
        row.at = read_cursor(in);
        XW_TRY(action, read_name(in, PackageAction::withdraw, "action"));
        row.action = action;
        row.record = in.block<RecordId>();
        row.origin = in.block<NodeId>();
        XW_TRY(state, read_name(in, RowState::set_aside, "row state"));
        row.state = state;
        row.reason_code = in.text16();
        row.message = in.text16();
        if (found == page_layout) row.row = in.u32();
        rows.push_back(std::move(row));
    }
    XW_TRY_VOID(in.finish());
    return rows;
}

Gatherer::Gatherer(LinkState state, std::uint32_t rows_per_package, std::string profile)
    : state_(std::move(state)), rows_per_package_(rows_per_package), profile_(std::move(profile)) {
    XW_CHECK(rows_per_package_ > 0);
    where_ = state_.settled;
}

void Gatherer::feed(LedgerRow row, std::string_view catalogue) {
    XW_CHECK(row.at >= where_);
    where_ = row.at.next();
    if (const auto done = state_.after.find(catalogue); done != state_.after.end() && row.at < done->second)
        return;
    auto waiting = pending_.find(catalogue);
    if (waiting == pending_.end()) waiting = pending_.try_emplace(std::string(catalogue)).first;
    waiting->second.push_back(std::move(row));
    ++waiting_;
}

void Gatherer::reached(LinkCursor next) {
    where_ = std::max(where_, next);
}

bool Gatherer::full() const {
    return waiting_ >= limits::link_waiting_rows_max;
}

LinkState Gatherer::state() const {
    LinkState state = state_;
    state.settled = where_;
    for (const auto& [catalogue, rows] : pending_) state.settled = std::min(state.settled, rows.front().at);
    std::erase_if(state.after, [&](const auto& entry) { return entry.second <= state.settled; });
    return state;
}

std::optional<CutPackage> Gatherer::cut(CutRule rule, Instant now, const Settle& settle) {
    auto chosen = pending_.end();
    for (auto it = pending_.begin(); it != pending_.end(); ++it) {
        if (rule == CutRule::full && it->second.size() < rows_per_package_) continue;
        if (chosen == pending_.end() || it->second.front().at < chosen->second.front().at) chosen = it;
    }
    if (chosen == pending_.end()) return std::nullopt;
    auto& waiting = chosen->second;
    CutPackage cut;
    LinkCursor behind;
    while (!waiting.empty() && cut.rows.size() < rows_per_package_) {
        LedgerRow row = std::move(waiting.front());
        waiting.pop_front();
        --waiting_;
        behind = row.at.next();
        const auto action = settle(row);
        if (action) row.action = *action;
        (action ? cut.rows : cut.not_needed).push_back(std::move(row));
    }
    cut.record.catalogue = chosen->first;
    if (!cut.rows.empty()) cut.record = package_of(chosen->first, cut.rows, now);
    state_.after.insert_or_assign(chosen->first, behind);
    if (waiting.empty()) pending_.erase(chosen);
    state_ = state();
    cut.after = state_;
    return cut;
}

PackageRecord Gatherer::package_of(const std::string& catalogue, const std::vector<LedgerRow>& rows,
                                   Instant now) {
    PackageRecord record;
    record.number = state_.next_number++;
    record.catalogue = catalogue;
    record.from = rows.front().at;
    record.to = rows.back().at.next();
    record.rows = static_cast<std::uint32_t>(rows.size());
    record.created_ms = now.ms;
    record.profile = profile_;
    return record;
}

void note_written(PackageRecord& record, std::span<LedgerRow> rows, const PackageFiles& files) {
    XW_CHECK(rows.size() == record.rows);
    record.body_hash = files.body_hash;
    record.guid = files.guid;
    for (const auto& aside : files.set_aside) {
        XW_CHECK(aside.row >= 1 && aside.row <= rows.size());
        auto& row = rows[aside.row - 1];
        move_row(record, row, RowState::set_aside);
        row.reason_code = aside.why.number();
        row.message =
            printable(aside.why.sentence(Language::chinese) + " " + aside.why.sentence(Language::english),
                      limits::link_message_bytes_max);
    }
    if (record.state == PackageState::prepared) record.state = PackageState::written;
    settle_state(record);
}

EntryOutcome outcome_of(const PackageRecord& record, const LedgerRow& row, const EntryPlace& place,
                        Instant now) {
    const auto result = row.state == RowState::waiting    ? OutcomeResult::sent
                        : row.state == RowState::accepted ? OutcomeResult::accepted
                        : row.state == RowState::refused  ? OutcomeResult::refused
                                                          : OutcomeResult::set_aside;
    return {place,
            row.row,
            {row.record, result, package_text(record.number), row.reason_code, row.message, now.ms}};
}

SentAs sent_as(const PackageRecord& record, const LedgerRow& row, std::uint32_t number) {
    return {static_cast<std::uint8_t>(row.action), record.number, number};
}

Result<AnswerEffect> note_answer(PackageRecord& record, std::span<LedgerRow> rows, const FeedbackRow& answer) {
    XW_CHECK(rows.size() == record.rows);
    const std::string package = package_text(record.number);
    if (answer.row > rows.size() || (answer.row == 0 && !answer.record))
        return refuse(Code::feedback_unknown_row, package, std::to_string(answer.row));
    const auto named = answer.row != 0 ? rows.subspan(answer.row - 1, 1) : rows;
    bool found = false, never_sent = false;
    auto effect = AnswerEffect::unchanged;
    for (auto& row : named) {
        if (answer.record && *answer.record != row.record) continue;
        never_sent = never_sent || row.state == RowState::set_aside;
        if (row.state == RowState::set_aside) continue;
        found = true;
        const auto state = answer.result == FeedbackResult::accepted ? RowState::accepted : RowState::refused;
        std::string reason = printable(answer.reason_code, limits::link_reason_bytes_max);
        std::string message = printable(answer.message, limits::link_message_bytes_max);
        if (row.state == state && row.reason_code == reason && row.message == message) continue;
        move_row(record, row, state);
        row.reason_code = std::move(reason);
        row.message = std::move(message);
        effect = AnswerEffect::changed;
    }
    if (!found) {
        const std::string row = std::to_string(answer.row);
        if (never_sent)
            return refuse(Code::feedback_row_not_sent, package, answer.row == 0 ? answer.record->hex() : row);
        if (answer.row != 0) return refuse(Code::feedback_unknown_row, package, row);
        return refuse(Code::feedback_unknown_record, package, answer.record->hex());
    }
    settle_state(record);
    return effect;
}

}  // namespace xinwang
