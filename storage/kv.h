// The tables beneath the store: ordered tables of byte strings with one writer, snapshots, and a commit that
// either is durable when it returns or did not happen.
//
// Two implementations exist: LMDB on disk (lmdb_kv.h) and maps in memory for the simulator (memory_kv.h).
// Keys have 1 to kv_key_bytes_max bytes and order as byte strings. One writer at a time; readers are
// independent of it, see the state of the last commit before they began, and live for less than a second
// (node/DESIGN.md, D4). Only `store_full` is a value; every other fault of the machine is a StoreFailure.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>

#include "protocol/base/bytes.h"
#include "protocol/base/limits.h"
#include "protocol/base/refusal.h"
#include "storage/copy.h"

namespace xinwang {

// FORMAT.md describes each table. Numbers are part of every value's hash and are never reused.
enum class Table : std::uint8_t {
    format = 1,
    meta = 2,
    logs = 3,
    positions = 4,
    batches = 5,
    by_record = 6,
    by_subject = 7,
    heads = 8,
    receipts = 9,
    certificates = 10,
    catalogues = 11,
    submissions = 12,
    rows = 13,
    outcomes = 14,
    pending = 15,
    invitations = 16,
    quarantine = 17,
    packages = 18,
    peers = 19,
    package_rows = 20,
    index_runs = 21,
    index_blocks = 22,
    index_state = 23,
    divisions = 24,
    statements = 25,
    orders = 26,
    verdicts = 27,
    answers = 28,
    row_notes = 29,
    row_pages = 30,
    tallies = 31,
};
inline constexpr std::size_t tables_max = 31;
const char* table_name(Table table);

inline constexpr std::size_t kv_key_bytes_max = 128;
// The size of a run of sixteen LMDB overflow pages, less the header in the first (rule 7: a piece costs no
// more).
inline constexpr std::size_t kv_value_bytes_max = 16 * 4096 - 16;

// The machine failed: an I/O error, a failed sync, a commit whose outcome is unknown. The process ends and
// starts again from the disk; both outcomes of the commit are then safe (node/DESIGN.md, D3).
class StoreFailure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct KvRow {
    View key, value;
};

// Views that a reader gives live as long as the reader.
class KvReader {
  public:
    using Visitor = std::function<bool(View key, View value)>;

    virtual ~KvReader() = default;
    virtual std::optional<View> get(Table table, View key) const = 0;
    // Visits the rows from the first key that is not less than `from`, in order, until the visitor returns
    // false.
    virtual void scan(Table table, View from, const Visitor& visit) const = 0;
    // The row with the largest key that is not greater than `key`; empty when there is none.
    virtual std::optional<KvRow> floor(Table table, View key) const = 0;
    // The largest key; empty when the table is empty.
    virtual std::optional<View> last_key(Table table) const = 0;
    virtual std::uint64_t count(Table table) const = 0;
};

enum class Place {
    anywhere,
    at_end,  // the key is larger than every other of its table: cheaper, and denser on disk
};

// A writer reads its own writes. Views and spans that it gives live until its next call.
class KvWriter : public KvReader {
  public:
    // Space for a value of exactly `size` bytes, to be filled before the next call. Once the store is full
    // the space leads nowhere, and commit() refuses.
    virtual std::span<std::uint8_t> put(Table table, View key, std::size_t size, Place place) = 0;
    // Erases a row; nothing changes when there is none.
    virtual void erase(Table table, View key) = 0;
    // Erases every row. Touches no values, so even a large table costs only tens of milliseconds.
    virtual void clear(Table table) = 0;
    // Commits the writes, durable on return. Refuses store_full, and then nothing happened. Throws
    // StoreFailure when the outcome is unknown. The writer is spent afterwards; destroying it without a
    // commit undoes it.
    virtual Result<void> commit() = 0;
};

struct KvSizes {
    std::uint64_t file_bytes = 0;  // of the file, free pages included
    std::uint64_t used_bytes = 0;  // of pages in use
    std::uint64_t free_bytes = 0;  // still writable, under the quota and on the disk
    std::uint64_t commits = 0;     // in the store's whole life
};

class Kv {
  public:
    virtual ~Kv() = default;
    virtual std::unique_ptr<KvReader> read() const = 0;
    virtual std::unique_ptr<KvWriter> write() = 0;
    // True when write() may not be called.
    virtual bool read_only() const { return false; }
    virtual KvSizes sizes() const = 0;
    // False when the disk or the quota is nearly used up: intake should stop, control goes on in what remains.
    virtual bool has_room() const = 0;
    // Copies the state of one commit to the file `directory`/data.mdb, from which a node can start; durable
    // on return. Requires that the directory exists and holds no such file. Runs beside readers and the
    // writer, on the caller's thread, and holds one read transaction for the whole copy: pages freed
    // meanwhile are not used again, so the store grows. Tables in memory have no file: store_unusable.
    virtual Result<Copied> copy_to(const std::filesystem::path& directory, const CopyRule& rule) const;
    // Brings the store's file into memory after a start, from front to end instead of page by page on demand.
    // Any thread, beside everything else. Does nothing where that cannot help.
    virtual void warm_up(const std::stop_token&) const {}
};

}  // namespace xinwang
