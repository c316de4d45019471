// The rows that the store itself keeps, and their keys (FORMAT.md section 3). Pure. Keys are big-endian, so
// that byte order is number order; values are as Writer makes them. A row that does not parse is refused
// `store_corrupt` with its place: the hash around a row proves that this store wrote it, not that the writing
// program was right.
#pragma once

#include "protocol/base/ids.h"
#include "storage/kv.h"

namespace xinwang {

// A log as held: its number here, its size, its last batch, running totals, and its Merkle frontier (opaque).
struct LogRow {
    LogId id;
    std::uint32_t number = 0;
    Seq size = 0;
    BatchId last;
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
    Bytes frontier;
    bool operator==(const LogRow&) const = default;
};
Bytes log_key(std::uint32_t number);
Bytes encode(const LogRow& row);
Result<LogRow> read_log_row(View key, View payload);

// The place of a batch of a log, and the log's totals before it.
struct Position {
    std::uint64_t ordinal = 0;
    BatchId id;
    std::uint32_t entries = 0;
    std::uint64_t bytes = 0;
    std::uint64_t entries_before = 0;
    std::uint64_t bytes_before = 0;
    bool operator==(const Position&) const = default;
};
Bytes position_key(std::uint32_t log_number, Seq seq);
Bytes encode(const Position& position);
Result<Position> read_position(View key, View payload);

// The batch at a local ordinal. The row's key stands behind those of the batch's pieces, of which the header
// is number 0.
struct BatchRow {
    LogId log;
    Seq seq = 0;
    BatchId id;
    std::uint32_t entries = 0;
    std::int64_t at_ms = 0;    // when it was committed here
    std::uint16_t pieces = 0;  // behind the header
    std::uint64_t bytes = 0;   // of the header and all pieces
    bool operator==(const BatchRow&) const = default;
};
inline constexpr std::uint16_t batch_row_piece = 0xFFFF;
inline constexpr std::uint16_t batch_stub_piece = 0xFFFE;  // of a pruned batch, in the place of its pieces
Bytes batch_key(std::uint64_t ordinal, std::uint16_t piece);
std::uint64_t batch_ordinal(View key);
// The ordinal of the next batch to be stored.
std::uint64_t next_ordinal(const KvReader& reader);
Bytes encode(const BatchRow& row);
Result<BatchRow> read_batch_row(View key, View payload);

// A record's place: the batch's local ordinal and the entry's position in it. The place packs into one
// number, so that sorting by it is sorting by age.
struct Locator {
    std::uint64_t ordinal = 0;
    std::uint32_t position = 0;
    auto operator<=>(const Locator&) const = default;

    static constexpr int position_bits = 24;
    static_assert(limits::batch_entries_max <= 1u << position_bits);
    std::uint64_t packed() const { return ordinal << position_bits | position; }
    static Locator unpack(std::uint64_t packed) {
        return {packed >> position_bits, static_cast<std::uint32_t>(packed & ((1u << position_bits) - 1))};
    }
};

// The numbers, big-endian, one after another.
template <class... Numbers>
Bytes ordered_key(Numbers... numbers) {
    Bytes key;
    key.reserve((sizeof(Numbers) + ...));
    const auto put = [&key](auto number) {
        for (int shift = static_cast<int>(sizeof number) * 8 - 8; shift >= 0; shift -= 8)
            key.push_back(static_cast<std::uint8_t>(number >> shift));
    };
    (put(numbers), ...);
    return key;
}
// The big-endian number in the first sizeof(T) bytes. Requires that many.
template <class T>
T ordered_number(View key) {
    T number = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) number = static_cast<T>((number << 8) | key[i]);
    return number;
}

}  // namespace xinwang
