// Shows which batches the walk proposes: whole batches past their records' last day, by the latest entry of
// each record, never before the receipts; and that what has gone answers "expired" and brings nothing older
// back.
#include "node/core/retention.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "node/core/judged.h"
#include "storage/memory_kv.h"
#include "storage/verify.h"

using namespace xinwang;

namespace retention_test {
namespace {

constexpr std::uint32_t today = 20261125;
constexpr Instant now{1'795'600'000'000};

// A node alone with its log, and people who hand in penalties.
struct Home {
    SigningKey sign = SigningKey::generate();
    OpeningKey open = OpeningKey::generate();
    NodeId self = node_id_of(sign.public_key());
    std::unique_ptr<Store> store = std::move(*Store::open(make_memory_kv(std::make_shared<MemoryDisk>())));
    JobRoom room{self, sign, open, store.get()};
    std::shared_ptr<const Catalogue> penalty;
    LogId log{self, {}, Lane::records, {}};
    Seq size = 0;
    BatchId last;

    Home() {
        std::ifstream file(XINWANG_SOURCE_DIR "/deploy/catalogues/xzcf.toml");
        const std::string toml{std::istreambuf_iterator<char>(file), {}};
        penalty = std::make_shared<const Catalogue>(*parse_catalogue(toml));
    }

    Entry entry(std::uint8_t record, const char* shown_until, EntryKind kind = EntryKind::publish) const {
        Entry e;
        e.kind = kind;
        e.record.bytes.fill(record);
        e.subject = "91130600MA0000000X";
        e.catalogue = penalty->id;
        e.catalogue_version = penalty->version;
        e.fields.resize(penalty->fields.size());
        e.fields[*penalty->find("CF_XDR_LB")] = "法人及非法人组织";
        e.fields[*penalty->find("CF_GSJZQ")] = shown_until;
        return e;
    }

    // Seals and commits one batch, committed so many days ago.
    void append(const std::vector<Entry>& entries, int days_ago = 100, Lane lane = Lane::records) {
        SealJob job;
        job.log = log;
        job.log.lane = lane;
        job.seq = size;
        job.previous = last;
        SealGroup group;
        group.policy = audience_village;
        group.recipients = {{self, 1, open.public_key()}};
        EntryBlock block;
        for (const Entry& e : entries) block.add(encode(e));
        group.entries = std::make_shared<const EntryBlock>(std::move(block));
        job.groups.push_back(std::move(group));
        const Sealed sealed = run_seal(job, room);
        REQUIRE(sealed.parts.size() == 1);
        const Sealed::Part& part = sealed.parts.front();
        AppendBatch write{job.log,
                          size,
                          part.id,
                          part.pieces.front(),
                          {part.pieces.begin() + 1, part.pieces.end()},
                          part.entries,
                          now.ms - days_ago * day_ms,
                          part.index,
                          {}};
        REQUIRE(store->commit(std::vector<Write>{write}));
        ++size;
        last = part.id;
    }

    RetentionPlan plan(Seq confirmed, RetentionSetting setting = {}, std::uint32_t day = today) const {
        RetentionWalk walk(room, {{penalty->id, penalty}}, {{log, confirmed}}, setting, now, day);
        while (!walk.step(store->snapshot(), 1)) continue;
        return walk.plan();
    }

