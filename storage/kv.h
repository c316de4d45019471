// The smallest thing the store stands on: ordered byte-string tables with one writer, snapshots, and a commit that
// either is durable when it returns or did not happen.
//
// Two of them: LMDB on disk (lmdb_kv.h) and maps in memory for the simulator (memory_kv.h). Keys are at most 128 bytes
// and values at most 16 pages of 4,096 bytes, less LMDB's page header. One writer at a time; readers are independent of
// it and short-lived (under a second): they see the state of the commit before they began.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "protocol/base/bytes.h"
#include "protocol/base/refusal.h"

namespace xinwang {

// FORMAT.md says what is in each. Numbers are part of every value's hash and are never reused.
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
    package_rows = 19,
};
inline constexpr int tables_max = 19;
const char* table_name(Table table);

inline constexpr std::size_t kv_key_bytes_max = 128;
inline constexpr std::size_t kv_value_bytes_max = 16 * 4096 - 16;

// The machine failed: an I/O error, a failed sync, a commit whose outcome is unknown. The process ends and starts again
// from what is on disk; both outcomes of the commit are then safe (RELIABILITY.md section 2, rule 4).
class StoreFailure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

class KvReader {
  public:
    virtual ~KvReader() = default;
    // The view lives as long as the reader.
    virtual std::optional<View> get(Table table, View key) const = 0;
    // From the first key that is not less than `from`, in order, until the visitor returns false.
    using Visitor = std::function<bool(View key, View value)>;
    virtual void scan(Table table, View from, const Visitor& visit) const = 0;
    virtual std::uint64_t count(Table table) const = 0;
};

enum class Place {
    anywhere,
    at_end,  // the key is larger than every other of its table
};

class KvWriter {
  public:
    virtual ~KvWriter() = default;
    virtual std::optional<View> get(Table table, View key) const = 0;
    // Space for a value of exactly `size` bytes, to be filled before the next call. Once the store is full it leads
    // nowhere, and commit() says so.
    virtual std::span<std::uint8_t> put(Table table, View key, std::size_t size, Place place) = 0;
    virtual void erase(Table table, View key) = 0;
    // Durable on return. Refuses store_full, and then nothing happened. Throws StoreFailure when the outcome is unknown.
    // Destroying a writer without a commit undoes it.
    virtual Result<void> commit() = 0;
};

class Kv {
  public:
    virtual ~Kv() = default;
    virtual std::unique_ptr<KvReader> read() const = 0;
    virtual std::unique_ptr<KvWriter> write() = 0;
    virtual std::uint64_t used_bytes() const = 0;
    // True when a commit of ordinary size would find space.
    virtual bool has_room() const = 0;
};

}  // namespace xinwang
