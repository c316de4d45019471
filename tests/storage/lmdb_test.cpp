// Shows what is LMDB's alone: one opener at a time, snapshots that stand still while commits go on in another
// thread, and the same behaviour as the tables in memory under random operations.
#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "tests/storage/backing.h"

using namespace xinwang;
using namespace xinwang::storage_test;

namespace lmdb_test {

TEST_CASE("a directory is opened once") {
    LmdbBacking backing;
    auto first = backing.open();
    REQUIRE(open_lmdb_kv(backing.path(), LmdbBacking::options()).error().code == Code::store_locked);
    first.reset();
    REQUIRE(open_lmdb_kv(backing.path(), LmdbBacking::options()));
}

TEST_CASE("what cannot be opened is refused with its reason, and leaves no lock behind") {
    Directory directory;
    const auto file = directory.path() / "data.mdb";
    std::FILE* junk = std::fopen(file.c_str(), "w");
    REQUIRE(junk != nullptr);
    std::fputs(std::string(20'000, 'x').c_str(), junk);
    std::fclose(junk);
    for (int again = 0; again < 2; ++again)
        REQUIRE(open_lmdb_kv(directory.path(), LmdbBacking::options()).error().code == Code::store_unusable);
    std::filesystem::remove(file);
    REQUIRE(open_lmdb_kv(directory.path(), LmdbBacking::options()));
    REQUIRE(open_lmdb_kv(file / "below", LmdbBacking::options()).error().code == Code::store_unusable);
}

TEST_CASE("the ballast is held beside the store and counts as free only while it is held") {
    Directory directory;
    auto options = LmdbBacking::options();
    options.ballast_bytes = 1u << 20;
    const auto kv = open_lmdb_kv(directory.path(), options);
    REQUIRE(kv);
    REQUIRE(std::filesystem::file_size(directory.path() / "ballast") == 1u << 20);
    REQUIRE((*kv)->has_room());
    std::filesystem::remove(directory.path() / "ballast");
    REQUIRE((*kv)->has_room());  // and takes it again
    REQUIRE(std::filesystem::exists(directory.path() / "ballast"));
}

TEST_CASE("a snapshot stands still while another thread commits") {
    LmdbBacking backing;
    auto store = open_store(backing);
    REQUIRE(commit(*store, {batch_of(1, 0), put_of(Table::meta, "n", "0")}));
    const Snapshot old = store->snapshot();
    std::thread writer([&] {
        for (Seq seq = 1; seq < 20; ++seq)
            if (!commit(*store, {batch_of(1, seq), batch_of(100 + seq, 0)})) return;
    });
    for (Seq seen = 0; seen < 20;) {
        const Snapshot kept = store->snapshot();
        seen = kept.log(log_of(1))->size;
        // Logs that a snapshot does not know yet are not there for it, whatever the writer has numbered since.
        REQUIRE(kept.logs().size() == seen);
        REQUIRE(kept.log(log_of(100 + seen)).has_value() == false);
        REQUIRE(kept.batch(log_of(1), seen - 1));
    }
    writer.join();
    REQUIRE(old.log(log_of(1))->size == 1);
    REQUIRE(old.next_ordinal() == 1);
    REQUIRE_FALSE(old.log(log_of(105)));
    REQUIRE(old.batch(log_of(1), 1).error().code == Code::not_held);
}

TEST_CASE("a copy is one commit's state, taken while another thread commits, and opens read-only") {
    LmdbBacking backing;
    Directory copies;
    auto store = open_store(backing);
    for (Seq seq = 0; seq < 40; ++seq) REQUIRE(commit(*store, {batch_of(1, seq, 60'000)}));
    std::atomic<bool> ending = false;
    std::thread writer([&] {
        for (Seq seq = 40; !ending && seq < 4000; ++seq)
            if (!commit(*store, {batch_of(1, seq, 100)})) return;
    });
    const auto copied = store->copy_to(copies.path(), {});
    ending = true;
    writer.join();
    REQUIRE(copied);
    CHECK(copied->compact);
    CHECK(copied->bytes == std::filesystem::file_size(copies.path() / "data.mdb"));
    auto options = LmdbBacking::options();
    options.read_only = true;
    auto kv = open_lmdb_kv(copies.path(), options);
    REQUIRE(kv);
    const auto copy = Store::open(std::move(*kv));
    REQUIRE(copy);
    CHECK((*copy)->snapshot().log(log_of(1))->size >= 40);
    CHECK(verify_store(**copy).clean());
    CHECK_FALSE(std::filesystem::exists(copies.path() / "lock.mdb"));
    CHECK(store->copy_to(copies.path(), {}).error().code == Code::not_a_file);
}

TEST_CASE("a copy that is stopped leaves nothing, and a rate holds it back") {
    LmdbBacking backing;
    Directory copies;
    auto store = open_store(backing);
    for (Seq seq = 0; seq < 10; ++seq) REQUIRE(commit(*store, {batch_of(1, seq, 60'000)}));
    CopyRule rule;
    rule.watch = [](std::uint64_t) { return false; };
    CHECK(store->copy_to(copies.path(), rule).error().code == Code::copy_stopped);
    CHECK(std::filesystem::is_empty(copies.path()));
    rule.watch = {};
    rule.bytes_per_s_max = 4u << 20;
    const auto started = std::chrono::steady_clock::now();
    const auto copied = store->copy_to(copies.path(), rule);
    REQUIRE(copied);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
    CHECK(static_cast<double>(copied->bytes) / taken.count() < 4.5 * (1u << 20));
}

namespace {

struct Steps {
    std::uint64_t state;
    std::uint64_t below(std::uint64_t n) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        return (state >> 33) % n;
    }
};

// The same few random operations on a writer; what it reads while writing goes into the transcript.
std::string write_some(KvWriter& writer, Steps steps) {
    std::string transcript;
    for (int i = 0; i < 30; ++i) {
        const Table table = steps.below(2) == 0 ? Table::rows : Table::meta;
        const Bytes key(1 + steps.below(3), static_cast<std::uint8_t>('a' + steps.below(6)));
        switch (steps.below(4)) {
            case 0:
                writer.erase(table, key);
                break;
            case 1:
                transcript += writer.get(table, key) ? hex(*writer.get(table, key)).substr(0, 8) : "-";
                break;
            default: {
                const auto value = writer.put(table, key, steps.below(6'000), Place::anywhere);
                std::fill(value.begin(), value.end(), static_cast<std::uint8_t>(steps.below(256)));
            }
        }
    }
    return transcript;
}

std::string all_of(const KvReader& reader) {
    std::string rows;
    for (const Table table : {Table::rows, Table::meta}) {
        rows += std::to_string(reader.count(table)) + ":";
        if (const auto last = reader.last_key(table)) rows += hex(*last) + ":";
        reader.scan(table, {}, [&](View key, View value) {
            rows += hex(key) + "=" + std::to_string(value.size()) + "/" +
                    (value.empty() ? "" : hex(value.first(1))) + ";";
            return true;
        });
        reader.scan(table, view("cc"), [&](View key, View) {
            rows += hex(key);
            return key.size() < 3;
        });
    }
    return rows;
}

}  // namespace

TEST_CASE("memory and LMDB do the same under random operations") {
    LmdbBacking on_disk;
    MemoryBacking in_memory;
    auto disk = on_disk.open();
    const auto memory = in_memory.open();
    Steps steps{20261124};
    for (int round = 0; round < 150; ++round) {
        const Steps seed{steps.below(1u << 30)};
        {
            const auto a = disk->write();
            const auto b = memory->write();
            REQUIRE(write_some(*a, seed) == write_some(*b, seed));
            REQUIRE(all_of(*a) == all_of(*b));
            if (steps.below(3) != 0) {
                REQUIRE(a->commit());
                REQUIRE(b->commit());
            }
        }
        REQUIRE(all_of(*disk->read()) == all_of(*memory->read()));
        if (round % 30 == 29) {
            disk.reset();
            disk = on_disk.open();
        }
    }
}

}  // namespace lmdb_test
