// Shows that every index entry is found once, by record, by subject and by catalogue and date, while runs are
// merged and after, against a naive twin; that merging is bounded in each commit; that damage to the index is
// refused or leads to a rebuild, and that a rebuilt index is the same as one that was never lost.
#include <random>
#include <thread>

#include "storage/index_block.h"
#include "storage/index_cursor.h"
#include "storage/index_filter.h"
#include "storage/index_sort.h"
#include "tests/storage/backing.h"

using namespace xinwang;
using namespace xinwang::storage_test;

namespace index_test {

#define EVERYWHERE "", LmdbBacking, MemoryBacking

namespace {

constexpr Sizes roomy{256u << 20, 250u << 20};

std::string subject_of(std::uint64_t n) {
    return "9113010" + std::to_string(n);
}

// The naive twin: what was indexed, by hand.
struct Twin {
    std::map<std::uint64_t, std::vector<Locator>> records, subjects;
    std::map<std::uint32_t, std::vector<Locator>> days;
};

// A batch about `count` random records of a thousand, subjects of fifty, days of twenty.
struct Source {
    std::mt19937_64 random{7};
    std::uint64_t ordinal = 0;
    std::vector<std::vector<IndexRow>> all;  // by ordinal

    AppendBatch batch(const Store& store, std::size_t count, Twin& twin) {
        AppendBatch batch = batch_of(1, ordinal, 10);
        batch.entries = static_cast<std::uint32_t>(count);
        batch.index.clear();
        for (std::uint32_t position = 0; position < count; ++position) {
            const std::uint64_t record = random() % 1000, subject = random() % 50;
            const auto day = static_cast<std::uint32_t>(20260101 + random() % 20);
            batch.index.push_back({store.index_hasher().record(id_of<RecordId>(record)),
                                   store.index_hasher().subject(subject_of(subject)), position,
                                   store.index_hasher().catalogue("xzxk"), day});
            twin.records[record].push_back({ordinal, position});
            twin.subjects[subject].push_back({ordinal, position});
            twin.days[day].push_back({ordinal, position});
        }
        all.push_back(batch.index);
        ++ordinal;
        return batch;
    }
};

// All records and as many that are not there.
void check_many_at_once(const Store& store, const Twin& twin) {
    std::map<std::uint64_t, std::vector<Locator>> wanted;
    for (const auto& [record, places] : twin.records)
        wanted[store.index_hasher().record(id_of<RecordId>(record))] = places;
    for (std::uint64_t other = 10'000; other < 11'000; ++other)
        wanted[store.index_hasher().record(id_of<RecordId>(other))] = {};
    std::vector<std::uint64_t> hashes;
    for (const auto& [hash, places] : wanted) hashes.push_back(hash);
    std::vector<std::vector<Locator>> found(hashes.size());
    REQUIRE(store.snapshot().find_records(
        hashes, [&](std::size_t which, const Locator& where) { found[which].push_back(where); }));
    for (std::size_t i = 0; i < hashes.size(); ++i) {
        std::sort(found[i].begin(), found[i].end());
        REQUIRE(found[i] == wanted[hashes[i]]);
    }
}

void check_all(const Store& store, const Twin& twin) {
    const Snapshot kept = store.snapshot();
    for (const auto& [record, places] : twin.records) {
        const auto found = kept.find_record(id_of<RecordId>(record));
        INFO((found ? "" : found.error().line(Language::english)));
        REQUIRE(found);
        REQUIRE(*found == places);
    }
    check_many_at_once(store, twin);
    for (const auto& [subject, places] : twin.subjects)
        REQUIRE(*kept.find_subject(subject_of(subject)) == places);
    REQUIRE(kept.find_record(id_of<RecordId>(5'000))->empty());
    REQUIRE(kept.find_subject("someone else")->empty());
    std::vector<std::pair<std::uint32_t, Locator>> wanted, found;
    for (const auto& [day, places] : twin.days)
        if (day >= 20260105 && day <= 20260111)
            for (const Locator& place : places) wanted.emplace_back(day, place);
    const auto week = kept.find_dated("xzxk", 20260105, 20260111, 0, ~0ull);
    for (const auto& d : *week) found.emplace_back(d.date, d.where);
    REQUIRE(found == wanted);
    REQUIRE(kept.find_dated("xzcf", 0, 99999999, 0, 10)->empty());
}

IndexManifest manifest_of(const Store& store, Index index) {
    const auto manifest = read_index_manifest(store.snapshot().raw(), index);
    REQUIRE(manifest);
    return *manifest;
}

}  // namespace

TEMPLATE_TEST_CASE("entries are found once each while runs are merged, after it, and after reopening",
                   EVERYWHERE) {
    TestType backing;
    auto store = open_store(backing, roomy);
    Twin twin;
    Source source;
    for (int turn = 0; turn < 400; ++turn) {
        std::vector<Write> writes;
        for (std::uint64_t batches = 1 + source.random() % 3; batches > 0; --batches)
            writes.emplace_back(source.batch(*store, 1 + source.random() % 200, twin));
        REQUIRE(store->commit(writes));
        if (turn % 50 == 7) check_all(*store, twin);
        if (turn % 100 == 99) {
            store.reset();
            store = open_store(backing, roomy);
        }
    }
    check_all(*store, twin);
    REQUIRE(verify_store(*store).clean());
    for (const Index index : all_indexes) {
        const IndexManifest manifest = manifest_of(*store, index);
        REQUIRE(manifest.entries() == manifest_of(*store, Index::record).entries());
        REQUIRE(manifest.next_run > 500);  // 400 of commits and more than 100 merges
        REQUIRE(manifest.runs.size() + manifest.merges.size() < 40);
    }
}

TEST_CASE("a page of dated entries begins where the last one ended") {
    MemoryBacking backing;
    auto store = open_store(backing);
    Twin twin;
    Source source;
    REQUIRE(commit(*store, {source.batch(*store, 300, twin)}));
    const Snapshot kept = store->snapshot();
    const auto all = *kept.find_dated("xzxk", 0, 99999999, 0, 1000);
    REQUIRE(all.size() == 300);
    std::vector<Locator> paged;
    for (std::size_t at = 0; at < 300; at += 70) {
        const auto page = kept.find_dated("xzxk", 0, 99999999, at, 70);
        for (const auto& d : *page) paged.push_back(d.where);
    }
    REQUIRE(paged.size() == 300);
    for (std::size_t i = 0; i < 300; ++i) REQUIRE(paged[i] == all[i].where);
}

TEST_CASE("what one commit moves is bounded by what it adds, whatever the index holds") {
    MemoryBacking backing;
    auto store = open_store(backing, {512u << 20, 500u << 20});
    std::uint64_t next = 0, moved_before = 0;
    const auto moved = [&] {
        std::uint64_t sum = 0;
        for (const auto& merge : manifest_of(*store, Index::record).merges) sum += merge.produced;
        return sum;
    };
    for (Seq seq = 0; seq < 300; ++seq) {
        AppendBatch batch = batch_of(1, seq, 10);
        batch.entries = 3'000;
        batch.index.clear();
        for (std::uint32_t i = 0; i < 3'000; ++i)
            batch.index.push_back({store->index_hasher().record(id_of<RecordId>(next++)), 0, i, 0, 0});
        REQUIRE(commit(*store, {std::move(batch)}));
        REQUIRE_FALSE(*store->snapshot().index_rebuild());
        const std::uint64_t now = moved();
        // Two for each entry added, for each of at most six merges, and the last block of each.
        REQUIRE(now <= moved_before + 6 * (2 * 3'000 + index_block_entries));
        moved_before = now;
    }
    REQUIRE(manifest_of(*store, Index::record).entries() == 900'000);
}

TEMPLATE_TEST_CASE("a rebuilt index is the same as one that was never lost", EVERYWHERE) {
    TestType backing;
    auto store = open_store(backing, roomy);
    Twin twin;
    Source source;
    for (int i = 0; i < 60; ++i) REQUIRE(commit(*store, {source.batch(*store, 100, twin)}));
    REQUIRE(commit(*store, {ResetIndex{}}));
    REQUIRE(*store->snapshot().index_rebuild() == IndexRebuild{0, 60, false});
    REQUIRE(store->snapshot().find_record(id_of<RecordId>(1)).error().code == Code::index_rebuilding);
    for (std::uint64_t ordinal = 0; ordinal < 60;) {
        std::vector<Write> writes;
        for (int i = 0; i < 7 && ordinal < 60; ++i, ++ordinal)
            writes.emplace_back(IndexBatch{ordinal, source.all[ordinal]});
        if (ordinal % 2 == 1) writes.emplace_back(source.batch(*store, 50, twin));  // life goes on beside it
        REQUIRE(store->commit(writes));
        store.reset();
        store = open_store(backing, roomy);  // and resumes where it was
    }
    REQUIRE_FALSE(*store->snapshot().index_rebuild());
    check_all(*store, twin);
    REQUIRE(verify_store(*store).clean());
}

TEST_CASE("a damaged block is refused by look-ups, and makes the merge that meets it begin a rebuild") {
    MemoryBacking backing;
    auto store = open_store(backing, roomy);
    Twin twin;
    Source source;
    for (int i = 0; i < 3; ++i) REQUIRE(commit(*store, {source.batch(*store, 1'000, twin)}));
    auto& blocks = backing.disk->tables[static_cast<std::size_t>(Table::index_blocks)];
    REQUIRE(blocks.size() == 9);
    std::size_t refused = 0;
    for (auto& [key, block] : blocks) block[block.size() / 2] ^= 1;
    for (std::uint64_t record = 0; record < 1000; ++record) {
        const auto found = store->snapshot().find_record(id_of<RecordId>(record));
        if (found)
            REQUIRE(*found == twin.records[record]);
        else
            REQUIRE(found.error().code == Code::store_corrupt);
        refused += found ? 0 : 1;
    }
    REQUIRE(refused > 0);
    REQUIRE_FALSE(verify_store(*store).clean());
    for (int i = 0; i < 20; ++i) REQUIRE(commit(*store, {source.batch(*store, 1'000, twin)}));
    const auto rebuild = *store->snapshot().index_rebuild();
    REQUIRE(rebuild);
    for (std::uint64_t ordinal = rebuild->next; ordinal < rebuild->end; ++ordinal)
        REQUIRE(commit(*store, {IndexBatch{ordinal, source.all[ordinal]}}));
    check_all(*store, twin);
    REQUIRE(verify_store(*store).clean());
}

TEST_CASE("every flipped bit of a block is refused or leaves the entries as they were") {
    std::vector<IndexEntry> entries;
    for (std::uint64_t i = 0; i < 600; ++i) entries.push_back({1000 + i * 3, i});
    const auto key = index_block_key(Index::subject, 5, {900, 0});
    Bytes value(index_block_bytes(entries.size()));
    write_index_block(value, key, {5000, 0}, entries);
    const auto read = [&](View bytes) -> Result<std::vector<IndexEntry>> {
        XW_TRY(block, IndexBlock::parse(key, bytes));
        std::vector<IndexEntry> out;
        for (std::size_t i = 0; i < block.sections(); ++i) {
            IndexBlock::Section section;
            XW_TRY(count, block.read(i, section));
            out.insert(out.end(), section.begin(), section.begin() + static_cast<std::ptrdiff_t>(count));
        }
        return out;
    };
    REQUIRE(*read(value) == entries);
    for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
        value[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        REQUIRE_FALSE(read(value));
        value[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    }
    const auto other_run = index_block_key(Index::subject, 6, {900, 0});
    const auto elsewhere = IndexBlock::parse(other_run, value);
    IndexBlock::Section section;
    REQUIRE_FALSE(elsewhere->read(0, section));
}

TEST_CASE("index entries are sorted as by comparing, however their hashes lie") {
    std::mt19937_64 random(3);
    const auto check = [](std::vector<IndexEntry> entries) {
        std::vector<IndexEntry> wanted = entries;
        std::sort(wanted.begin(), wanted.end());
        wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
        sort_index_entries(entries);
        REQUIRE(entries == wanted);
    };
    for (const std::size_t count : {0, 1, 2, 255, 256, 257, 5'000, 40'000}) {
        std::vector<IndexEntry> even, clustered, same, extremes;
        for (std::size_t i = 0; i < count; ++i) {
            even.push_back({random(), i});
            clustered.push_back(
                {dated_hash(7, 20260101 + static_cast<std::uint32_t>(random() % 20)), random() % 1000});
            same.push_back({5, random() % 100});
            extremes.push_back({random() % 2 == 0 ? 1 : ~0ull, i});
        }
        for (const auto& entries : {even, clustered, same, extremes}) check(entries);
    }
}

TEST_CASE("a filter lets every hash of its run pass, and few others") {
    std::mt19937_64 random(11);
    for (const std::size_t count : {1, 100, 50'000}) {
        IndexFilter filter(count);
        std::vector<std::uint64_t> held;
        for (std::size_t i = 0; i < count; ++i) filter.add(held.emplace_back(random()));
        REQUIRE(std::ranges::all_of(held, [&](std::uint64_t hash) { return filter.may_hold(hash); }));
        int passed = 0;
        for (int i = 0; i < 100'000; ++i) passed += filter.may_hold(random()) ? 1 : 0;
        REQUIRE(passed < 3'000);
    }
}

TEST_CASE("filters that are loaded beside commits hide nothing") {
    LmdbBacking backing;
    Source source;
    Twin twin;
    const auto grow = [&](Store& store, std::size_t batches) {
        for (; batches > 0; --batches) REQUIRE(commit(store, {source.batch(store, 400, twin)}));
    };
    {
        const auto store = open_store(backing, roomy);
        grow(*store, 150);
        check_all(*store, twin);
    }
    const auto store = open_store(backing, roomy);
    check_all(*store, twin);
    // Merges begin, go on and end while the loader walks the runs that they take in.
    std::jthread loader([&](const std::stop_token& stop) { store->warm_up(stop); });
    grow(*store, 100);
    loader.join();
    check_all(*store, twin);
    store->warm_up({});
    grow(*store, 30);
    check_all(*store, twin);
}

TEST_CASE("a commit that failed leaves no filter that hides what the next one stores") {
    MemoryBacking backing;
    const auto store = open_store(backing, roomy);
    Source source;
    Twin twin, lost;
    for (int round = 0; round < 120; ++round) {
        // Its run and its merges take numbers that the next commit gives to others.
        const std::uint64_t ordinal = source.ordinal;
        backing.disk->fail_next_commit = MemoryDisk::Fault::full;
        REQUIRE_FALSE(commit(*store, {source.batch(*store, 1 + round * 7 % 300, lost)}));
        source.ordinal = ordinal;
        source.all.pop_back();
        REQUIRE(commit(*store, {source.batch(*store, 100, twin)}));
    }
    check_all(*store, twin);
}

}  // namespace index_test
