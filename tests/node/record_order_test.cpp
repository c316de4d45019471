// Shows which entry of a record is its latest: by what the batches say, in whatever order they came, and where
// an earlier release wrote a clock into them that was set back.
#include "node/core/record_order.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "node/core/judged.h"
#include "storage/memory_kv.h"

using namespace xinwang;

namespace record_order_test {
namespace {

constexpr std::uint8_t record = 7;

// Batches of one entry each, sealed by one node in its logs; committed in an order of the test's own.
struct Author {
    SigningKey sign = SigningKey::generate();
    OpeningKey open = OpeningKey::generate();
    NodeId self = node_id_of(sign.public_key());
    std::map<LogId, std::pair<Seq, BatchId>> ends;

    LogId log(Lane lane, std::uint8_t life = 1) const {
        LogId id{self, {}, lane, {}};
        id.incarnation.bytes.fill(life);
        return id;
    }
    SealJob job(const LogId& log, EntryKind kind, std::int64_t created_ms) {
        Entry entry;
        entry.kind = kind;
        entry.record.bytes.fill(record);
        entry.catalogue = "xzxk";
        EntryBlock block;
        block.add(encode(entry));
        SealJob job;
        job.log = log;
        std::tie(job.seq, job.previous) = ends[log];
        job.created_ms = created_ms;
        SealGroup group;
        group.policy = audience_village;
        group.recipients = {{self, 1, open.public_key()}};
        group.entries = std::make_shared<const EntryBlock>(std::move(block));
        job.groups.push_back(std::move(group));
        return job;
    }
};

struct Holder {
    std::unique_ptr<Store> store = std::move(*Store::open(make_memory_kv(std::make_shared<MemoryDisk>())));
    JobRoom room;

    explicit Holder(const Author& author) : room{author.self, author.sign, author.open, store.get()} {}

    void take(Author& author, const SealJob& job) {
        const Sealed sealed = run_seal(job, room);
        const Sealed::Part& part = sealed.parts.front();
        author.ends[job.log] = {job.seq + 1, part.id};
        REQUIRE(store->commit(std::vector<Write>{AppendBatch{job.log,
                                                             job.seq,
                                                             part.id,
                                                             part.pieces.front(),
                                                             {part.pieces.begin() + 1, part.pieces.end()},
                                                             part.entries,
                                                             0,
                                                             part.index,
                                                             {}}}));
    }
    LatestEntry latest() const {
        RecordId id;
        id.bytes.fill(record);
        const auto found = find_latest(store->snapshot(), id, room);
        REQUIRE(found);
        return *found;
    }
    std::vector<EntryKind> history() const {
        RecordId id;
        id.bytes.fill(record);
        const auto entries = read_judged(store->snapshot(), id, room);
        REQUIRE(entries);
        std::vector<EntryKind> kinds;
        for (const HeldEntry& e : *entries) kinds.push_back(e.read->entry->kind);
        return kinds;
    }
};

}  // namespace

TEST_CASE("the latest entry of a record is the same in whatever order its logs came in") {
    using enum EntryKind;
    Author author;
    const SealJob jobs[] = {author.job(author.log(Lane::records), publish, 100),
                            author.job(author.log(Lane::rights), correct, 101),
                            author.job(author.log(Lane::rights, 0), withdraw, 250)};
    std::vector<std::size_t> order(std::size(jobs));
    std::iota(order.begin(), order.end(), 0);
    do {
        Holder holder(author);
        for (const std::size_t i : order) holder.take(author, jobs[i]);
        CHECK(holder.latest().read->entry->kind == withdraw);
        CHECK(holder.latest().moment == 250);
        CHECK(holder.history() == std::vector{publish, correct, withdraw});
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("in one log the chain decides, and what follows a clock of the future stands above it") {
    using enum EntryKind;
    Author author;
    Holder holder(author);
    holder.take(author, author.job(author.log(Lane::records), publish, 9'000));
    holder.take(author, author.job(author.log(Lane::records), correct, 50));  // the clock was set right
    CHECK(holder.latest().read->entry->kind == correct);
    CHECK(holder.latest().moment == 9'000);
    holder.take(author, author.job(author.log(Lane::rights), withdraw, 9'001));
    CHECK(holder.history() == std::vector{publish, correct, withdraw});
}

TEST_CASE("a latest entry that has expired leaves nothing behind, even when it came first") {
    using enum EntryKind;
    Author author;
    Holder holder(author);
    holder.take(author, author.job(author.log(Lane::rights), withdraw, 20));
    holder.take(author, author.job(author.log(Lane::records), publish, 10));
    REQUIRE(holder.store->commit(std::vector<Write>{PruneBatch{0, 1, to_bytes(view("gone"))}}));
    CHECK(!holder.latest().read);
    CHECK(holder.latest().moment == 20);
}

TEST_CASE("places at one moment: records first, then by log, seq and position") {
    Author author;
    std::vector<RecordPlace> places{
        {5, author.log(Lane::records, 1), 0, 0},   {5, author.log(Lane::records, 1), 0, 1},
        {5, author.log(Lane::records, 1), 1, 0},   {5, author.log(Lane::records, 2), 0, 0},
        {5, author.log(Lane::rights, 0), 0, 0},    {6, author.log(Lane::records, 0), 0, 0},
        {1, author.log(Lane::records, 0), 0, 0, 1}};
    CHECK(std::is_sorted(places.begin(), places.end()));
    for (std::size_t i = 1; i < places.size(); ++i) CHECK(places[i - 1] < places[i]);
}

}  // namespace record_order_test
