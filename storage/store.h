// The store: all that a node keeps, in verbs of the node's trade (FORMAT.md). Logs are the database: a batch
// is stored once, as received, and a record is found by index → (batch, position) and opened on demand.
//
//     turn's writes ──commit──▶ one transaction, one sync ──▶ visible to the next snapshot()
//
// Thread rule: commit() by one thread (the turn); snapshot(), warm_up() and the sizes by any. Invariants: a
// log's batches are 0 .. size-1 without gaps; ordinals (the local order of arrival) are 0, 1, 2 … over all
// logs; everything that a snapshot shows was durable before. Errors: `store_full` is a value and the commit
// did not happen. A commit whose outcome is unknown throws StoreFailure, and so does damaged control state
// (StoreCorrupt): a node does not act on a part of what it knows. Damage in one value or batch asked for by
// name is the refusal `store_corrupt`, because a neighbour can send the batch again.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <variant>
#include <vector>

#include "storage/index_filter.h"
#include "storage/kv.h"
#include "storage/rows.h"
#include "storage/tally.h"
#include "storage/value.h"

namespace xinwang {

// One entry of a batch for the indexes. The hashes are the store's own (Store::index_hasher()); subject_hash 0:
// the entry names no subject; catalogue_hash 0: no catalogue. date is yyyymmdd, or 0.
struct IndexRow {
    std::uint64_t record_hash = 0;
    std::uint64_t subject_hash = 0;
    std::uint32_t position = 0;
    std::uint32_t catalogue_hash = 0;
    std::uint32_t date = 0;
};

// The next batch of its log. Requires seq == the log's size, counting the batches before it in the same commit.
struct AppendBatch {
    LogId log;
    Seq seq = 0;
    BatchId id;
    std::shared_ptr<const Bytes> header;
    std::vector<std::shared_ptr<const Bytes>> pieces;
    std::uint32_t entries = 0;
    std::int64_t at_ms = 0;
    std::vector<IndexRow> index;
    Bytes frontier;  // the log's Merkle frontier after this batch; opaque here
    // For a batch that comes pruned: the number of pieces that it had, and the stub in their place. Requires
    // no pieces.
    struct Gone {
        std::uint16_t pieces = 0;
        Bytes stub;
    };
    Gone gone{};
};
// Puts a row into `meta`, `heads` to `package_rows` or `divisions`: the other tables are the store's own. The
// value is at most value_payload_bytes_max bytes.
struct Put {
    Table table;
    Bytes key;
    Bytes value;
};
struct Erase {
    Table table;
    Bytes key;
};
// Writes a row that has a class, and counts such rows. The row's first byte is the class, 0 to 15, and
// becomes (old class & keep) | set; behind it stands `rest`, or the old rest when `rest` is empty. Class 0
// with nothing behind it is no row. Under `tally`, in table `tallies`, stands the number of rows of each
// class (tally.h), counted in the same commit, so that nobody opens rows to count them. An empty tally: not
// counted. A row that was damaged is written anew, and counts as a new one.
struct Classify {
    Table table;
    Bytes key;
    std::uint8_t keep = 0;
    std::uint8_t set = 0;
    std::optional<Bytes> rest;
    Bytes tally;
};
// The index entries of a batch that is stored already: repair, and the upgrade from schema 1. Requires that the
// indexes are being rebuilt and ordinal == Snapshot::index_rebuild()->next, counting those before it in the
// same commit; a batch that this node cannot read has no rows.
struct IndexBatch {
    std::uint64_t ordinal = 0;
    std::vector<IndexRow> index;
};
// Forgets the indexes, which must then be built again from the batches held now.
struct ResetIndex {};
// Puts a damaged batch back in its place: header, pieces, batch row and position row are written anew, over
// whatever is there. Indexes, totals and trees are not touched, because they do not change when the same
// bytes return. Requires a log that is held, seq below its size, and the place that examine_batch()
// (damage.h) found; the caller has proven that the bytes are those of `id`.
struct RestoreBatch {
    LogId log;
    Seq seq = 0;
    BatchId id;
    std::shared_ptr<const Bytes> header;
    std::vector<std::shared_ptr<const Bytes>> pieces;
    std::uint32_t entries = 0;
    std::int64_t at_ms = 0;
    std::uint64_t ordinal = 0;
    std::uint64_t entries_before = 0;
    std::uint64_t bytes_before = 0;
};
// Replaces the contents of a batch by a stub: pieces 1 … are erased; header, batch row, position row and
// index entries stay, so that chain, tree, totals and signature still hold. Requires the ordinal of a held
// batch and the number of its pieces behind the header. Pruning a pruned batch replaces the stub.
struct PruneBatch {
    std::uint64_t ordinal = 0;
    std::uint16_t pieces = 0;
    Bytes stub;  // opaque here; at most value_payload_bytes_max
};
using Write = std::variant<AppendBatch, Put, Erase, Classify, IndexBatch, ResetIndex, RestoreBatch, PruneBatch>;

class StoreCorrupt : public StoreFailure {
  public:
    explicit StoreCorrupt(Refusal refusal);
    const Refusal& refusal() const { return refusal_; }

