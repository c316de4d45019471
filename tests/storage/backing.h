// Where the storage tests keep their tables: a directory with LMDB, or memory. Both outlive the stores opened
// on them, and are small enough to be filled.
#pragma once

#include <stdlib.h>

#include <catch2/catch.hpp>

#include "protocol/base/hash.h"
#include "storage/lmdb_kv.h"
#include "storage/memory_kv.h"
#include "storage/store.h"
#include "storage/verify.h"

namespace xinwang::storage_test {

struct Sizes {
    std::uint64_t max = 64u << 20;
    std::uint64_t quota = 60u << 20;
};

class Directory {
  public:
    Directory() {
        std::string name = (std::filesystem::temp_directory_path() / "xinwang-store-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Directory() { std::filesystem::remove_all(path_); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

class LmdbBacking {
  public:
    std::unique_ptr<Kv> open(Sizes sizes = {}) {
        auto kv = open_lmdb_kv(directory_.path(), options(sizes));
        REQUIRE(kv);
        return std::move(*kv);
    }
    static LmdbOptions options(Sizes sizes = {}) {
        return {.map_bytes = sizes.max, .quota_bytes = sizes.quota, .ballast_bytes = 0, .reserve_bytes = 0};
    }
    const std::filesystem::path& path() const { return directory_.path(); }

  private:
    Directory directory_;
};

class MemoryBacking {
  public:
    std::unique_ptr<Kv> open(Sizes sizes = {}) {
        disk->bytes_max = sizes.max;
        disk->bytes_quota = sizes.quota;
        return make_memory_kv(disk);
    }
    std::shared_ptr<MemoryDisk> disk = std::make_shared<MemoryDisk>();
};

template <class Backing>
std::unique_ptr<Store> open_store(Backing& backing, Sizes sizes = {}) {
    auto store = Store::open(backing.open(sizes));
    REQUIRE(store);
    return std::move(*store);
}

// Ids and bodies that are functions of a number.
template <class B>
B id_of(std::uint64_t number) {
    Writer out;
    out.u64(number);
    return hash<B>("test", {out.bytes()});
}
inline std::shared_ptr<const Bytes> body(std::uint64_t number, std::size_t size) {
    Bytes bytes = ordered_key(number);
    bytes.resize(size, static_cast<std::uint8_t>(number * 37 + size));
    return std::make_shared<const Bytes>(std::move(bytes));
}
inline LogId log_of(std::uint64_t number) {
    return {id_of<NodeId>(number), id_of<Incarnation>(number), Lane::records, {}};
}

// An index row under a hash that is no store's own, for tests that never look it up.
inline IndexRow row_of(std::uint64_t number, std::uint32_t position) {
    return {number + 1, 0, position, 7, 20260101 + static_cast<std::uint32_t>(number % 28)};
}

// Batch `seq` of log `log`: a header, two pieces, three entries about records seq*3 .. seq*3+2.
inline AppendBatch batch_of(std::uint64_t log, Seq seq, std::size_t piece_bytes = 3000) {
    AppendBatch batch;
    batch.log = log_of(log);
    batch.seq = seq;
    batch.id = id_of<BatchId>(log * 1'000'000 + seq);
    const std::uint64_t number = (log * 100'000 + seq) * 3;
    batch.header = body(number, 300);
    batch.pieces = {body(number + 1, piece_bytes), body(number + 2, piece_bytes / 2)};
    batch.entries = 3;
    batch.at_ms = static_cast<std::int64_t>(1'000 + seq);
    for (std::uint32_t i = 0; i < 3; ++i) batch.index.push_back(row_of(seq * 3 + i, i));
    batch.frontier = Bytes(40, static_cast<std::uint8_t>(seq));
    return batch;
}

inline Result<void> commit(Store& store, std::vector<Write> writes) {
    return store.commit(writes);
}
inline Put put_of(Table table, std::string_view key, std::string_view value) {
    return {table, to_bytes(view(key)), to_bytes(view(value))};
}
inline std::string text_of(const Snapshot& kept, Table table, std::string_view key) {
    const auto value = kept.get(table, view(key));
    REQUIRE(value);
    return *value ? std::string(text(**value)) : "(none)";
}

}  // namespace xinwang::storage_test
