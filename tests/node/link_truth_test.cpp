// Shows that the packages leave the province with the newest state of each record, whatever the order in which
// its entries arrive at the city, and that what is told of an entry is told of that very entry.
#include "node/core/reading.h"
#include "node/intake/csv.h"
#include "node/links/link.h"
#include "tests/node/core_net.h"
#include "tests/node/link_sample.h"
#include "tools/gen/sample.h"

using namespace xinwang;

namespace link_truth_test {
namespace {

constexpr std::size_t content = 18;  // of the catalogue's fields one that says nothing of which record it is

// A city with a village below it, the real link, and a province that keeps what the packages tell it.
struct Town {
    sample::City city;
    sample::CoreNet net{city};
    std::string folder = (std::filesystem::temp_directory_path() / "xinwang-link-XXXXXX").string();
    Catalogue catalogue;
    std::map<std::string, std::string> province;  // record -> the field that say() sets
    std::vector<std::string> rows;                // "ACTION record value", the record by its number
    std::unique_ptr<Link> link;

    Town() {
        net.start_all();
        net.run(10);
        REQUIRE(::mkdtemp(folder.data()) != nullptr);
        std::ifstream in(XINWANG_SOURCE_DIR "/deploy/catalogues/xzxk.toml", std::ios::binary);
        const std::string toml{std::istreambuf_iterator<char>(in), {}};
        catalogue = *parse_catalogue(toml);
        commit([&](Core& core, Instant now) { REQUIRE(core.publish_catalogue(now, toml)); });
        auto& n = net.at(city.city);
        const std::filesystem::path at(folder);
        link = std::make_unique<Link>(
            link_sample::profile("hebei-default.toml"),
            LinkFolders{at / "outbox", at / "inbox", at / "spool", at / "quarantine"}, *n.store, *n.room,
            [this](const auto& request) { return commit(request); },
            [this](const std::vector<PackageFile>& files) { return receive(files); });
    }
    ~Town() { std::filesystem::remove_all(folder); }

