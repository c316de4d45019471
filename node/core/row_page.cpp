#include "node/core/row_page.h"

#include "protocol/base/check.h"
#include "protocol/base/codec.h"

namespace xinwang {
namespace {

constexpr std::uint8_t row_page_layout = 1;
constexpr std::size_t row_page_batches_max = 255, row_page_rows_max = 8'192;

bool became_entry(RowResult result) {
    return result <= RowResult::withdrawn;
}

Bytes tally_name(const SubmissionId& submission, char what) {
    Bytes name = to_bytes(submission.view());
    name.push_back(static_cast<std::uint8_t>(what));
    return name;
}

}  // namespace

std::optional<EntryPlace> RowPage::place(std::size_t index, const NodeId& self) const {
    const Row& row = rows.at(index);
    if (!became_entry(row.result) || row.batch >= batches.size()) return std::nullopt;
    const Batch& batch = batches[row.batch];
    return EntryPlace{{self, batch.incarnation, batch.lane, {}}, batch.seq, row.position};
}

Bytes encode(const RowPage& page) {
    XW_CHECK(page.batches.size() <= row_page_batches_max && page.rows.size() <= row_page_rows_max);
    Writer out;
    out.u8(row_page_layout);
    out.u8(static_cast<std::uint8_t>(page.batches.size()));
    for (const auto& batch : page.batches) {
        out.block(batch.incarnation);
        out.u8(static_cast<std::uint8_t>(batch.lane));
        out.u64(batch.seq);
    }
    out.u16(static_cast<std::uint16_t>(page.rows.size()));
    for (const auto& row : page.rows) {
        out.u8(static_cast<std::uint8_t>(row.result));
        if (!became_entry(row.result)) continue;
        out.u8(row.batch);
        out.u16(row.position);
    }
    return out.take();
}

Result<RowPage> read_verdict_page(View value) {
    Reader in(value, "page of rows");
    if (const auto found = in.u8(); found != row_page_layout)
        return refuse(Code::bad_number, "row page.layout", std::to_string(found),
                      std::to_string(row_page_layout));
    RowPage page;
    const int batches = in.u8();
    for (int i = 0; i < batches && in.good(); ++i) {
        RowPage::Batch batch;
        batch.incarnation = in.block<Incarnation>();
        const auto lane = parse_lane(in.u8());
        batch.seq = in.u64();
        if (!lane) return refuse(Code::bad_number, "row page.lane", "?", "1, 2, 3");
        batch.lane = *lane;
        page.batches.push_back(batch);
    }
    const int rows = in.u16();
    for (int i = 0; i < rows && in.good(); ++i) {
        RowPage::Row row;
        const std::uint8_t result = in.u8();
        if (in.good() && (result < 1 || result > 5))
            return refuse(Code::bad_number, "row page.result", std::to_string(result), "1..5");
        row.result = RowResult{result};
        if (became_entry(row.result)) {
            row.batch = in.u8();
            row.position = in.u16();
        }
        page.rows.push_back(row);
    }
    XW_TRY_VOID(in.finish());
    return page;
}

Bytes row_key(const SubmissionId& submission, std::uint32_t row) {
    Bytes key = to_bytes(submission.view());
    for (int shift = 24; shift >= 0; shift -= 8) key.push_back(static_cast<std::uint8_t>(row >> shift));
    return key;
}

std::uint32_t row_of_key(View key) {
    XW_CHECK(key.size() == SubmissionId::size + 4);
    std::uint32_t row = 0;
    for (const std::uint8_t byte : key.subspan(SubmissionId::size)) row = row << 8 | byte;
    return row;
}

Bytes notes_tally(const SubmissionId& submission) {
    return tally_name(submission, 'n');
}

Bytes outcomes_tally(const SubmissionId& submission) {
    return tally_name(submission, 'o');
}

}  // namespace xinwang
