#include "node/links/outcome.h"

#include "protocol/base/check.h"
#include "protocol/base/codec.h"
#include "protocol/base/limits.h"

namespace xinwang {
namespace {

constexpr std::uint8_t outcome_layout = 1;

OutcomeResult result_of(RowState state) {
    switch (state) {
        case RowState::waiting:
            return OutcomeResult::sent;
        case RowState::accepted:
            return OutcomeResult::accepted;
        case RowState::refused:
            return OutcomeResult::refused;
        case RowState::set_aside:
            return OutcomeResult::set_aside;
    }
    XW_CHECK(false);
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
            return "set-aside";
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
    if (result < 1 || result > 4) return refuse(Code::bad_number, "outcome", std::to_string(result), "1..4");
    outcome.result = static_cast<OutcomeResult>(result);
    return outcome;
}

Outcome outcome_of(const PackageRecord& record, const LedgerRow& row, Instant now) {
    return {row.record,      result_of(row.state), package_text(record.number),
            row.reason_code, row.message,          now.ms};
}

}  // namespace xinwang
