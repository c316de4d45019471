// Shows that a submission is read from the store as it was written, and that a row which is not one is refused.
#include "node/core/submission.h"

#include <catch2/catch.hpp>

using namespace xinwang;

namespace submission_test {
namespace {

Submission full() {
    Submission s;
    s.id.bytes.fill(1);
    s.name = "十一月许可.csv";
    s.catalogue = "xzxk";
    s.action = Action::withdraw;
    s.state = SubmissionState::refused;
    s.file_bytes = 5'000'000'000;
    s.received = {1'795'000'000'000};
    s.finished = {1'795'000'060'000};
    s.rows = {
        .read = 7, .accepted = 1, .corrected = 2, .withdrawn = 3, .unchanged = 4, .refused = 5, .warned = 6};
    s.cursor = {9, 8, 7};
    s.day = 20261124;
    s.catalogue_version = 3;
    s.batches_held = 1'000'000;
    s.rows_without_page = 5;
    BatchRange range;
    range.incarnation.bytes.fill(3);
    range.first = 10;
    range.last = 12;
    s.batches.emplace(Lane::rights, range);
    range.first = 0;
    s.batches.emplace(Lane::records, range);
    s.refusal = Refusal(Code::file_too_large, "file", "3", "2");
    return s;
}

}  // namespace

TEST_CASE("a submission comes back with every field") {
    const Submission s = full();
    const auto back = decode_submission(encode(s));
    REQUIRE(back);
    REQUIRE(back->id == s.id);
    REQUIRE(back->name == s.name);
    REQUIRE(back->catalogue == s.catalogue);
    REQUIRE(back->action == s.action);
    REQUIRE(back->state == s.state);
    REQUIRE(back->file_bytes == s.file_bytes);
    REQUIRE(back->received == s.received);
    REQUIRE(back->finished == s.finished);
    REQUIRE(back->rows.read == 7);
    REQUIRE(back->rows.accepted == 1);
    REQUIRE(back->rows.corrected == 2);
    REQUIRE(back->rows.withdrawn == 3);
    REQUIRE(back->rows.unchanged == 4);
    REQUIRE(back->rows.refused == 5);
    REQUIRE(back->rows.warned == 6);
    REQUIRE(back->cursor == s.cursor);
    REQUIRE(back->batches.size() == 2);
    REQUIRE(back->batches.find(Lane::rights)->second.first == 10);
    REQUIRE(back->batches.find(Lane::records)->second.first == 0);
    REQUIRE(back->batches.find(Lane::records)->second.last == 12);
    REQUIRE(back->batches.find(Lane::records)->second.incarnation ==
            s.batches.find(Lane::records)->second.incarnation);
    REQUIRE(back->refusal == s.refusal);
    REQUIRE(encode(*back) == encode(s));
    REQUIRE(!back->open());
}

TEST_CASE(
    "a submission of an earlier release has no pages of the rows that it has read, and answers for nothing") {
    Bytes before = encode(full());
    before[0] = 1;
    before.resize(before.size() - (4 + 4 + 8 + 4));
    const auto back = decode_submission(before);
    REQUIRE(back);
    REQUIRE(back->rows_without_page == back->rows.read);
    REQUIRE(back->day == 0);
    REQUIRE(back->refusal == full().refusal);
}

TEST_CASE("a page of rows comes back, and finds each row's entry") {
    RowPage page;
    page.batches.push_back({*Incarnation::from(Bytes(16, 3)), Lane::rights, 9});
    page.batches.push_back({*Incarnation::from(Bytes(16, 4)), Lane::records, 10});
    page.rows = {{RowResult::accepted, 1, 7}, {RowResult::refused, 0, 0}, {RowResult::corrected, 0, 65'535}};
    const Bytes whole = encode(page);
    REQUIRE(*read_verdict_page(whole) == page);
    for (std::size_t size = 0; size < whole.size(); ++size)
        REQUIRE(!read_verdict_page(View(whole).first(size)));
    const NodeId self = *NodeId::from(Bytes(16, 1));
    REQUIRE(page.place(0, self) == EntryPlace{{self, page.batches[1].incarnation, Lane::records, {}}, 10, 7});
    REQUIRE(!page.place(1, self));
    REQUIRE(page.place(2, self)->log.lane == Lane::rights);
    const SubmissionId id = *SubmissionId::from(Bytes(16, 2));
    REQUIRE(row_of_key(row_key(id, 0x01020304)) == 0x01020304);
}

TEST_CASE("a fresh submission is open and has neither batches nor a refusal") {
    const auto back = decode_submission(encode(Submission{}));
    REQUIRE(back);
    REQUIRE(back->open());
    REQUIRE(back->batches.empty());
    REQUIRE(!back->refusal);
}

TEST_CASE("a submission cut anywhere, followed by anything or of another layout is refused") {
    const Bytes whole = encode(full());
    for (std::size_t size = 0; size < whole.size(); ++size)
        REQUIRE(!decode_submission(View(whole).first(size)));
    Bytes longer = whole;
    longer.push_back(0);
    REQUIRE(decode_submission(longer).error().code == Code::trailing_bytes);
    Bytes other = whole;
    other[0] = 3;
    REQUIRE(decode_submission(other).error().field == "submission.layout");
}

}  // namespace submission_test
