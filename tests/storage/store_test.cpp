// Shows that the store gives back what was committed, in order and after reopening, on disk and in memory
// alike; that a commit happens whole or not at all; and that a full store refuses batches, keeps control going
// and loses nothing.
#include "tests/storage/backing.h"

using namespace xinwang;
using namespace xinwang::storage_test;

namespace store_test {

#define EVERYWHERE "", LmdbBacking, MemoryBacking

// What the five batches of the test below look like.
void check_five(const Store& store) {
    const Snapshot kept = store.snapshot();
    const auto logs = kept.logs();
    REQUIRE(logs.size() == 2);
    REQUIRE((logs[0].id == log_of(1) && logs[0].size == 3 && logs[0].entries == 9));
    REQUIRE(logs[0].last == batch_of(1, 2).id);
    REQUIRE(logs[0].frontier == batch_of(1, 2).frontier);
    REQUIRE(logs[1] == kept.log(log_of(2)));
    REQUIRE_FALSE(kept.log(log_of(3)));

    const auto batch = kept.batch(log_of(1), 2);
    REQUIRE(batch);
    REQUIRE((batch->ordinal == 4 && batch->entries == 3 && batch->at_ms == 1'002));
    REQUIRE(batch->header == *batch_of(1, 2).header);
    REQUIRE(batch->pieces == std::vector<Bytes>{*batch_of(1, 2).pieces[0], *batch_of(1, 2).pieces[1]});
    REQUIRE(kept.batch(log_of(1), 3).error().code == Code::not_held);
    REQUIRE(kept.batch(log_of(3), 0).error().code == Code::not_held);

    REQUIRE(kept.next_ordinal() == 5);
    REQUIRE(kept.at(3)->log == log_of(2));
    REQUIRE(kept.at(3)->seq == 1);
    REQUIRE(kept.at(5).error().code == Code::not_held);
    REQUIRE(*kept.piece(3, 1) == *batch_of(2, 1).pieces[0]);
    REQUIRE(kept.piece(3, 3).error().code == Code::not_held);

    const auto third = *kept.position(log_of(1), 2);
    REQUIRE((third && third->entries_before == 6 && third->bytes_before == 2 * 4'800));
    REQUIRE_FALSE(*kept.position(log_of(1), 3));
    REQUIRE(kept.batch_ids(log_of(1), 1, 10) == std::vector<BatchId>{batch_of(1, 1).id, batch_of(1, 2).id});
    REQUIRE(verify_store(store).clean());
}

TEMPLATE_TEST_CASE("batches come back as they were given, before and after reopening", EVERYWHERE) {
    TestType backing;
    auto store = open_store(backing);
    REQUIRE(commit(*store, {batch_of(1, 0), batch_of(2, 0), batch_of(1, 1)}));
    REQUIRE(commit(*store, {batch_of(2, 1), batch_of(1, 2)}));
    check_five(*store);
    store.reset();
    store = open_store(backing);
    check_five(*store);
}

TEMPLATE_TEST_CASE("a store opened again is the same store", EVERYWHERE) {
    TestType backing;
    std::uint64_t hash = 0;
    for (Seq life = 0; life < 3; ++life) {
        auto store = open_store(backing);
        if (life == 0) hash = store->index_hasher().subject("someone");
        REQUIRE(store->index_hasher().subject("someone") == hash);
        REQUIRE(store->snapshot().next_ordinal() == life);
        REQUIRE(commit(*store, {batch_of(life, 0), put_of(Table::meta, "life", std::to_string(life))}));
        REQUIRE(store->snapshot().logs().size() == life + 1);
        REQUIRE(verify_store(*store).batches == life + 1);
        REQUIRE(verify_store(*store).clean());
    }
    REQUIRE(text_of(open_store(backing)->snapshot(), Table::meta, "life") == "2");
}

TEMPLATE_TEST_CASE("rows are put, scanned by prefix and erased", EVERYWHERE) {
    TestType backing;
    auto store = open_store(backing);
    REQUIRE(commit(*store, {put_of(Table::rows, "a1", "one"), put_of(Table::rows, "b1", "two"),
                            put_of(Table::rows, "b2", ""), put_of(Table::rows, "b3", "four"),
                            put_of(Table::heads, "b2", "elsewhere")}));
    REQUIRE(commit(*store, {put_of(Table::rows, "b1", "2"), Erase{Table::rows, to_bytes(view("a1"))},
                            Erase{Table::rows, to_bytes(view("never"))}}));
    const Snapshot kept = store->snapshot();
    std::string seen;
    const auto note = [&](View key, View value) {
        seen += std::string(text(key)) + "=" + std::string(text(value)) + ";";
        return true;
    };
    kept.scan(Table::rows, view("b"), note);
    REQUIRE(seen == "b1=2;b2=;b3=four;");
    seen.clear();
    kept.scan(Table::rows, view("b"), note, view("b2"));
    REQUIRE(seen == "b2=;b3=four;");
    REQUIRE(text_of(kept, Table::rows, "a1") == "(none)");
    REQUIRE(kept.count(Table::rows) == 3);
}

TEMPLATE_TEST_CASE("values and keys of the largest size fit", EVERYWHERE) {
    TestType backing;
    auto store = open_store(backing);
    const Bytes key(kv_key_bytes_max, 7), value(value_payload_bytes_max, 9);
    REQUIRE(commit(*store, {Put{Table::quarantine, key, value}, batch_of(1, 0, limits::piece_bytes_max)}));
    REQUIRE(**store->snapshot().get(Table::quarantine, key) == value);
    REQUIRE(store->snapshot().piece(0, 1)->size() == limits::piece_bytes_max);
    REQUIRE(verify_store(*store).clean());
}

// Fills the store with batches of log 1 and says how many it took.
Seq fill(Store& store) {
    for (Seq seq = 0;; ++seq) {
        const auto done = commit(store, {batch_of(1, seq, 60'000)});
        if (done) continue;
        REQUIRE(done.error().code == Code::store_full);
        return seq;
    }
}

TEMPLATE_TEST_CASE("over its quota a store refuses batches and keeps taking control", EVERYWHERE) {
    TestType backing;
    const Sizes sizes{.max = 16u << 20, .quota = 2u << 20};
    auto store = open_store(backing, sizes);
    const Seq taken = fill(*store);
    REQUIRE(taken > 10);
    REQUIRE_FALSE(store->has_room());
    // All or nothing: what stands beside a refused batch is refused with it.
    REQUIRE_FALSE(commit(*store, {put_of(Table::meta, "beside", "x"), batch_of(1, taken)}));
    REQUIRE(text_of(store->snapshot(), Table::meta, "beside") == "(none)");
    REQUIRE(commit(*store, {put_of(Table::receipts, "still", "goes")}));
    REQUIRE(store->snapshot().log(log_of(1))->size == taken);
    REQUIRE(verify_store(*store).clean());
}

TEMPLATE_TEST_CASE("a store that is full to the brim takes a small commit, and all when there is more room",
                   EVERYWHERE) {
    TestType backing;
    auto store = open_store(backing, {.max = 2u << 20, .quota = 2u << 20});
    const Seq taken = fill(*store);
    REQUIRE(commit(*store, {put_of(Table::receipts, "still", "goes")}));
    REQUIRE(verify_store(*store).clean());
    store.reset();
    store = open_store(backing);
    REQUIRE(store->has_room());
    REQUIRE(commit(*store, {batch_of(1, taken, 60'000)}));
    REQUIRE(text_of(store->snapshot(), Table::receipts, "still") == "goes");
    REQUIRE(store->snapshot().log(log_of(1))->size == taken + 1);
    REQUIRE(verify_store(*store).clean());
}

TEST_CASE("in memory a commit fails as a disk might, and the store opened again tells what became of it") {
    using Fault = MemoryDisk::Fault;
    MemoryBacking backing;
    auto store = open_store(backing);
    REQUIRE(commit(*store, {batch_of(1, 0)}));
    const auto fault = GENERATE(Fault::full, Fault::lost, Fault::kept);
    backing.disk->fail_next_commit = fault;
    const std::vector<Write> writes{batch_of(1, 1), put_of(Table::meta, "k", "v")};
    if (fault == Fault::full) {
        REQUIRE(store->commit(writes).error().code == Code::store_full);
    } else {
        REQUIRE_THROWS_AS(store->commit(writes), StoreFailure);
        store = open_store(backing);
    }
    const Seq size = fault == Fault::kept ? 2 : 1;
    REQUIRE(store->snapshot().log(log_of(1))->size == size);
    REQUIRE(text_of(store->snapshot(), Table::meta, "k") == (fault == Fault::kept ? "v" : "(none)"));
    REQUIRE(commit(*store, {batch_of(1, size)}));
    REQUIRE(verify_store(*store).clean());
}

TEMPLATE_TEST_CASE("a store of a later format is refused by name, and one without a format is damaged",
                   EVERYWHERE) {
    TestType backing;
    open_store(backing);
    const auto write_schema = [&](View payload) {
        const auto kv = backing.open();
        const auto writer = kv->write();
        const View key = view("schema");
        frame_value(writer->put(Table::format, key, payload.size() + value_framing_bytes, Place::anywhere),
                    Table::format, key, payload);
        REQUIRE(writer->commit());
    };
    write_schema(Bytes{3, 0, 0, 0});
    const auto newer = Store::open(backing.open());
    REQUIRE(newer.error().code == Code::schema_newer);
    REQUIRE((newer.error().value == "3" && newer.error().limit == "2"));
    write_schema(Bytes{1, 0});
    REQUIRE(Store::open(backing.open()).error().code == Code::store_corrupt);
    {
        const auto kv = backing.open();
        const auto writer = kv->write();
        writer->erase(Table::format, view("schema"));
        REQUIRE(writer->commit());
    }
    REQUIRE(Store::open(backing.open()).error().code == Code::store_corrupt);
}

TEMPLATE_TEST_CASE("rows of classes are counted in their own commits", EVERYWHERE) {
    TestType backing;
    auto store = open_store(backing);
    const auto row = [](std::string_view key, int keep, int set, std::optional<Bytes> rest) {
        return Classify{Table::row_notes,
                        to_bytes(view(key)),
                        static_cast<std::uint8_t>(keep),
                        static_cast<std::uint8_t>(set),
                        std::move(rest),
                        to_bytes(view("name"))};
    };
    const auto counts = [&] {
        const auto tally = store->snapshot().tally(view("name"));
        REQUIRE(tally);
        return std::vector<std::uint64_t>(tally->rows.begin(), tally->rows.begin() + 8);
    };
    using Counts = std::vector<std::uint64_t>;
    REQUIRE(counts() == Counts(8));
    REQUIRE(commit(*store, {row("a", 0, 1, Bytes{7}), row("b", 0, 2, Bytes{8}), row("c", 0, 1, Bytes{9})}));
    REQUIRE(counts() == Counts{0, 2, 1, 0, 0, 0, 0, 0});
    // A further bit keeps what stands there; taken back, it leaves what was; twice in one commit as well.
    REQUIRE(commit(*store, {row("a", 15 - 4, 4, std::nullopt), row("new", 15 - 4, 4, std::nullopt)}));
    REQUIRE(counts() == Counts{0, 1, 1, 0, 1, 1, 0, 0});
    REQUIRE(text_of(store->snapshot(), Table::row_notes, "a") == std::string("\x05\x07"));
    REQUIRE(commit(*store, {row("a", 15 - 4, 0, std::nullopt), row("new", 15 - 4, 0, std::nullopt),
                            row("b", 0, 1, Bytes{1}), row("b", 0, 3, Bytes{2})}));
    REQUIRE(counts() == Counts{0, 2, 0, 1, 0, 0, 0, 0});
    REQUIRE(text_of(store->snapshot(), Table::row_notes, "new") == "(none)");
    // The same again changes nothing; what was not there stays away.
    REQUIRE(commit(*store, {row("b", 0, 3, Bytes{2}), row("none", 15, 0, std::nullopt)}));
    REQUIRE(counts() == Counts{0, 2, 0, 1, 0, 0, 0, 0});
    store.reset();
    store = open_store(backing);
    REQUIRE(counts() == Counts{0, 2, 0, 1, 0, 0, 0, 0});
    REQUIRE(verify_store(*store).clean());
}

}  // namespace store_test
