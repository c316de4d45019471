// Shows that whichever values of a batch are spoilt or gone, what is left says which batch it was and where it
// lay, and that the same bytes put back make the store whole again.
#include "storage/damage.h"

#include <set>

#include "tests/storage/backing.h"

using namespace xinwang;
using namespace xinwang::storage_test;

namespace restore_test {
namespace {

constexpr std::uint64_t log_number = 1;  // of the second log
constexpr Seq spoilt = 2;
const BatchName name{log_of(2), spoilt};

// Two logs of five batches, one after the other.
void fill(Store& store) {
    for (Seq seq = 0; seq < 5; ++seq) REQUIRE(commit(store, {batch_of(1, seq), batch_of(2, seq)}));
}

RestoreBatch restored(const AppendBatch& batch, const BatchPlace& place) {
    return {batch.log,     batch.seq,   batch.id,      batch.header,         batch.pieces,
            batch.entries, batch.at_ms, place.ordinal, place.entries_before, place.bytes_before};
}

void flip(MemoryDisk& disk, Table table, const Bytes& key) {
    Bytes& value = disk.tables[static_cast<std::size_t>(table)].at(key);
    value[value.size() / 2] ^= 0x10;
}

}  // namespace

TEST_CASE("whatever value of a batch is spoilt, it is found, located and put back") {
    MemoryBacking backing;
    auto store = open_store(backing);
    fill(*store);
    const std::uint64_t ordinal = spoilt * 2 + 1;
    const std::vector<std::pair<Table, Bytes>> values{
        {Table::batches, batch_key(ordinal, 0)},
        {Table::batches, batch_key(ordinal, 1)},
        {Table::batches, batch_key(ordinal, 2)},
        {Table::batches, batch_key(ordinal, batch_row_piece)},
        {Table::positions, position_key(log_number, spoilt)},
    };
    REQUIRE(!examine_batch(store->snapshot(), name).damage);
    const auto sound = backing.disk->tables;
    // Every subset of the five, flipped or erased.
    for (unsigned mask = 1; mask < 32; ++mask)
        for (const bool erased : {false, true}) {
            INFO("mask " << mask << (erased ? " erased" : " flipped"));
            backing.disk->tables = sound;
            for (std::size_t i = 0; i < values.size(); ++i) {
                if ((mask >> i & 1) == 0) continue;
                const auto& [table, key] = values[i];
                if (erased)
                    backing.disk->tables[static_cast<std::size_t>(table)].erase(key);
                else
                    flip(*backing.disk, table, key);
            }
            const auto seen = examine_batch(store->snapshot(), name);
            REQUIRE(seen.damage);
            const auto where = damage_place(*seen.damage);
            REQUIRE(where);
            REQUIRE(batch_at(store->snapshot(), *where) == name);
            // Without both rows the id stands in the header behind it alone, which in this test is no header.
            REQUIRE(seen.place.has_value() == (mask < 24));
            if (!seen.place) continue;
            REQUIRE(seen.place->ordinal == ordinal);
            REQUIRE(seen.place->id == batch_of(2, spoilt).id);
            REQUIRE(!verify_store(*store).clean());
            REQUIRE(commit(*store, {restored(batch_of(2, spoilt), *seen.place)}));
            REQUIRE(verify_store(*store).clean());
            REQUIRE(!examine_batch(store->snapshot(), name).damage);
        }
}

TEST_CASE("the last batch of a log is known by the log's own row, and the first needs nobody before it") {
    for (const Seq seq : {Seq{0}, Seq{4}}) {
        MemoryBacking backing;
        auto store = open_store(backing);
        fill(*store);
        flip(*backing.disk, Table::batches, batch_key(seq * 2 + 1, batch_row_piece));
        flip(*backing.disk, Table::positions, position_key(log_number, seq));
        const auto seen = examine_batch(store->snapshot(), {log_of(2), seq});
        REQUIRE(seen.damage);
        // The first batch's id would stand in the header behind it, which in this test is no header.
        REQUIRE(seen.place.has_value() == (seq == 4));
        if (!seen.place) continue;
        REQUIRE(seen.place->id == batch_of(2, seq).id);
        REQUIRE(commit(*store, {restored(batch_of(2, seq), *seen.place)}));
        REQUIRE(verify_store(*store).clean());
    }
}

TEST_CASE("what is no batch's has no batch, and other refusals have no place") {
    MemoryBacking backing;
    auto store = open_store(backing);
    fill(*store);
    flip(*backing.disk, Table::logs, log_key(log_number));
    const auto report = verify_store(*store);
    REQUIRE(!report.clean());
    const auto place = damage_place(report.findings.front());
    REQUIRE(place);
    REQUIRE(place->table == Table::logs);
    REQUIRE(!batch_at(store->snapshot(), *place));
    REQUIRE(!damage_place(Refusal(Code::not_held, "batches", "00")));
    REQUIRE(!damage_place(Refusal(Code::store_corrupt, "no table", "00")));
    const auto seen = examine_batch(store->snapshot(), name);
    REQUIRE(seen.damage);
    REQUIRE(!seen.place);
}

TEST_CASE("a walk in pieces, each from where the last one stood, sees what one walk sees") {
    MemoryBacking backing;
    auto store = open_store(backing);
    fill(*store);
    flip(*backing.disk, Table::batches, batch_key(3, 1));
    const auto whole = verify_store(*store);
    std::set<std::string> found;  // a batch that was begun is read again
    std::size_t steps = 0;
    StoreWalk::Place place;
    for (bool end = false; !end; ++steps) {
        StoreWalk walk(place);
        end = walk.step(store->snapshot(), 20'000);
        for (const Refusal& r : walk.take_findings()) found.insert(r.line(Language::english));
        REQUIRE((end || !(walk.place() == place)));
        place = walk.place();
    }
    REQUIRE(steps > 2);
    REQUIRE(found.size() == whole.damaged);
}

}  // namespace restore_test