  private:
    Refusal refusal_;
};

struct StoredBatch {
    std::uint64_t ordinal = 0;
    BatchId id;
    std::uint32_t entries = 0;
    std::int64_t at_ms = 0;
    Bytes header;
    std::vector<Bytes> pieces;
};

class LogNumbers;

// The store as of one commit. One read transaction: short-lived (under a second, never across a wait),
// movable, used by one thread at a time, and gone before its Store. Unless said otherwise a refusal is
// store_corrupt, or not_held for a batch that was never there.
class Snapshot {
  public:
    Snapshot(std::unique_ptr<KvReader> reader, const LogNumbers& numbers, View index_secret,
             const IndexHasher& hasher, std::shared_ptr<const RunFilters> record_filters);
    Snapshot(Snapshot&&) noexcept;
    Snapshot& operator=(Snapshot&&) = delete;
    ~Snapshot();

    // All logs by number, which is the order in which they were first met. Throws StoreCorrupt.
    std::vector<LogRow> logs() const;
    // The row of a log; empty when nothing of the log is held. Throws StoreCorrupt.
    std::optional<LogRow> log(const LogId& id) const;

    Result<StoredBatch> batch(const LogId& log, Seq seq) const;
    // The position of a batch; empty at and behind the log's end.
    Result<std::optional<Position>> position(const LogId& log, Seq seq) const;
    // Ids of the batches from .. from+count-1, fewer at the log's end: the leaves of its tree.
    Result<std::vector<BatchId>> batch_ids(const LogId& log, Seq from, std::uint64_t count) const;

    // The order of arrival, over all logs: ordinals below next_ordinal().
    std::uint64_t next_ordinal() const;
    Result<BatchRow> at(std::uint64_t ordinal) const;
    Result<Bytes> header(std::uint64_t ordinal) const { return piece(ordinal, 0); }
    // The stub in the place of a pruned batch's pieces; empty while the pieces are there.
    Result<std::optional<Bytes>> stub(std::uint64_t ordinal) const;
    // A piece; number 0 is the header, as in WIRE.md. Refuses batch_expired for a piece that was pruned, and
    // so does batch().
    Result<Bytes> piece(std::uint64_t ordinal, std::uint16_t number) const;
    // A piece without a copy; the view lives as long as the snapshot.
    Result<View> piece_view(std::uint64_t ordinal, std::uint16_t number) const;
    // A piece without a check of its hash, as long as the snapshot lives, for a reader whose own key proves
    // the part that it uses: when that proof fails, piece() tells whether the store is to blame.
    Result<View> piece_unchecked(std::uint64_t ordinal, std::uint16_t number) const;

    // The places where entries about the record, or the subject, may be, oldest first. Hashes of 64 bits now
    // and then agree by chance: compare the identifier in the opened entry. Refuses index_rebuilding.
    Result<std::vector<Locator>> find_record(const RecordId& record) const;
    Result<std::vector<Locator>> find_subject(std::string_view subject) const;
    // Finds very many records at once, by their hashes (IndexHasher::record), which must rise: visits every
    // index entry that has one of the hashes, in no order; `which` is the place in `hashes`. Two hundred
    // thousand look-ups are one walk through each run of the index instead of one search each. Refuses
    // index_rebuilding, whatever schema 1 had.
    Result<void> find_records(std::span<const std::uint64_t> hashes,
                              const std::function<void(std::size_t which, const Locator&)>& visit) const;
    // The places where entries of a catalogue with a date in from..to (yyyymmdd; 0: without one) may be, by
    // date, then oldest first; `max` of them, from the `skip`-th on. Refuses index_rebuilding, whatever
    // schema 1 had.
    struct Dated {
        std::uint32_t date = 0;
        Locator where;
    };
    Result<std::vector<Dated>> find_dated(std::string_view catalogue, std::uint32_t from, std::uint32_t to,
                                          std::size_t skip, std::size_t max) const;
    // Visits, in order, entries of one index that are not less than `from`, until `visit` returns false;
    // returns the entry at which the walk stopped, index_end after the last. A merge moves no entry out of
    // this order, so a walk may go on in a later snapshot. Sees nothing of schema 1.
    Result<IndexEntry> walk_index(Index index, const IndexEntry& from,
                                  const std::function<bool(const IndexEntry&)>& visit) const;
    // The progress of rebuilding the indexes; empty when they are whole.
    Result<std::optional<IndexRebuild>> index_rebuild() const { return read_index_rebuild(*reader_); }