    void prune(const DueBatch& due) {
        REQUIRE(store->commit(std::vector<Write>{PruneBatch{due.ordinal, due.pieces, to_bytes(view("gone"))}}));
    }
};

std::vector<Seq> seqs(const RetentionPlan& plan) {
    std::vector<Seq> all;
    for (const DueBatch& due : plan.due) all.push_back(due.name.seq);
    return all;
}

}  // namespace

TEST_CASE("a batch goes when all its records are past their last day, and not while one is kept") {
    Home home;
    home.append({home.entry(1, "2026/11/24"), home.entry(2, "2020/01/01")});
    home.append(
        {home.entry(3, "2026/11/24"), home.entry(4, "2026/11/25")});  // the last day itself still counts
    home.append({home.entry(5, "2026/11/24"), home.entry(6, "2099/12/31")});
    home.append({home.entry(7, "")});
    const auto plan = home.plan(4);
    CHECK(seqs(plan) == std::vector<Seq>{0});
    CHECK(plan.batches == 4);
    REQUIRE(plan.due.front().reasons.size() == 1);
    CHECK(plan.due.front().reasons.front() == ExpiryReason{"xzcf/1", 2, 20261124});
    CHECK(plan.due.front().bytes > 0);
    CHECK(seqs(home.plan(4, {}, 20261126)) == std::vector<Seq>{0, 1});
}

TEST_CASE("nothing goes before the receipts, nor young, nor out of trust") {
    Home home;
    home.append({home.entry(1, "2020/01/01")});
    home.append({home.entry(2, "2020/01/01")});
    home.append({home.entry(3, "2020/01/01")}, 29);
    CHECK(seqs(home.plan(0)).empty());
    CHECK(home.plan(0).unconfirmed == 2);
    CHECK(seqs(home.plan(1)) == std::vector<Seq>{0});
    CHECK(home.plan(1).unconfirmed == 1);
    CHECK(seqs(home.plan(3)) == std::vector<Seq>{0, 1});
    CHECK(seqs(home.plan(3, {0, 29})) == std::vector<Seq>{0, 1, 2});
    Home trust;
    trust.append({trust.entry(1, "2020/01/01")}, 100, Lane::trust);
    CHECK(trust.plan(1).due.empty());
}

TEST_CASE("a record's latest entry decides, for the batches of all its entries") {
    Home home;
    home.append({home.entry(1, "2020/01/01")});
    home.append({home.entry(2, "2020/01/01")});
    home.append({home.entry(1, "2030/01/01", EntryKind::correct)});   // kept on
    home.append({home.entry(2, "2021/01/01", EntryKind::withdraw)});  // withdrawn, and past
    CHECK(seqs(home.plan(4)) == std::vector<Seq>{1, 3});
}

TEST_CASE("what a carrier cannot read is kept, unless its operator has set a number of days") {
    Home home;
    home.append({home.entry(1, "2030/01/01")});
    JobRoom carrier{node_id_of(SigningKey::generate().public_key()), SigningKey::generate(),
                    OpeningKey::generate(), home.store.get()};
    const auto due = [&](std::uint32_t days) {
        RetentionWalk walk(carrier, {{home.penalty->id, home.penalty}}, {{home.log, 1}}, {days, 30}, now,
                           today);
        while (!walk.step(home.store->snapshot(), 1)) continue;
        return walk.plan().due;
    };
    CHECK(due(0).empty());
    CHECK(due(101).empty());
    REQUIRE(due(100).size() == 1);
    CHECK(due(100).front().reasons.front().rule == "carried");
}

TEST_CASE("what has gone answers expired, the store is whole, and nothing older comes back") {
    Home home;
    home.append({home.entry(1, "2030/01/01"), home.entry(2, "2030/01/01")});  // kept for record 2
    home.append({home.entry(1, "2020/01/01", EntryKind::correct)});
    home.append({home.entry(3, "2030/01/01")});
    const auto plan = home.plan(3);
    REQUIRE(seqs(plan) == std::vector<Seq>{1});
    home.prune(plan.due.front());
    const Snapshot kept = home.store->snapshot();
    const auto batch = kept.batch(home.log, 1);
    REQUIRE(!batch);
    CHECK(batch.error().code == Code::batch_expired);
    CHECK(kept.header(1));
    CHECK(**kept.stub(1) == to_bytes(view("gone")));
    CHECK(!*kept.stub(0));
    CHECK(verify_store(*home.store).clean());
    RecordId gone, there;
    gone.bytes.fill(1);
    there.bytes.fill(2);
    CHECK(!*read_latest(kept, gone, home.room));
    CHECK(*read_latest(kept, there, home.room));
    CHECK(!examine_batch(kept, {home.log, 1}).damage);
    const auto again = home.plan(3);
    CHECK(again.due.empty());
    CHECK(again.expired == 1);
}

}  // namespace retention_test
