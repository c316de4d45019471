#include "tests/crash/script.h"

#include <algorithm>
#include <stdexcept>

#include "protocol/base/hash.h"

namespace xinwang::crash {
namespace {

constexpr std::uint64_t subjects = 8;
constexpr Table node_tables[] = {Table::heads,        Table::receipts,   Table::certificates, Table::catalogues,
                                 Table::submissions,  Table::rows,       Table::outcomes,     Table::pending,
                                 Table::invitations,  Table::quarantine, Table::packages,     Table::peers,
                                 Table::package_rows, Table::divisions,  Table::statements,   Table::orders,
                                 Table::verdicts};

template <class B>
B id_of(std::string_view kind, std::uint64_t number) {
    Writer out;
    out.u64(number);
    return hash<B>(kind, {out.bytes()});
}

// Bytes that no other number has, nor any other place in them.
std::shared_ptr<const Bytes> body(std::uint64_t number, std::size_t size) {
    auto bytes = std::make_shared<Bytes>(size);
    std::uint64_t x = number * 0x9E3779B97F4A7C15ull + size;
    for (auto& b : *bytes) {
        x = x * 6364136223846793005ull + 1442695040888963407ull;
        b = static_cast<std::uint8_t>(x >> 56);
    }
    return bytes;
}

LogId log_of(std::uint64_t number) {
    return {id_of<NodeId>("log", number),
            id_of<Incarnation>("life", number),
            number % 2 == 0 ? Lane::records : Lane::rights,
            {}};
}

// The next batch of a log when `more` others go before it in the same commit.
AppendBatch batch_of(const LogId& log, const Truth& before, std::uint64_t more, std::size_t piece_bytes,
                     std::uint32_t entries = 12, std::uint64_t records = 60) {
    AppendBatch batch;
    const std::uint64_t number = before.batches().size() + more;
    batch.log = log;
    batch.seq = before.size(log);
    batch.id = id_of<BatchId>("batch", number);
    batch.header = body(number * 8, 200 + number % 200);
    for (std::uint64_t i = 0; i <= number % 3; ++i)
        batch.pieces.push_back(body(number * 8 + 1 + i, piece_bytes + 17 * i));
    batch.entries = entries;
    batch.at_ms = static_cast<std::int64_t>(1'000 + number);
    for (std::uint32_t i = 0; i < batch.entries; ++i) {
        const std::uint64_t entry = number * batch.entries + i;
        batch.index.push_back({1 + entry * 7 % records, entry * 5 % (subjects + 1), i,
                               static_cast<std::uint32_t>(1 + entry % 3),
                               20'260'000 + static_cast<std::uint32_t>(entry * 11 % 300)});
    }
    batch.frontier = *body(number, 32 + number % 5 * 32);
    return batch;
}

Bytes key_of(std::string_view name, std::uint64_t number) {
    Bytes key = to_bytes(view(name));
    const Bytes tail = ordered_key(number);
    key.insert(key.end(), tail.begin(), tail.end());
    return key;
}

Table table_of(std::uint64_t number) {
    return node_tables[number % std::size(node_tables)];
}

// A node's day: batches of several logs, rows that come and go, one that is always written over.
std::vector<Write> growth(std::uint64_t step, const Truth& before) {
    std::vector<Write> writes;
    const std::size_t piece_bytes = step % 25 == 0 ? 40'000 : 300 + step * 131 % 1'200;
    writes.emplace_back(batch_of(log_of(step % 4), before, 0, piece_bytes));
    if (step % 3 == 0) writes.emplace_back(batch_of(log_of(step % 4 + 1), before, 1, 500));
    writes.emplace_back(Put{Table::heads, key_of("head", step % 4), *body(step, 400)});
    for (std::uint64_t i = 0; i < 3; ++i) {
        writes.emplace_back(Put{table_of(step + i), key_of("row", step), *body(step + i, 80 + step % 100)});
        if (step > 9) writes.emplace_back(Erase{table_of(step - 9 + i), key_of("row", step - 9)});
    }
    return writes;
}

// No batch at all: control rows of every size, overflow pages included, written over and erased.
std::vector<Write> control(std::uint64_t step, const Truth&) {
    std::vector<Write> writes;
    for (std::uint64_t i = 0; i < 4; ++i) {
        const std::size_t size = i == 0 ? value_payload_bytes_max - step : (step * 977 + i * 3'001) % 9'000;
        writes.emplace_back(
            Put{table_of(step * 3 + i), key_of("control", step % 7), *body(step * 4 + i, size)});
        writes.emplace_back(Erase{table_of(step * 5 + i), key_of("control", (step + 3) % 7)});
    }
    return writes;
}

constexpr std::uint64_t filling = 24;  // steps of the script `full` until it clears out
constexpr std::uint64_t big_rows = 10;

// Up to the quota and to the brim of the map, and back: big rows, batches until they are refused, control until
// that is refused, too, then room again.
std::vector<Write> full(std::uint64_t step, const Truth& before) {
    const std::uint64_t round = step / (2 * filling), at = step % (2 * filling);
    const auto row = [&](std::uint64_t number) { return key_of("big", number); };
    if (at < big_rows) return {Put{Table::quarantine, row(at), *body(step, 50'000)}};
    if (at < filling) return {batch_of(log_of(round), before, 0, 30'000)};
    if (at < filling + 10) return {Put{Table::outcomes, row(at), *body(step, 60'000)}};
    if (at < filling + 20)
        return {Erase{Table::outcomes, row(at - 10)}, Erase{Table::quarantine, row(at - filling - 10)}};
    return {batch_of(log_of(round), before, 0, 3'000), Put{Table::meta, row(0), *body(step, 100)}};
}

// Indexes of some size: blocks are filled, and merges of runs go on over many commits and several levels.
std::vector<Write> merges(std::uint64_t step, const Truth& before) {
    return {batch_of(log_of(step % 2), before, 0, 400, 150, 300)};
}

// The indexes are forgotten and built again, a few batches in each commit, while others arrive.
std::vector<Write> rebuild(std::uint64_t step, const Truth& before) {
    if (step % 30 == 20) return {ResetIndex{}};
    std::vector<Write> writes;
    if (step % 3 == 0 || !before.rebuild()) writes.emplace_back(batch_of(log_of(step % 2), before, 0, 300));
    if (!before.rebuild()) return writes;
    for (std::uint64_t at = before.rebuild()->next;
         at < std::min(before.rebuild()->next + 4, before.rebuild()->end); ++at)
        writes.emplace_back(IndexBatch{at, before.batches()[at]->index});
    return writes;
}

// Old batches give way to stubs, and now and then one is put back, over a stub or over itself.
std::vector<Write> prune(std::uint64_t step, const Truth& before) {
    std::vector<Write> writes;
    if (step % 2 == 0 || step < 12)
        writes.emplace_back(batch_of(log_of(step % 2), before, 0, step % 8 == 0 ? 20'000 : 700));
    if (step <= 10) return writes;
    const std::uint64_t old = step * 5 % (before.batches().size() - 4);
    const auto pieces = static_cast<std::uint16_t>(before.batches()[old]->pieces.size());
    if (step % 7 == 0)
        writes.emplace_back(before.restore(old));
    else if (!before.pruned(old))
        writes.emplace_back(PruneBatch{old, pieces, *body(step, 200)});
    return writes;
}

// A store of some thousand records with every table filled: what rot is let loose on.
std::vector<Write> archive(std::uint64_t step, const Truth& before) {
    std::vector<Write> writes;
    writes.emplace_back(batch_of(log_of(step % 3), before, 0, 1'500 + step * 61 % 2'000, 60, 300));
    for (std::uint64_t i = 0; i < std::size(node_tables); ++i)
        writes.emplace_back(
            Put{node_tables[i], key_of("row", step), *body(step * 16 + i, 60 + (step + i) % 200)});
    writes.emplace_back(Put{table_of(step), key_of("head", 0), *body(step, 300)});
    return writes;
}

LmdbOptions disk_options(std::uint64_t reserve_bytes) {
    return {.map_bytes = 64u << 20,
            .quota_bytes = 60u << 20,
            .ballast_bytes = 2u << 20,
            .reserve_bytes = reserve_bytes,
            .readers_max = 16};
}

LmdbOptions options(std::uint64_t map_bytes, std::uint64_t quota_bytes) {
    return {.map_bytes = map_bytes,
            .quota_bytes = quota_bytes,
            .ballast_bytes = 64u << 10,
            .reserve_bytes = 0,
            .readers_max = 16};
}

// Even steps are intake, odd ones control: rows written over and erased. One batch in ten is large.
std::vector<Write> disk(std::uint64_t step, const Truth& before) {
    if (step % 2 == 0) return {batch_of(log_of(0), before, 0, step % 20 == 0 ? 60'000 : 2'000)};
    return {Put{Table::receipts, key_of("control", step % 16), *body(step, 3'000)},
            Erase{Table::receipts, key_of("control", (step + 8) % 16)}};
}

Put number_put(std::uint64_t step) {
    Writer number;
    number.u64(step);
    return {Table::meta, to_bytes(view("step")), to_bytes(number.bytes())};
}

}  // namespace

const std::vector<Script>& scripts() {
    static const std::vector<Script> all{
        {"growth", 110, 30, options(16u << 20, 15u << 20), growth, true},
        {"merges", 66, 30, options(16u << 20, 15u << 20), merges, true},
        {"rebuild", 60, 25, options(8u << 20, 7u << 20), rebuild, true},
        {"prune", 60, 25, options(8u << 20, 7u << 20), prune, true},
        {"control", 60, 20, options(8u << 20, 7u << 20), control, true},
        {"archive", 40, 1'000, options(8u << 20, 7u << 20), archive},
        {"full", 4 * filling, 40, options(2u << 20, 1u << 20), full, true},
        {"disk-reserve", 0, 1, disk_options(1u << 20), disk},
        {"disk-brim", 0, 1, disk_options(4u << 10), disk},
    };
    return all;
}

const Script& find_script(std::string_view name) {
    for (const Script& script : scripts())
        if (script.name == name) return script;
    throw std::runtime_error("no script " + std::string(name));
}

std::vector<Write> step_writes(const Script& script, std::uint64_t step, const Truth& before) {
    std::vector<Write> writes = script.writes(step, before);
    writes.emplace_back(number_put(step));
    return writes;
}

std::uint64_t last_step(const Store& store) {
    const auto number = store.snapshot().get(Table::meta, view("step"));
    if (!number) throw StoreCorrupt(number.error());
    return *number ? Reader(**number, "step").u64() : 0;
}

Result<std::unique_ptr<Store>> open_store(const Script& script, const std::filesystem::path& directory) {
    XW_TRY(kv, open_lmdb_kv(directory, script.options));
    return Store::open(std::move(kv));
}

}  // namespace xinwang::crash