    // The value under a key; empty when there is no such key.
    Result<std::optional<Bytes>> get(Table table, View key) const;
    // Visits, in order, the rows whose key begins with `prefix`, until `visit` returns false; from the first
    // key not less than `from` when that is given. Throws StoreCorrupt.
    void scan(Table table, View prefix, const KvReader::Visitor& visit, View from = {}) const;
    std::uint64_t count(Table table) const { return reader_->count(table); }
    // The number of rows of each class counted under this name (Classify). Refuses store_corrupt.
    Result<Tally> tally(View name) const;

    // The values as they lie, for verify.h.
    const KvReader& raw() const { return *reader_; }

  private:
    Result<std::optional<View>> find(Table table, View key) const;
    tl::unexpected<Refusal> no_piece(std::uint64_t ordinal, std::uint16_t number) const;
    Result<void> find_entries(Index index, std::uint64_t hash, std::vector<IndexEntry>& into) const;
    Result<std::vector<Locator>> find_hash(Index index, std::uint64_t hash, std::vector<Locator> found) const;
    // Empty when the indexes answer alone. Refuses index_rebuilding when nothing does.
    Result<std::optional<IndexRebuild>> rebuilding() const;

    std::unique_ptr<KvReader> reader_;
    const LogNumbers* numbers_;
    View index_secret_;
    const IndexHasher* hasher_;
    std::shared_ptr<const RunFilters> record_filters_;  // none: search every run
};

struct StoreSizes {
    KvSizes bytes;
    std::map<Table, std::uint64_t> rows;
};

class Store {
  public:
    // Makes an empty store of this format in an empty `kv`, and brings one of schema 1 up to date in one small
    // commit: its indexes are then rebuilt by IndexBatch writes while the old ones serve. Refuses schema_newer
    // (written by a later release), schema_older when it may not be written (Kv::read_only), and store_corrupt.
    static Result<std::unique_ptr<Store>> open(std::unique_ptr<Kv> kv);
    ~Store();

    // Commits all writes or none, durable on return. Refuses store_full; throws StoreFailure. Batches need
    // has_room(); puts and erasures alone may use the rest, so that control goes on when intake has stopped.
    Result<void> commit(std::span<const Write> writes);
    Snapshot snapshot() const;

    // Reads through the store once after a start: until then look-ups wait for the disk and search every run
    // of the index. Takes a few seconds for fifty million records that lie in the page cache. Any thread,
    // beside everything else; leaves out everything that it finds damaged.
    void warm_up(const std::stop_token& stop);

    // The hasher that makes the hashes of an IndexRow.
    const IndexHasher& index_hasher() const { return hasher_; }

    bool has_room() const;
    std::uint64_t used_bytes() const;
    StoreSizes sizes() const;
    // Makes a backup's file: see Kv::copy_to.
    Result<Copied> copy_to(const std::filesystem::path& directory, const CopyRule& rule) const;

  private:
    class Commit;
    Store(std::unique_ptr<Kv> kv, View index_secret, std::unique_ptr<LogNumbers> numbers);
    void load_filters(const std::stop_token& stop);
    std::shared_ptr<RunFilters> record_filters() const;
    void set_record_filters(std::shared_ptr<RunFilters> filters);

    std::unique_ptr<Kv> kv_;
    Bytes index_secret_;
    IndexHasher hasher_;
    std::unique_ptr<LogNumbers> numbers_;
    mutable std::mutex filters_mutex_;
    // None while an index begins anew.
    std::shared_ptr<RunFilters> record_filters_ = std::make_shared<RunFilters>();
};

}  // namespace xinwang
