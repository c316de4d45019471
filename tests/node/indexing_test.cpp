// Shows that what a batch puts into the index can be made again from the batch alone, that an index which lacks
// entries, holds foreign ones or is gone is told apart and repaired from the batches, in any number of
// interrupted goes, and that a schema-1 store is brought up to date step by step beside a node. And that damage
// is named by whoever reads a record through the index.
#include "node/core/indexing.h"

#include <catch2/catch.hpp>

#include "node/core/judged.h"
#include "node/edge/repair.h"
#include "storage/index_manifest.h"
#include "tests/storage/backing.h"
#include "tools/gen/core_catalogues.h"
#include "tools/gen/sample.h"

using namespace xinwang;

namespace indexing_test {
namespace {

// A node's store with sealed batches of its own, and as many that it may not read.
struct Sample {
    storage_test::LmdbBacking disk;  // threads read beside the writer
    SigningKey sign_key = SigningKey::generate();
    OpeningKey open_key = OpeningKey::generate();
    OpeningKey other_key = OpeningKey::generate();
    NodeId node = node_id_of(sign_key.public_key());
    std::unique_ptr<Store> store;
    std::unique_ptr<JobRoom> room;
    Catalogue catalogue = *parse_catalogue(licence_catalogue_toml());
    std::uint64_t records = 0;

    Sample() { open(); }
    void open() {
        room.reset();
        store.reset();
        auto opened = Store::open(disk.open());
        REQUIRE(opened);
        store = std::move(*opened);
        room = std::make_unique<JobRoom>(JobRoom{node, sign_key, open_key, store.get()});
    }
    void add(Seq batches, std::uint32_t entries_each) {
        const Sampler sampler(catalogue, {});
        for (Seq seq = 0; seq < batches; ++seq) {
            append(Lane::records, seq, open_key, node, entries_each, sampler);
            append(Lane::rights, seq, other_key, NodeId{}, entries_each, sampler);
        }
    }
    void append(Lane lane, Seq seq, const OpeningKey& reader, const NodeId& recipient,
                std::uint32_t entries_each, const Sampler& sampler) {
        SealJob job;
        job.log = {node, Incarnation{}, lane, {}};
        job.seq = seq;
        if (const auto held = store->snapshot().log(job.log)) job.previous = held->last;
        SealGroup group;
        group.policy = 1;
        group.recipients.push_back(
            {recipient.is_zero() ? node_id_of(SigningKey::generate().public_key()) : recipient, 1,
             reader.public_key()});
        EntryBlock block;
        for (std::uint32_t i = 0; i < entries_each; ++i) block.add(encode(sampler.entry(records++)));
        group.entries = std::make_shared<const EntryBlock>(std::move(block));
        job.groups.push_back(std::move(group));
        Sealed sealed = run_seal(job, *room);
        REQUIRE(sealed.parts.size() == 1);
        AppendBatch batch;
        batch.log = job.log;
        batch.seq = seq;
        batch.id = sealed.parts[0].id;
        batch.header = sealed.parts[0].pieces.front();
        batch.pieces.assign(sealed.parts[0].pieces.begin() + 1, sealed.parts[0].pieces.end());
        batch.entries = entries_each;
        if (!recipient.is_zero()) batch.index = sealed.parts[0].index;
        const Write write = std::move(batch);
        REQUIRE(store->commit({&write, 1}));
    }
    IndexAudit audit() const {
        auto read = IndexAudit::read(*store, [] { return true; });
        REQUIRE(read);
        return std::move(*read);
    }
    // Sums of the differences of all batches.
    IndexAudit::Difference differences() const {
        const IndexAudit held = audit();
        IndexAudit::Difference sum;
        const Snapshot kept = store->snapshot();
        for (std::uint64_t ordinal = 0; ordinal < kept.next_ordinal(); ++ordinal) {
            const auto rows = rows_of_batch(kept, ordinal, *room);
            REQUIRE(rows);
            if (!held.covers(ordinal)) continue;
            const auto difference = held.compare(ordinal, *rows);
            sum.missing += difference.missing;
            sum.wrong += difference.wrong;
        }
        return sum;
    }
    bool whole() const {
        const auto difference = differences();
        return difference.missing == 0 && difference.wrong == 0 && !*store->snapshot().index_rebuild();
    }
    // Changes one bit in the middle of a value.
    void flip(View key) {
        tamper([key](KvWriter& writer) {
            const Bytes value = to_bytes(*writer.get(Table::batches, key));
            const auto put = writer.put(Table::batches, key, value.size(), Place::anywhere);
            std::copy(value.begin(), value.end(), put.begin());
            put[put.size() / 2] ^= 1;
        });
    }
    // Writes past the store, as damage or an older program would.
    void tamper(const std::function<void(KvWriter&)>& change) {
        room.reset();
        store.reset();
        const auto kv = disk.open();
        const auto writer = kv->write();
        change(*writer);
        REQUIRE(writer->commit());
    }
};

const auto to_the_end = [](std::uint64_t, std::uint64_t) { return true; };

}  // namespace

TEST_CASE("the index rows of a batch are made again from the batch, and none of one that is not for us") {
    Sample sample;
    sample.add(6, 40);
    REQUIRE(sample.whole());
    REQUIRE(sample.audit().entries() == 6 * 40 * 3);
    const Snapshot kept = sample.store->snapshot();
    REQUIRE(rows_of_batch(kept, 0, *sample.room)->size() == 40);
    REQUIRE(rows_of_batch(kept, 1, *sample.room)->empty());
}

TEST_CASE("a lacking entry, a foreign one and an exchanged one are seen, in their batch") {
    Sample sample;
    sample.add(3, 10);
    const Snapshot kept = sample.store->snapshot();
    auto rows = *rows_of_batch(kept, 2, *sample.room);
    const IndexAudit held = sample.audit();
    const auto lacking = [&](std::vector<IndexRow> wanted) { return held.compare(2, wanted); };
    REQUIRE(lacking(rows).missing + lacking(rows).wrong == 0);
    auto fewer = rows;
    fewer.pop_back();
    REQUIRE(lacking(fewer).wrong == 3);
    auto more = rows;
    more.push_back(rows.front());
    more.back().position = 10;
    REQUIRE(lacking(more).missing == 3);
    auto other = rows;
    std::swap(other[0].position, other[1].position);
    REQUIRE(lacking(other).missing > 0);
    REQUIRE(lacking(other).wrong > 0);
}

TEST_CASE(
    "a record in a damaged chunk is refused by its piece's place, and those in the chunks beside it are read") {
    Sample sample;
    sample.add(1, 300);
    const Sampler sampler(sample.catalogue, {});
    const auto read = [&](std::uint64_t number) {
        return read_latest(sample.store->snapshot(), sampler.entry(number).record, *sample.room);
    };
    for (const std::uint64_t number : {0, 200, 299})
        REQUIRE((*read(number))->entry->record == sampler.entry(number).record);
    sample.flip(batch_key(0, 1));
    sample.open();
    for (const std::uint64_t number : {0, 299})
        REQUIRE((*read(number))->entry->record == sampler.entry(number).record);
    const auto refused = read(150);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::store_corrupt);
    CHECK(refused.error().value == hex(batch_key(0, 1)));
    CHECK(read_batch(sample.store->snapshot(), 0, *sample.room).error().code == Code::store_corrupt);
}

