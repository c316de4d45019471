// Shows that the link's ledger puts every entry into exactly one package whatever crashes, that its values
// survive their codecs, and that answers move rows and packages as they should.
#include <random>
#include <set>

#include "node/links/ledger.h"
#include "protocol/base/limits.h"
#include "tests/node/link_sample.h"

using namespace xinwang;
using namespace xinwang::link_sample;

namespace link_ledger_test {
namespace {

struct Line {
    LinkCursor at;
    bool record;  // else an entry that is none of the link's business
    std::string catalogue;
    std::uint8_t id;
};

std::vector<Line> random_lines(std::mt19937& random, std::size_t batches) {
    std::vector<Line> lines;
    for (std::uint64_t ordinal = 0; ordinal < batches; ++ordinal) {
        const auto size = static_cast<std::uint32_t>(random() % 6);
        for (std::uint32_t position = 0; position < size; ++position)
            lines.push_back({{ordinal, position},
                             random() % 5 != 0,
                             std::string(1, static_cast<char>('a' + random() % 4 * (random() % 3 != 0))),
                             static_cast<std::uint8_t>(random() % 50)});
    }
    return lines;
}

void feed(Gatherer& gatherer, LinkCursor at, PackageAction action, std::uint8_t record,
          std::string_view catalogue) {
    LedgerRow row;
    row.at = at;
    row.action = action;
    row.record = block<RecordId>(record);
    row.origin = block<NodeId>(1);
    gatherer.feed(std::move(row), catalogue);
}

// Everything goes out as it is.
std::optional<PackageAction> as_it_is(const LedgerRow& row) {
    return row.action;
}

void feed(Gatherer& gatherer, const Line& line) {
    if (line.record)
        feed(gatherer, line.at, PackageAction::add, line.id, line.catalogue);
    else
        gatherer.reached(line.at.next());
}

}  // namespace

TEST_CASE("model: every record entry is in exactly one package, in order, whatever crashes") {
    for (unsigned seed = 1; seed <= 60; ++seed) {
        std::mt19937 random(seed);
        const auto lines = random_lines(random, 60);
        const auto most = static_cast<std::uint32_t>(1 + random() % 7);
        LinkState durable;
        std::vector<CutPackage> packages;  // durable too, in the same commit
        bool finished = false;
        while (!finished) {
            // One life of the process: it ends by a crash or with everything packed.
            Gatherer gatherer(*LinkState::read(durable.write()), most, "p/1");
            bool crashed = false;
            const auto commit = [&](CutRule rule) {
                auto cut = gatherer.cut(rule, Instant{1000}, as_it_is);
                if (!cut) return;
                crashed = random() % 8 == 0;  // before the commit
                if (crashed) return;
                REQUIRE(cut->after == gatherer.state());
                durable = cut->after;
                packages.push_back(std::move(*cut));
            };
            for (const auto& line : lines) {
                if (line.at < gatherer.where()) continue;
                feed(gatherer, line);
                if (random() % 3 == 0) commit(random() % 4 == 0 ? CutRule::all : CutRule::full);
                crashed |= random() % 40 == 0;
                if (crashed) break;
                if (random() % 4 == 0) durable = gatherer.state();
                REQUIRE(gatherer.state().settled <= gatherer.where());
            }
            while (!crashed && gatherer.waiting() > 0) commit(CutRule::all);
            finished = !crashed;
        }
        std::map<LinkCursor, std::uint64_t> where;
        std::map<std::string, LinkCursor> last;
        std::uint64_t number = 1;
        for (const auto& package : packages) {
            REQUIRE(package.record.number == number++);
            REQUIRE(package.record.rows == package.rows.size());
            REQUIRE(package.rows.size() <= most);
            REQUIRE(package.record.from == package.rows.front().at);
            REQUIRE(package.record.to == package.rows.back().at.next());
            for (const auto& row : package.rows) {
                REQUIRE(where.emplace(row.at, package.record.number).second);
                const auto before = last.find(package.record.catalogue);
                REQUIRE((before == last.end() || before->second < row.at));
                last[package.record.catalogue] = row.at;
            }
        }
        std::size_t records = 0;
        for (const auto& line : lines) records += line.record;
        REQUIRE(where.size() == records);
        for (const auto& line : lines) REQUIRE(where.contains(line.at) == line.record);
    }
}

TEST_CASE("a catalogue with few entries waits; all cuts the longest waiting first") {
    Gatherer gatherer({}, 2, "p/1");
    feed(gatherer, {1, 0}, PackageAction::add, 1, "rare");
    feed(gatherer, {1, 1}, PackageAction::add, 2, "often");
    REQUIRE_FALSE(gatherer.cut(CutRule::full, Instant{}, as_it_is));
    feed(gatherer, {2, 0}, PackageAction::correct, 2, "often");
    const auto often = gatherer.cut(CutRule::full, Instant{}, as_it_is);
    REQUIRE(often);
    REQUIRE(often->record.catalogue == "often");
    REQUIRE(often->rows[1].action == PackageAction::correct);
    REQUIRE(often->after.settled == LinkCursor{1, 0});
    REQUIRE(often->after.after.at("often") == LinkCursor{2, 1});
    REQUIRE(gatherer.cut(CutRule::all, Instant{}, as_it_is)->after.settled == LinkCursor{2, 1});
    REQUIRE(gatherer.state().after.empty());
    REQUIRE_FALSE(gatherer.cut(CutRule::all, Instant{}, as_it_is));
}

TEST_CASE("rows that are not needed are passed over, and a package without rows is none") {
    Gatherer gatherer({}, 2, "p/1");
    for (std::uint8_t i = 1; i <= 4; ++i) feed(gatherer, {1, i}, PackageAction::add, i, "xzxk");
    const Settle odd_only = [](const LedgerRow& row) {
        return row.record.bytes[0] % 2 == 1 ? std::optional(PackageAction::correct) : std::nullopt;
    };
    const auto first = gatherer.cut(CutRule::full, Instant{1}, odd_only);
    REQUIRE(first);
    REQUIRE(first->rows.size() == 2);  // the first and the third
    REQUIRE(first->rows[0].action == PackageAction::correct);
    REQUIRE(first->not_needed.size() == 1);
    REQUIRE(first->record.to == LinkCursor{1, 4});
    const auto none = gatherer.cut(CutRule::all, Instant{2}, odd_only);
    REQUIRE(none);
    REQUIRE(none->rows.empty());
    REQUIRE(none->not_needed.size() == 1);
    REQUIRE(none->after.next_number == 2);
    REQUIRE(none->after.settled == LinkCursor{1, 5});
}

TEST_CASE("only publish, correct and withdraw concern the receiver; a rendered row is the ledger's") {
    REQUIRE(package_action(EntryKind::publish) == PackageAction::add);
    REQUIRE(package_action(EntryKind::correct) == PackageAction::correct);
    REQUIRE(package_action(EntryKind::withdraw) == PackageAction::withdraw);
    REQUIRE_FALSE(package_action(EntryKind{32}));
    LedgerRow row;
    row.action = PackageAction::withdraw;
    row.record = block<RecordId>(3);
    row.origin = block<NodeId>(4);
    const auto sent = package_row(9, row, {"v"});
    REQUIRE(sent.row == 9);
    REQUIRE(sent.action == PackageAction::withdraw);
    REQUIRE(sent.record == row.record);
    REQUIRE(sent.origin == row.origin);
    REQUIRE(sent.values == std::vector<std::string>{"v"});
}

TEST_CASE("ledger values survive their codecs, and shortened ones are refused") {
    PackageRecord record;
    record.number = 9;
    record.catalogue = "xzxk";
    record.from = {3, 4};
    record.to = {5, 6};
    record.rows = 5000;
    record.created_ms = -1;
    record.profile = "hebei-default/1";
    record.state = PackageState::written;
    record.body_hash = block<Hash256>(7);
    record.guid = block<PackageGuid>(8);
    record.accepted = 1;
    record.refused = 2;
    record.set_aside = 3;
    LedgerRow row{{1, 2},
                  PackageAction::withdraw,
                  block<RecordId>(3),
                  block<NodeId>(4),
                  RowState::refused,
                  "E07",
                  "主体不存在",
                  17};
    const std::vector<LedgerRow> rows(limits::link_page_rows, row);
    LinkState state{12, {7, 0}, {{"xzxk", {9, 1}}}};
    Outcome outcome{block<RecordId>(1), OutcomeResult::refused, "0000000009", "E07",
                    "主体不存在",       1795457400000};

    REQUIRE(*PackageRecord::read(record.write()) == record);
    REQUIRE(*read_row_page(write_row_page(rows)) == rows);
    REQUIRE(*LinkState::read(state.write()) == state);
    REQUIRE(*Outcome::read(outcome.write()) == outcome);
    const auto all_refused = [](const Bytes& whole, const auto& read) {
        for (std::size_t n = 0; n < whole.size(); ++n) REQUIRE_FALSE(read(View(whole).first(n)));
        Bytes longer = whole;
        longer.push_back(0);
        REQUIRE_FALSE(read(View(longer)));
        longer = whole;
        longer[0] = 9;
        REQUIRE_FALSE(read(View(longer)));
    };
    all_refused(record.write(), PackageRecord::read);
    all_refused(state.write(), LinkState::read);
    all_refused(outcome.write(), Outcome::read);
    all_refused(write_row_page(std::span(rows).first(2)), read_row_page);

    row.reason_code = std::string(500, 'r');
    row.message = std::string(5000, '\x01');
    REQUIRE(write_row_page(std::vector(limits::link_page_rows, row)).size() <= limits::piece_bytes_max);
}

TEST_CASE("answers move rows and packages; the same answer again changes nothing") {
    Gatherer gatherer({}, 10, "p/1");
    for (std::uint8_t i = 1; i <= 4; ++i) feed(gatherer, {1, i}, PackageAction::add, i, "xzxk");
    auto cut = gatherer.cut(CutRule::all, Instant{5}, as_it_is);
    REQUIRE(cut);
    auto& [record, rows, not_needed, after] = *cut;
    REQUIRE(not_needed.empty());
    PackageFiles files;
    files.set_aside.push_back({4, block<RecordId>(4), Refusal(Code::unsendable_text, "BZ", "?", "gb18030")});
    note_written(record, rows, files);
    note_written(record, rows, files);  // once more after a crash
    REQUIRE(record.state == PackageState::written);
    REQUIRE(record.set_aside == 1);
    REQUIRE(outcome_of(record, rows[3], {}, Instant{6}).outcome.result == OutcomeResult::set_aside);
    REQUIRE(outcome_of(record, rows[3], {}, Instant{6}).outcome.reason_code == "XW-2102");
    REQUIRE(outcome_of(record, rows[0], {}, Instant{6}).outcome.result == OutcomeResult::sent);

    FeedbackRow answer{"0000000001", 1, block<RecordId>(1), FeedbackResult::accepted, "", ""};
    REQUIRE(note_answer(record, rows, answer) == AnswerEffect::changed);
    REQUIRE(note_answer(record, rows, answer) == AnswerEffect::unchanged);
    answer = {"0000000001", 0, block<RecordId>(2), FeedbackResult::refused, "E07", "主体不存在"};
    REQUIRE(note_answer(record, rows, answer) == AnswerEffect::changed);
    answer.record = block<RecordId>(4);
    REQUIRE(note_answer(record, rows, answer).error().code == Code::feedback_row_not_sent);
    answer.record = block<RecordId>(9);
    REQUIRE(note_answer(record, rows, answer).error().code == Code::feedback_unknown_record);
    answer = {"0000000001", 3, block<RecordId>(2), FeedbackResult::refused, "", ""};
    REQUIRE(note_answer(record, rows, answer).error().code == Code::feedback_unknown_row);
    answer = {"0000000001", 99, std::nullopt, FeedbackResult::refused, "", ""};
    REQUIRE_FALSE(note_answer(record, rows, answer));
    REQUIRE(record.state == PackageState::written);
    answer.row = 3;
    REQUIRE(note_answer(record, rows, answer) == AnswerEffect::changed);
    REQUIRE(record.state == PackageState::answered);
    answer.result = FeedbackResult::accepted;  // the province corrects itself
    REQUIRE(note_answer(record, rows, answer) == AnswerEffect::changed);
    REQUIRE(record.accepted == 2);
    REQUIRE(record.refused == 1);
}

}  // namespace link_ledger_test
