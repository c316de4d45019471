// Shows that a handed-in file becomes the right entries and answers, in both encodings, that steps of any size
// give what one step gives, and that handing in again changes nothing.
#include <catch2/catch.hpp>
#include <map>

#include "node/intake/header.h"
#include "node/intake/step.h"
#include "protocol/base/limits.h"
#include "tools/gen/core_catalogues.h"
#include "tools/gen/sample.h"

using namespace xinwang;

namespace intake_step_test {
namespace {

constexpr std::uint32_t today = 20261124;

struct Room {
    Catalogue catalogue = *parse_catalogue(penalty_catalogue_toml());
    std::map<RecordId, Entry> held;

    Known known() {
        return [this](const RecordId& id) -> std::optional<Entry> {
            const auto found = held.find(id);
            return found == held.end() ? std::nullopt : std::optional(found->second);
        };
    }
    Result<IntakeOutcome> step(const std::string& file, const IntakeCursor& cursor, std::size_t rows,
                               Action action) {
        MemorySource source(file);
        auto out = intake_step(source, catalogue, action, cursor, rows, today, known());
        if (out)
            for (const auto& entry : out->entries) held[entry.record] = entry;
        return out;
    }
    // The whole file in steps of `rows`, as one outcome.
    Result<IntakeOutcome> take(const std::string& file, std::size_t rows = 1'000'000,
                               Action action = Action::publish, IntakeCursor cursor = {}) {
        IntakeOutcome all;
        while (!all.end) {
            auto part = step(file, cursor, rows, action);
            if (!part) return part;
            const auto add = [](auto& to, const auto& more) { to.insert(to.end(), more.begin(), more.end()); };
            add(all.entries, part->entries);
            add(all.policies, part->policies);
            add(all.unchanged, part->unchanged);
            add(all.refused, part->refused);
            add(all.warned, part->warned);
            all.rows += part->rows;
            all.end = part->end;
            Writer out;
            part->next.write(out);
            Reader in(out.bytes(), "cursor");
            cursor = *IntakeCursor::read(in);
            REQUIRE(in.done());
        }
        all.next = cursor;
        REQUIRE(all.rows == all.entries.size() + all.unchanged.size() + all.refused.size());
        return all;
    }
    Code refused(const std::string& file, Action action = Action::publish) {
        const auto out = take(file, 1000, action);
        REQUIRE_FALSE(out);
        REQUIRE_FALSE(out.error().advice(Language::chinese).empty());
        return out.error().code;
    }
};

std::string sample_file(const Catalogue& catalogue, std::uint64_t rows, SampleOptions options,
                        HeaderRows header = HeaderRows::labels) {
    const Sampler sampler(catalogue, options);
    std::string out = csv_header(catalogue, header);
    for (std::uint64_t i = 0; i < rows; ++i) out += csv_line(sampler.row(i).values);
    return out;
}

void require_same(const IntakeOutcome& a, const IntakeOutcome& b) {
    REQUIRE(a.entries == b.entries);
    REQUIRE(a.policies == b.policies);
    REQUIRE(a.unchanged == b.unchanged);
    REQUIRE(a.refused == b.refused);
    REQUIRE(a.warned == b.warned);
    REQUIRE(a.rows == b.rows);
}

const std::string key_header = "CF_CFJGDM,CF_WSH,CF_XDR_MC,撤回原因\r\n";
std::string withdraw_line(const Catalogue& c, const Values& v) {
    return csv_line(std::vector<std::string>{v[c.key[0]], v[c.key[1]], v[c.key[2]], "重复报送"});
}

}  // namespace

TEST_CASE("every bad sample row meets its refusal, every good one becomes an entry") {
    for (const auto toml : {licence_catalogue_toml(), penalty_catalogue_toml()}) {
        Room room{*parse_catalogue(toml), {}};
        const SampleOptions options{.seed = 7, .bad_percent = 40, .persons_percent = 20};
        const auto out = room.take(sample_file(room.catalogue, 2000, options));
        REQUIRE(out);
        const Sampler sampler(room.catalogue, options);
        std::map<std::uint32_t, const RowAnswer*> refused;
        for (const auto& answer : out->refused) refused[answer.row] = &answer;
        for (std::uint32_t i = 0; i < 2000; ++i) {
            const SampleRow row = sampler.row(i);
            INFO(i);
            REQUIRE(row.defect.has_value() == (refused.count(i + 1) != 0));
            if (!row.defect) continue;
            const RowAnswer& answer = *refused[i + 1];
            REQUIRE(answer.line == i + 2);
            REQUIRE(answer.rule == room.catalogue.rule_version());
            REQUIRE(answer.excerpt.size() <= limits::row_excerpt_bytes_max);
            REQUIRE(answer.findings[0].field == row.defect->field);
            REQUIRE(answer.findings[0].refusal.code == row.defect->code);
        }
        REQUIRE(out->entries.size() > 1000);
        for (std::size_t i = 0; i < out->entries.size(); ++i) {
            const Entry& entry = out->entries[i];
            REQUIRE(entry.kind == EntryKind::publish);
            REQUIRE(entry == sampler.entry(entry.row - 1));
            REQUIRE(out->policies[i] == policy_of(room.catalogue, entry.fields));
        }
    }
}

TEST_CASE("the same rows in every encoding, header and separator give the same entries") {
    Room first;
    const SampleOptions options{.seed = 3, .bad_percent = 10, .persons_percent = 10};
    const std::string utf8 = sample_file(first.catalogue, 100, options);
    const auto expected = first.take(utf8);
    REQUIRE(expected);
    const auto codes = sample_file(first.catalogue, 100, options, HeaderRows::codes);
    for (const auto& variant : {"\xEF\xBB\xBF" + utf8, to_gb18030(utf8), codes, to_gb18030(codes)}) {
        Room room;
        const auto out = room.take(variant, 7);
        REQUIRE(out);
        require_same(*out, *expected);
    }
    Room both, tabs;
    REQUIRE(both.take(sample_file(first.catalogue, 100, options, HeaderRows::both))->entries ==
            expected->entries);
    std::string tabbed = utf8;
    for (char& c : tabbed) c = c == ',' ? '\t' : c;
    REQUIRE(tabs.take(tabbed)->entries == expected->entries);
}

TEST_CASE("resuming at every cursor gives what one go gives") {
    Room whole;
    std::string file = sample_file(whole.catalogue, 30, {.seed = 5, .bad_percent = 30});
    const Sampler sampler(whole.catalogue, {.seed = 5});
    file += csv_line(sampler.row(2).values);  // doubles, and a change
    Values changed = sampler.row(3).values;
    changed[*whole.catalogue.find("CF_NR")] = "第一行\n第二行，\"引号\"";
    file += csv_line(changed) + "\r\n\"stray,\r\n" + csv_line(sampler.row(4).values);
    for (const auto& variant : {file, to_gb18030(file)}) {
        Room once;
        const auto expected = once.take(variant);
        REQUIRE(expected);
        for (std::size_t rows = 1; rows <= 34; ++rows) {
            Room room;
            const auto out = room.take(variant, rows);
            REQUIRE(out);
            require_same(*out, *expected);
        }
    }
}

TEST_CASE("handing in again changes nothing and says so; a changed row is a correction") {
    Room room;
    const std::string file = sample_file(room.catalogue, 50, {});
    REQUIRE(room.take(file)->entries.size() == 50);
    const auto again = room.take(file);
    REQUIRE(again->entries.empty());
    REQUIRE(again->unchanged.size() == 50);
    const Sampler sampler(room.catalogue, {});
    Values values = sampler.row(9).values;
    values[*room.catalogue.find("CF_NR")] = "更正后的内容";
    const auto corrected = room.take(csv_header(room.catalogue, HeaderRows::codes) +
                                     csv_line(sampler.row(8).values) + csv_line(values) + csv_line(values));
    REQUIRE(corrected->entries.size() == 1);
    REQUIRE(corrected->entries[0].kind == EntryKind::correct);
    REQUIRE(corrected->entries[0].row == 2);
    REQUIRE(corrected->unchanged == std::vector<std::uint32_t>{1, 3});
}

TEST_CASE("a withdrawal needs the key only, keeps the reason, and finds what is held") {
    Room room;
    const Sampler sampler(room.catalogue, {.persons_percent = 100});
    const Values held = sampler.row(0).values, never = sampler.row(99).values;
    REQUIRE(room.take(csv_header(room.catalogue, HeaderRows::codes) + csv_line(held))->entries.size() == 1);
    const std::string file =
        key_header + withdraw_line(room.catalogue, held) + withdraw_line(room.catalogue, never);
    const auto out = room.take(file, 1, Action::withdraw);
    REQUIRE(out);
    REQUIRE(out->entries.size() == 1);
    const Entry& entry = out->entries[0];
    REQUIRE(entry.kind == EntryKind::withdraw);
    REQUIRE(entry.record == record_id(room.catalogue, held));
    REQUIRE(entry.fields.size() == room.catalogue.fields.size() + 1);
    REQUIRE(entry.fields.back() == "重复报送");
    REQUIRE(entry.subject == subject_identifier(room.catalogue, held));
    REQUIRE(out->policies[0] == room.catalogue.persons_policy);
    REQUIRE(out->refused.size() == 1);
    REQUIRE(out->refused[0].findings[0].refusal.code == Code::record_not_held);
    REQUIRE(room.take(file, 10, Action::withdraw)->unchanged == std::vector<std::uint32_t>{1});
    const auto back = room.take(csv_header(room.catalogue, HeaderRows::codes) + csv_line(held));
    REQUIRE(back->entries.at(0).kind == EntryKind::publish);
    REQUIRE(room.refused("CF_WSH,CF_XDR_MC\r\n1,2\r\n", Action::withdraw) == Code::column_missing);
}

TEST_CASE("a wrong header refuses the file and names the column") {
    Room room;
    const std::string good = csv_header(room.catalogue, HeaderRows::labels);
    const std::string bare = good.substr(0, good.size() - 2);
    REQUIRE(room.refused("") == Code::file_empty);
    REQUIRE(room.refused("\r\n,,\r\n") == Code::file_empty);
    REQUIRE(room.refused(bare + ",信用评分\r\n") == Code::column_unknown);
    REQUIRE(room.refused(bare + ",CF_WSH\r\n") == Code::column_doubled);
    REQUIRE(room.refused(bare + ",CF_XZJG\r\n") == Code::column_doubled);
    REQUIRE(room.refused("CF_WSH,CF_XDR_MC\r\n") == Code::column_missing);
    REQUIRE(room.refused("\"CF_WSH\",\"CF_XDR_MC\r\n") == Code::row_quotes);
    REQUIRE(room.refused("PK\x03\x04") == Code::file_not_text);
    const auto wrong = room.take(good, 10, Action::publish, IntakeCursor::declared(Encoding::gb18030));
    REQUIRE_FALSE(wrong);
    const auto unreadable =
        room.take(to_gb18030(good), 10, Action::publish, IntakeCursor::declared(Encoding::utf8));
    REQUIRE(unreadable.error().code == Code::file_encoding);
    const auto old = room.take(bare + ",SJC\r\n");
    REQUIRE(old);
    REQUIRE(old->warned.at(0).row == 0);
    REQUIRE(old->warned[0].findings[0].refusal.code == Code::column_dropped);
    REQUIRE(room.take(bare + ",,\r\n"));
}

TEST_CASE("labels one column off against the codes are noticed") {
    Room room;
    std::vector<std::string> labels, codes;
    for (const auto& field : room.catalogue.fields) labels.push_back(field.label), codes.push_back(field.code);
    std::rotate(labels.begin() + 5, labels.begin() + 6, labels.end());
    const auto out = room.take(csv_line(labels) + csv_line(codes));
    REQUIRE(out.error().code == Code::header_rows_disagree);
    REQUIRE(out.error().field == "6");
}

TEST_CASE("data one column off against the header are noticed, and a sound file never is") {
    Room room;
    const Sampler sampler(room.catalogue, {.seed = 2});
    std::string right = csv_header(room.catalogue, HeaderRows::labels), left = right, some = right;
    for (std::uint64_t i = 0; i < 5; ++i) {
        Values values = sampler.row(i).values;
        Values moved = values;
        moved.insert(moved.begin(), "1");
        moved.pop_back();
        right += csv_line(moved);
        moved = values;
        moved.erase(moved.begin());
        moved.push_back("");
        left += csv_line(moved);
        moved = values;
        moved.insert(moved.begin() + 20, "");  // from one place on
        moved.pop_back();
        some += csv_line(moved);
    }
    REQUIRE(room.refused(right) == Code::columns_shifted);
    REQUIRE(room.refused(left) == Code::columns_shifted);
    REQUIRE(room.refused(some) == Code::columns_shifted);
    // One acceptable row is enough to judge row by row.
    const auto mixed = room.take(right + csv_line(sampler.row(7).values));
    REQUIRE(mixed);
    REQUIRE(mixed->refused.size() == 5);
    REQUIRE(room.take(sample_file(room.catalogue, 20, {.bad_percent = 100}))->refused.size() == 20);
}

TEST_CASE("rows of the wrong shape are refused as rows") {
    Room room;
    const Sampler sampler(room.catalogue, {});
    const std::string header = csv_header(room.catalogue, HeaderRows::labels),
                      good = csv_line(sampler.row(0).values);
    const std::string bare = good.substr(0, good.size() - 2);
    const auto out = room.take(header + "1,2,3\r\n" + bare + ",x\r\n" + bare + ",,\r\n\xFF" + good);
    REQUIRE(out);
    REQUIRE(out->entries.size() == 1);
    REQUIRE(out->refused.size() == 3);
    REQUIRE(out->refused[0].findings[0].refusal.code == Code::row_column_count);
    REQUIRE(out->refused[1].findings[0].refusal.code == Code::row_column_count);
    REQUIRE(out->refused[2].findings[0].refusal.code == Code::row_encoding);
    REQUIRE(out->refused[2].row == 4);
    REQUIRE(out->refused[2].line == 5);
}

TEST_CASE("a file over its limits is refused with the limit, and what was read stands") {
    class Huge final : public FileSource {
      public:
        std::uint64_t size() const override { return limits::file_bytes_max + 1; }
        std::size_t read(std::uint64_t, std::span<std::uint8_t>) override { return 0; }
    } huge;
    Room room;
    const auto large = intake_step(huge, room.catalogue, Action::publish, {}, 10, today, room.known());
    REQUIRE(large.error().code == Code::file_too_large);
    const std::string file = sample_file(room.catalogue, 3, {});
    const auto one = room.step(file, {}, 1, Action::publish);
    IntakeCursor cursor = one->next;
    cursor.rows_done = limits::file_rows_max - 1;
    const auto last = room.step(file, cursor, 10, Action::publish);
    REQUIRE(last->rows == 1);
    REQUIRE_FALSE(last->end);
    const auto over = room.step(file, last->next, 10, Action::publish);
    REQUIRE(over.error().code == Code::file_too_many_rows);
    REQUIRE(over.error().limit == "5000000");
    cursor.byte_offset = file.size() + 1;
    REQUIRE(room.step(file, cursor, 10, Action::publish).error().code == Code::cursor_beyond_file);
}

TEST_CASE("answers and cursors survive the store, and damaged ones are refused") {
    Room room;
    const auto out = room.take(sample_file(room.catalogue, 200, {.bad_percent = 60}));
    for (const auto& answer : out->refused) {
        Writer bytes;
        write(bytes, answer);
        Reader in(bytes.bytes(), "answer");
        REQUIRE(read_row_answer(in) == answer);
        REQUIRE(in.done());
        for (std::size_t cut = 0; cut < bytes.bytes().size(); cut += 7) {
            Reader part(View(bytes.bytes()).first(cut), "answer");
            REQUIRE_FALSE(read_row_answer(part));
        }
    }
    Writer bytes;
    IntakeCursor{1, 2, 3, 9, ',', 1}.write(bytes);
    Reader in(bytes.bytes(), "cursor");
    REQUIRE_FALSE(IntakeCursor::read(in));
}

}  // namespace intake_step_test