    Result<void> commit(const std::function<void(Core&, Instant)>& request) {
        net.at(city.city).inbox.push_back([&](Core& core) { request(core, net.now()); });
        net.run(1);
        return {};
    }
    Result<void> receive(const std::vector<PackageFile>& files) {
        if (files.empty()) return {};
        MemorySource source(files.front().bytes);
        CsvReader reader(source, Encoding::utf8, ',', {.offset = 3});
        CsvRow row;
        REQUIRE(reader.next(row));
        while (reader.next(row)) {
            const std::string record = row.cells[2], value = row.cells[3 + content];
            rows.push_back(row.cells[1] + " " + number_of(record) + " " + value);
            REQUIRE(province.contains(record) == (row.cells[1] != "A"));  // as strict as one may be
            if (row.cells[1] == "D")
                province.erase(record);
            else
                province[record] = value;
        }
        return {};
    }
    // Record `number` of the sample, with this value in its content field; a withdrawal has the key alone.
    void say(EntryKind kind, Lane lane, std::uint64_t number, const std::string& value) {
        Entry entry = sample(number);
        entry.kind = kind;
        entry.row = 7;
        const std::uint16_t policy = policy_of(catalogue, entry.fields);
        entry.fields[content] = value;
        if (kind == EntryKind::withdraw) {
            for (std::size_t i = 0; i < entry.fields.size(); ++i)
                if (std::find(catalogue.key.begin(), catalogue.key.end(), i) == catalogue.key.end())
                    entry.fields[i].clear();
            entry.fields.emplace_back("重复");
        }
        net.at(city.first).core->author({lane, {}}, policy, entry);
        net.run(2);
    }
    Entry sample(std::uint64_t number) const { return Sampler(catalogue, {}).entry(number); }
    RecordId id(std::uint64_t number) const { return sample(number).record; }
    std::string number_of(const std::string& record) const {
        for (std::uint64_t number = 0; number < 300; ++number)
            if (id(number).hex() == record) return std::to_string(number);
        return "?";
    }
    void export_all() {
        REQUIRE(link->run_export(CutRule::all, net.now()));
        net.run(5);
    }
    FeedbackTaken answer(const std::string& rows_said) {
        const auto taken =
            link->take_feedback(view("BH,XH,JLBS,JG,YYDM,YY\r\n" + rows_said), "answer.csv", net.now());
        REQUIRE(taken);
        net.run(5);
        return *taken;
    }
    // At the village, of its `n`-th batch of that lane.
    std::string told(Lane lane, Seq n, std::uint64_t number) {
        auto& village = net.at(city.first);
        const auto row =
            outcome_of(village.store->snapshot(), id(number), {village.core->own_log({lane, {}}), n, 0});
        REQUIRE(row);
        return *row ? outcome_name((*row)->outcome.result) : "nothing";
    }
};

}  // namespace

TEST_CASE("a withdrawal that overtakes its record leaves the province without it") {
    Town t;
    t.net.cut(t.city.first);
    t.say(EntryKind::publish, Lane::records, 1, "甲");
    t.say(EntryKind::withdraw, Lane::rights, 1, "甲");
    t.net.join(t.city.first);
    t.net.run(30);
    t.export_all();
    REQUIRE(t.province.empty());
    REQUIRE(t.told(Lane::records, 0, 1) == "not_needed");
    REQUIRE(t.told(Lane::rights, 0, 1) == "not_needed");
}

TEST_CASE("a correction that overtakes its record is what the province has in the end") {
    Town t;
    t.net.cut(t.city.first);
    t.say(EntryKind::publish, Lane::records, 1, "甲");
    t.say(EntryKind::correct, Lane::rights, 1, "乙");
    t.net.join(t.city.first);
    t.net.run(30);
    t.export_all();
    REQUIRE(t.rows == std::vector<std::string>{"A 1 乙"});
    REQUIRE(t.told(Lane::records, 0, 1) == "not_needed");
    REQUIRE(t.told(Lane::rights, 0, 1) == "sent");
    // And what follows it corrects it there.
    t.say(EntryKind::correct, Lane::rights, 1, "丙");
    t.export_all();
    t.say(EntryKind::withdraw, Lane::rights, 1, "丙");
    t.say(EntryKind::publish, Lane::records, 1, "丁");
    t.export_all();
    REQUIRE(t.rows == std::vector<std::string>{"A 1 乙", "U 1 丙", "D 1 ", "A 1 丁"});
}

TEST_CASE("what was refused is added when it is corrected, and outcomes belong to entries") {
    Town t;
    t.say(EntryKind::publish, Lane::records, 1, "甲");
    t.say(EntryKind::publish, Lane::records, 2, "子");
    t.net.run(10);
    t.export_all();
    REQUIRE(t.answer("0000000001,1,,1,,\r\n0000000001,2,,0,E07,不符\r\n").findings.empty());
    REQUIRE(t.told(Lane::records, 0, 1) == "accepted");
    REQUIRE(t.told(Lane::records, 1, 2) == "refused");

    t.say(EntryKind::correct, Lane::rights, 1, "乙");
    t.net.run(10);
    // The record's earlier entry was accepted; this one is in no package.
    REQUIRE(t.told(Lane::rights, 0, 1) == "nothing");
    t.export_all();
    REQUIRE(t.told(Lane::rights, 0, 1) == "sent");
    REQUIRE(t.told(Lane::records, 0, 1) == "accepted");

    t.province.erase(t.id(2).hex());  // it has refused it
    t.say(EntryKind::correct, Lane::rights, 2, "丑");
    t.export_all();
    REQUIRE(t.rows.back() == "A 2 丑");
}

TEST_CASE("answers to what was never sent are findings with a number, and their file is kept") {
    Town t;
    t.say(EntryKind::publish, Lane::records, 1, "甲");
    t.net.run(10);
    t.export_all();
    const std::string other = t.id(9).hex();
    const auto taken = t.answer("0000000009,1,,1,,\r\n0000000001,8,,1,,\r\n0000000001,," + other +
                                ",1,,\r\n0000000001,1,,1,,\r\n");
    REQUIRE(taken.changed == 1);
    REQUIRE(taken.findings.size() == 3);
    REQUIRE(taken.findings[0].why.code == Code::feedback_unknown_package);
    REQUIRE(taken.findings[1].why.code == Code::feedback_unknown_row);
    REQUIRE(taken.findings[2].why.code == Code::feedback_unknown_record);
    REQUIRE(taken.findings[2].number == 3);
    auto kept = t.link->set_aside(t.net.at(t.city.city).store->snapshot());
    REQUIRE(kept);
    REQUIRE(kept->size() == 1);
    REQUIRE(kept->front().total == 3);
    const auto file = std::filesystem::path(t.folder) / "quarantine" / kept->front().kept_as;
    REQUIRE(std::filesystem::exists(file));
    // Settled with the receiver: whoever removes the file ends it.
    std::filesystem::create_directories(std::filesystem::path(t.folder) / "inbox");
    std::filesystem::remove(file);
    REQUIRE(t.link->poll_inbox(t.net.now()));
    REQUIRE(t.link->set_aside(t.net.at(t.city.city).store->snapshot())->empty());
}

TEST_CASE("a damaged outcome is damage, not an answer that has not come yet") {
    Town t;
    t.say(EntryKind::publish, Lane::records, 1, "甲");
    t.net.run(10);
    t.export_all();
    auto& village = t.net.at(t.city.first);
    auto& rows = village.disk->tables[static_cast<std::size_t>(Table::answers)];
    REQUIRE(rows.size() == 1);
    rows.begin()->second.back() ^= 1;
    const auto row =
        outcome_of(village.store->snapshot(), t.id(1), {village.core->own_log({Lane::records, {}}), 0, 0});
    REQUIRE(row.error().code == Code::store_corrupt);
}

TEST_CASE("a place is said in one way only") {
    const NodeId self = *NodeId::from(Bytes(16, 1));
    const EntryPlace place{{self, *Incarnation::from(Bytes(16, 0xAB)), Lane::rights, {}}, 12, 65'535};
    REQUIRE(place_text(place) == "abababababababababababababababab/2/12/65535");
    REQUIRE(parse_place_text(place_text(place), self) == place);
    const std::string in = std::string(32, 'a');
    for (const char* tail :
         {"/2/12", "/1/12/3", "/4/1/1", "/2/012/3", "/2/12/65536", "/2/12/3/", "/2/12/3 ", ""})
        REQUIRE_FALSE(parse_place_text(in + tail, self));
    REQUIRE_FALSE(parse_place_text(std::string(32, 'A') + "/2/12/3", self));
}

}  // namespace link_truth_test
