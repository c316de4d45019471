#include "node/core/submission.h"

#include <algorithm>

#include "protocol/base/hash.h"
#include "protocol/messages.h"

namespace xinwang {
namespace {

constexpr std::uint8_t submission_layout = 2;
constexpr std::uint8_t submission_layout_before = 1;  // without pages of rows, and what its rows were judged by

void write(Writer& out, const IntakeRows& rows) {
    for (const std::uint32_t n :
         {rows.read, rows.accepted, rows.corrected, rows.withdrawn, rows.unchanged, rows.refused, rows.warned})
        out.u32(n);
}

IntakeRows read_rows(Reader& in) {
    IntakeRows rows;
    for (std::uint32_t* n : {&rows.read, &rows.accepted, &rows.corrected, &rows.withdrawn, &rows.unchanged,
                             &rows.refused, &rows.warned})
        *n = in.u32();
    return rows;
}

}  // namespace

const char* action_name(Action action) {
    return action == Action::publish ? "publish" : "withdraw";
}

const char* submission_state_name(SubmissionState state) {
    switch (state) {
        case SubmissionState::received:
            return "received";
        case SubmissionState::reading:
            return "reading";
        case SubmissionState::done:
            return "done";
        case SubmissionState::refused:
            return "refused";
    }
    return "?";
}

BatchRange& Submission::range(Lane lane, const Incarnation& incarnation, Seq first) {
    const auto [from, to] = batches.equal_range(lane);
    for (auto it = from; it != to; ++it)
        if (it->second.incarnation == incarnation) return it->second;
    return batches.emplace(lane, BatchRange{incarnation, first, first})->second;
}

bool Submission::reaches(const LogId& log, Seq from) const {
    const auto [first, end] = batches.equal_range(log.lane);
    return std::any_of(first, end, [&](const auto& range) {
        return range.second.incarnation == log.incarnation && range.second.last >= from;
    });
}

SubmissionId id_again(const SubmissionId& id) {
    return hash<SubmissionId>("XW-submission-again", {id.view()});
}

Bytes encode(const Submission& s) {
    Writer out;
    out.u8(submission_layout);
    out.block(s.id);
    out.text16(s.name);
    out.text16(s.catalogue);
    out.u8(static_cast<std::uint8_t>(s.action));
    out.u8(static_cast<std::uint8_t>(s.state));
    out.u64(s.file_bytes);
    out.i64(s.received.ms);
    out.i64(s.finished.ms);
    write(out, s.rows);
    out.bytes32(s.cursor);
    out.u8(static_cast<std::uint8_t>(s.batches.size()));
    for (const auto& [lane, range] : s.batches) {
        out.u8(static_cast<std::uint8_t>(lane));
        out.block(range.incarnation);
        out.u64(range.first);
        out.u64(range.last);
    }
    out.u8(s.refusal ? 1 : 0);
    if (s.refusal) write(out, *s.refusal);
    out.u32(s.day);
    out.u32(s.catalogue_version);
    out.u64(s.batches_held);
    out.u32(s.rows_without_page);
    return out.take();
}

Result<Submission> decode_submission(View bytes) {
    Reader in(bytes, "submission");
    Submission s;
    const std::uint8_t found = in.u8();
    if (found != submission_layout && found != submission_layout_before)
        return refuse(Code::bad_number, "submission.layout", std::to_string(found),
                      std::to_string(submission_layout));
    s.id = in.block<SubmissionId>();
    s.name = in.text16();
    s.catalogue = in.text16();
    s.action = Action{in.u8()};
    s.state = SubmissionState{in.u8()};
    s.file_bytes = in.u64();
    s.received.ms = in.i64();
    s.finished.ms = in.i64();
    s.rows = read_rows(in);
    s.cursor = to_bytes(in.bytes32());
    const int ranges = in.u8();
    for (int i = 0; i < ranges && in.good(); ++i) {
        const auto lane = parse_lane(in.u8());
        BatchRange range;
        range.incarnation = in.block<Incarnation>();
        range.first = in.u64();
        range.last = in.u64();
        if (!lane) return refuse(Code::bad_number, "submission.lane", "?", "1, 2, 3");
        s.batches.emplace(*lane, range);
    }
    if (in.u8() != 0) {
        XW_TRY(refusal, read_refusal(in));
        s.refusal = refusal;
    }
    if (found == submission_layout_before) {
        s.rows_without_page = s.rows.read;
    } else {
        s.day = in.u32();
        s.catalogue_version = in.u32();
        s.batches_held = in.u64();
        s.rows_without_page = in.u32();
    }
    XW_TRY_VOID(in.finish());
    return s;
}

}  // namespace xinwang
