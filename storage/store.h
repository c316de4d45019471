// The store: what a node keeps, as verbs of the domain (DESIGN.md section 3; FORMAT.md for the bytes).
//
// A batch is kept as it was received, piece by piece, under its arrival ordinal; logs, positions and the record index
// point at it. Everything else is small rows by key. commit() applies a turn's writes in one transaction with one sync.
//
// Thread rule: commit() by one thread; snapshots by any, each used by one thread and short-lived. Errors: store_full is
// a value; store_corrupt names the value whose hash does not fit; anything else of the machine throws StoreFailure.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <variant>
#include <vector>

#include "protocol/base/ids.h"
#include "storage/kv.h"

namespace xinwang {

inline constexpr std::uint32_t store_schema = 1;

// Where one entry stands: the arrival ordinal of its batch, and its position in it.
struct Locator {
    std::uint64_t ordinal = 0;
    std::uint32_t position = 0;
    auto operator<=>(const Locator&) const = default;
};

struct IndexRow {
    RecordId record;
    std::uint64_t subject_hash = 0;  // 0: none
    std::uint32_t position = 0;
};

struct AppendBatch {
    LogId log;
    Seq seq = 0;
    BatchId id;
    std::shared_ptr<const Bytes> header;
    std::vector<std::shared_ptr<const Bytes>> pieces;
    std::uint32_t entries = 0;
    std::int64_t at_ms = 0;
    std::vector<IndexRow> index;
    Bytes frontier;  // the log's Merkle frontier after this batch
};
struct Put {
    Table table;
    Bytes key;
    Bytes value;
};
struct Erase {
    Table table;
    Bytes key;
};
using Write = std::variant<AppendBatch, Put, Erase>;

struct LogRow {
    LogId id;
    std::uint32_t number = 0;
    Seq size = 0;
    BatchId last;
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
    Bytes frontier;
};

struct Position {
    std::uint64_t ordinal = 0;
    BatchId id;
    std::uint32_t entries = 0;
    std::uint64_t bytes = 0;
};

struct BatchRow {
    LogId log;
    Seq seq = 0;
    std::uint32_t entries = 0;
    std::uint16_t pieces = 0;  // behind the header
    std::int64_t at_ms = 0;
};

struct StoredBatch {
    std::uint64_t ordinal = 0;
    Bytes header;
    std::vector<Bytes> pieces;
};

class Store;

// The store as of one commit.
class Snapshot {
  public:
    // Every log, in order of first arrival. Refuses nothing: a damaged row throws StoreFailure, since nothing can run
    // without it.
    std::vector<LogRow> logs() const;
    Result<std::optional<Position>> position(const LogId& log, Seq seq) const;
    Result<StoredBatch> batch(const LogId& log, Seq seq) const;
    // Batch ids from..from+count of a log, fewer at its end.
    Result<std::vector<BatchId>> batch_ids(const LogId& log, Seq from, std::size_t count) const;

    // The arrival order: batches 0 to next_ordinal() - 1.
    std::uint64_t next_ordinal() const;
    Result<BatchRow> at(std::uint64_t ordinal) const;
    Result<Bytes> header(std::uint64_t ordinal) const;
    // Requires number >= 1, as in WIRE.md.
    Result<Bytes> piece(std::uint64_t ordinal, std::uint16_t number) const;

    // Candidates, oldest first. The index holds 64 bits of a keyed hash: the caller opens the entry and looks.
    std::vector<Locator> find_record(const RecordId& record) const;
    std::vector<Locator> find_subject(std::uint64_t subject_hash) const;

    Result<std::optional<Bytes>> get(Table table, View key) const;
    // Rows whose key begins with `prefix`, in order, until the visitor returns false. A damaged value ends the scan with
    // its refusal.
    Result<void> scan(Table table, View prefix, const KvReader::Visitor& visit) const;
    std::uint64_t count(Table table) const { return reader_->count(table); }
    // Every value of the table, its check included: for verification.
    Result<std::uint64_t> check_table(Table table) const;

  private:
    friend class Store;
    Snapshot(const Store& store, std::unique_ptr<KvReader> reader) : store_(&store), reader_(std::move(reader)) {}
    Result<View> value(Table table, View key) const;
    std::vector<Locator> find(Table table, std::uint64_t hash) const;
    std::optional<std::uint32_t> log_number(const LogId& log) const;

    const Store* store_;
    std::unique_ptr<KvReader> reader_;
};

class Store {
  public:
    // Refuses schema_newer, store_corrupt.
    static Result<std::unique_ptr<Store>> open(std::unique_ptr<Kv> kv);

    // One transaction, one sync. Refuses store_full, and then nothing happened. A batch out of its log's order is our
    // fault and stops the process.
    Result<void> commit(std::span<const Write> writes);
    Snapshot snapshot() const { return Snapshot(*this, kv_->read()); }

    // Keyed with this store's own secret, so that the index shows no identifier. Never 0.
    std::uint64_t subject_hash(std::string_view subject) const;
    std::uint64_t record_hash(const RecordId& record) const;

    std::uint64_t used_bytes() const { return kv_->used_bytes(); }
    bool has_room() const { return kv_->has_room(); }

  private:
    friend class Snapshot;
    explicit Store(std::unique_ptr<Kv> kv) : kv_(std::move(kv)) {}
    Result<void> load();
    void append(KvWriter& txn, const AppendBatch& batch, std::map<LogId, LogRow>& changed);
    void index(KvWriter& txn, std::vector<std::pair<std::uint64_t, Locator>>& rows, Table table);

    std::unique_ptr<Kv> kv_;
    Bytes index_key_;
    std::uint64_t next_ordinal_ = 0;
    mutable std::mutex logs_mutex_;  // guards logs_: the writer adds to it, snapshots look numbers up
    std::map<LogId, LogRow> logs_;
};

}  // namespace xinwang