TEST_CASE("an index that is gone is built again from the batches") {
    Sample sample;
    sample.add(8, 25);
    sample.tamper([](KvWriter& writer) {
        writer.clear(Table::index_blocks);
        writer.clear(Table::index_state);
    });
    sample.open();
    REQUIRE(sample.differences().missing == 8 * 25 * 3);
    const auto repaired = repair_index(*sample.store, *sample.room, 2, to_the_end);
    REQUIRE(repaired);
    CHECK(repaired->batches == 16);
    CHECK(repaired->records == 8 * 25);
    CHECK(repaired->before == 0);
    CHECK(repaired->after == 8 * 25 * 3);
    CHECK(repaired->missing == 8 * 25 * 3);
    CHECK(repaired->wrong == 0);
    CHECK(repaired->unreadable == 0);
    REQUIRE(sample.whole());
    const auto again = repair_index(*sample.store, *sample.room, 3, to_the_end);
    REQUIRE(again);
    CHECK(again->before == again->after);
    CHECK(again->missing + again->wrong == 0);
}

TEST_CASE("a repair that is cut short goes on where it was, and a batch that cannot be read is named") {
    Sample sample;
    sample.add(5, 20);
    const Write reset = ResetIndex{};
    REQUIRE(sample.store->commit({&reset, 1}));
    REQUIRE(sample.store->snapshot().find_subject("x").error().code == Code::index_rebuilding);
    const Write first[] = {IndexBatch{0, *rows_of_batch(sample.store->snapshot(), 0, *sample.room)},
                           IndexBatch{1, {}}};
    REQUIRE(sample.store->commit(first));
    sample.flip(batch_key(4, 1));
    sample.open();
    const auto repaired = repair_index(*sample.store, *sample.room, 2, to_the_end);
    REQUIRE(repaired);
    CHECK(repaired->resumed);
    CHECK(repaired->batches == 8);
    CHECK(repaired->unreadable == 1);
    REQUIRE(repaired->first_unreadable.size() == 1);
    CHECK(repaired->first_unreadable[0].ordinal == 4);
    CHECK(repaired->first_unreadable[0].refusal.code == Code::store_corrupt);
    CHECK(repaired->after == 4 * 20 * 3);
    REQUIRE_FALSE(*sample.store->snapshot().index_rebuild());
}

}  // namespace indexing_test
