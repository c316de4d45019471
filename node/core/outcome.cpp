#include "node/core/outcome.h"

#include "protocol/base/check.h"
#include "protocol/base/codec.h"
#include "protocol/base/limits.h"

namespace xinwang {
namespace {

constexpr std::uint8_t outcome_layout = 1;
constexpr std::uint8_t outcome_results = 5;

tl::unexpected<Refusal> damaged_answer(Table table, View key, const Refusal& why) {
    return refuse(Code::store_corrupt, table_name(table), hex(key), why.number());
}

}  // namespace

const char* outcome_name(OutcomeResult result) {
    switch (result) {
        case OutcomeResult::sent:
            return "sent";
        case OutcomeResult::accepted:
            return "accepted";
        case OutcomeResult::refused:
            return "refused";
        case OutcomeResult::set_aside:
            return "set_aside";
        case OutcomeResult::not_needed:
            return "not_needed";
    }
    XW_CHECK(false);
}

Bytes Outcome::write() const {
    Writer out;
    out.u8(outcome_layout);
    out.block(record);
    out.u8(static_cast<std::uint8_t>(result));
    out.i64(at_ms);
    out.text16(printable(package, limits::link_reason_bytes_max));
    out.text16(printable(reason_code, limits::link_reason_bytes_max));
    out.text16(printable(message, limits::link_message_bytes_max));
    return out.take();
}

Result<Outcome> Outcome::read(View bytes) {
    Reader in(bytes, "outcome");
    const std::uint8_t found = in.u8();
    Outcome outcome;
    outcome.record = in.block<RecordId>();
    const std::uint8_t result = in.u8();
    outcome.at_ms = in.i64();
    outcome.package = in.text16();
    outcome.reason_code = in.text16();
    outcome.message = in.text16();
    XW_TRY_VOID(in.finish());
    if (found != outcome_layout) return refuse(Code::bad_number, "layout", std::to_string(found), "1");
    if (result < 1 || result > outcome_results)
        return refuse(Code::bad_number, "outcome", std::to_string(result),
                      "1.." + std::to_string(outcome_results));
    outcome.result = static_cast<OutcomeResult>(result);
    return outcome;
}

Entry feedback_entry(const EntryOutcome& answer, std::string_view catalogue) {
    Entry entry;
    entry.kind = EntryKind::feedback;
    entry.record = answer.outcome.record;
    entry.subject = place_text(answer.place);
    entry.row = answer.row;
    entry.catalogue = catalogue;
    entry.body = answer.outcome.write();
    return entry;
}

Result<std::optional<EntryOutcome>> read_feedback(const Entry& entry, const NodeId& self) {
    if (entry.subject.empty()) return std::nullopt;
    const auto place = parse_place_text(entry.subject, self);
    if (!place) return refuse(Code::feedback_names_nothing, "subject", entry.subject);
    auto outcome = Outcome::read(entry.body);
    if (!outcome) return refuse(Code::feedback_names_nothing, "body", outcome.error().number());
    if (outcome->record != entry.record)
        return refuse(Code::feedback_names_nothing, "record", outcome->record.hex(), entry.record.hex());
    return EntryOutcome{*place, entry.row, std::move(*outcome)};
}

Classify outcome_row(const EntryOutcome& answer, const SentAs& sent, View tally) {
    Writer rest;
    rest.u8(sent.action);
    rest.u64(sent.package);
    rest.u32(sent.row);
    rest.raw(answer.outcome.write());
    return {Table::answers,
            answer_key(answer.outcome.record, answer.place),
            0,
            static_cast<std::uint8_t>(answer.outcome.result),
            rest.take(),
            to_bytes(tally)};
}

Result<OutcomeRow> read_outcome_row(View key, View value) {
    Reader in(value, "answer");
    OutcomeRow row;
    const std::uint8_t result = in.u8();
    row.sent.action = in.u8();
    row.sent.package = in.u64();
    row.sent.row = in.u32();
    if (const auto so_far = in.so_far(); !so_far) return damaged_answer(Table::answers, key, so_far.error());
    auto outcome = Outcome::read(in.rest());
    if (!outcome) return damaged_answer(Table::answers, key, outcome.error());
    row.outcome = std::move(*outcome);
    if (static_cast<std::uint8_t>(row.outcome.result) != result)
        return damaged_answer(Table::answers, key, Refusal(Code::bad_number));
    return row;
}

Result<std::optional<OutcomeRow>> outcome_of(const Snapshot& kept, const RecordId& record,
                                             const EntryPlace& place) {
    const Bytes key = answer_key(record, place);
    XW_TRY(value, kept.get(Table::answers, key));
    if (!value) return std::nullopt;
    XW_TRY(row, read_outcome_row(key, *value));
    return std::optional(std::move(row));
}

Result<std::optional<Outcome>> outcome_of_record(const Snapshot& kept, const RecordId& record) {
    XW_TRY(value, kept.get(Table::outcomes, record.view()));
    if (!value) return std::nullopt;
    auto outcome = Outcome::read(*value);
    if (!outcome) return damaged_answer(Table::outcomes, record.view(), outcome.error());
    return std::optional(std::move(*outcome));
}

}  // namespace xinwang
