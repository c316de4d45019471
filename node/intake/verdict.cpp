#include "node/intake/verdict.h"

#include "protocol/base/limits.h"

namespace xinwang {
namespace {

constexpr std::uint8_t format = 1;

Result<RowFinding> read_finding(Reader& in) {
    const std::uint8_t severity = in.u8();
    const std::uint16_t number = in.u16();
    std::string field = in.text16(), what = in.text16(), value = in.text16(), limit = in.text16();
    XW_TRY_VOID(in.so_far());
    if (severity != 1 && severity != 2)
        return refuse(Code::bad_number, "severity", std::to_string(severity), "1, 2");
    const RefusalText* known = find_refusal(number);
    if (known == nullptr)
        return refuse(Code::bad_number, "refusal", std::to_string(number), "XW-1xxx, XW-2xxx");
    RowFinding out{static_cast<Severity>(severity), std::move(field), Refusal(known->code)};
    // As they were written: made safe once already, and doing so twice would shorten what was cut.
    out.refusal.field = std::move(what);
    out.refusal.value = std::move(value);
    out.refusal.limit = std::move(limit);
    return out;
}

}  // namespace

void write(Writer& out, const RowAnswer& answer) {
    out.u8(format);
    out.u32(answer.row);
    out.u32(answer.line);
    out.text16(answer.rule);
    out.u16(static_cast<std::uint16_t>(answer.findings.size()));
    for (const auto& finding : answer.findings) {
        out.u8(static_cast<std::uint8_t>(finding.severity));
        out.u16(static_cast<std::uint16_t>(finding.refusal.code));
        out.text16(finding.field);
        out.text16(finding.refusal.field);
        out.text16(finding.refusal.value);
        out.text16(finding.refusal.limit);
    }
    out.text16(answer.excerpt);
}

Result<RowAnswer> read_row_answer(Reader& in) {
    if (const std::uint8_t found = in.u8(); found != format) {
        XW_TRY_VOID(in.so_far());
        return refuse(Code::bad_number, "row answer", std::to_string(found), std::to_string(format));
    }
    RowAnswer out;
    out.row = in.u32();
    out.line = in.u32();
    out.rule = in.text16();
    const std::uint16_t count = in.u16();
    if (count > limits::row_findings_max)
        return refuse(Code::too_large, "findings", std::to_string(count),
                      std::to_string(limits::row_findings_max));
    for (std::uint16_t i = 0; i < count; ++i) {
        XW_TRY(finding, read_finding(in));
        out.findings.push_back(std::move(finding));
    }
    out.excerpt = in.text16();
    XW_TRY_VOID(in.so_far());
    return out;
}

}  // namespace xinwang
