#include "node/core/reading.h"

#include <algorithm>

namespace xinwang {
namespace {

struct Opening {
    BatchHeader header;
    std::optional<ContentKey> key;  // none at a carrier
};

Result<Opening> opening(const Snapshot& kept, std::uint64_t ordinal, const BatchId& id, const JobRoom& room) {
    XW_TRY(bytes, kept.piece_view(ordinal, 0));
    XW_TRY(header, parse_known_header(bytes, id));
    if (auto held = room.content_keys->find(header.id)) return Opening{std::move(header), std::move(held)};
    auto key = unwrap(header, room.self, room.open_keys);
    if (key) {
        room.content_keys->keep(header.id, *key);
        return Opening{std::move(header), *key};
    }
    if (key.error().code == Code::not_a_recipient) return Opening{std::move(header), std::nullopt};
    return tl::unexpected(key.error());
}

// The pieces that hold a chunk: one or two.
std::pair<std::uint16_t, std::uint16_t> pieces_of(const BatchHeader& header, std::uint32_t chunk) {
    const auto [piece, offset] = header.places[chunk];
    const bool goes_on = offset + header.chunks[chunk].bytes > header.piece_bytes[piece - 1];
    return {piece, static_cast<std::uint16_t>(piece + (goes_on ? 1 : 0))};
}

// A sealed chunk as it lies; in `room` when it is in two pieces.
Result<View> sealed_chunk(const Snapshot& kept, std::uint64_t ordinal, const BatchHeader& header,
                          std::uint32_t chunk, Bytes& room) {
    std::vector<View> pieces(header.piece_bytes.size());
    const auto [first, last] = pieces_of(header, chunk);
    for (std::uint16_t piece = first; piece <= last; ++piece) {
        XW_TRY(held, kept.piece_unchecked(ordinal, piece));
        const std::uint32_t bytes = header.piece_bytes[piece - 1];
        if (held.size() != bytes)
            return refuse(Code::bad_pieces, "size", std::to_string(held.size()), std::to_string(bytes));
        pieces[piece - 1] = held;
    }
    return header.sealed_chunk(chunk, pieces, room);
}

// The chunk's own seal proves it; hashing its whole pieces would read four times as much. Only when it does not
// open does the store say whether it is damaged, and where.
Result<Bytes> read_chunk(const Snapshot& kept, std::uint64_t ordinal, const Opening& opened,
                         std::uint32_t chunk) {
    Bytes room;
    auto plain = sealed_chunk(kept, ordinal, opened.header, chunk, room).and_then([&](View sealed) {
        return open_chunk(opened.header, chunk, sealed, *opened.key);
    });
    if (plain) return plain;
    const auto [first, last] = pieces_of(opened.header, chunk);
    for (std::uint16_t piece = first; piece <= last; ++piece) XW_TRY_VOID(kept.piece_view(ordinal, piece));
    return plain;
}

}  // namespace

Result<ReadEntry> read_entry(const Snapshot& kept, const Locator& at, const JobRoom& room) {
    XW_TRY(row, kept.at(at.ordinal));
    XW_TRY(opened, opening(kept, at.ordinal, row.id, room));
    ReadEntry read{row.log, row.seq, at.position, row.at_ms, opened.header.created_ms, std::nullopt};
    if (!opened.key) return read;
    if (at.position >= opened.header.entries)
        return refuse(Code::store_corrupt, table_name(Table::index_blocks), std::to_string(at.position));
    const std::uint32_t chunk = opened.header.chunk_of(at.position);
    XW_TRY(plain, read_chunk(kept, at.ordinal, opened, chunk));
    const auto entries = split_entries(plain);
    XW_TRY(entry, decode_entry(entries[at.position - opened.header.first_entry[chunk]]));
    read.entry = std::move(entry);
    return read;
}

Result<std::vector<Entry>> read_batch(const Snapshot& kept, std::uint64_t ordinal, const JobRoom& room) {
    std::vector<Entry> entries;
    XW_TRY(row, kept.at(ordinal));
    XW_TRY(opened, opening(kept, ordinal, row.id, room));
    if (!opened.key) return entries;
    for (std::uint32_t chunk = 0; chunk < opened.header.chunks.size(); ++chunk) {
        XW_TRY(plain, read_chunk(kept, ordinal, opened, chunk));
        for (const View encoded : split_entries(plain)) {
            XW_TRY(entry, decode_entry(encoded));
            entries.push_back(std::move(entry));
        }
    }
    return entries;
}

void put_in_order(std::vector<ReadEntry>& entries) {
    std::vector<std::pair<RecordPlace, ReadEntry>> ordered;
    ordered.reserve(entries.size());
    for (ReadEntry& e : entries)
        ordered.emplace_back(RecordPlace{e.created_ms, e.log, e.seq, e.position}, std::move(e));
    std::vector<RecordPlace*> places;
    for (auto& [place, entry] : ordered) places.push_back(&place);
    raise_moments(std::move(places));
    std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    entries.clear();
    for (auto& [place, entry] : ordered) entries.push_back(std::move(entry));
}

Result<LatestEntry> find_latest(const Snapshot& kept, const RecordId& record, const JobRoom& room) {
    XW_TRY(found, kept.find_record(record));
    XW_TRY(ordered, in_record_order(kept, found));
    LatestEntry latest;
    if (!ordered.empty()) latest.moment = ordered.back().place.moment;
    for (auto it = ordered.rbegin(); it != ordered.rend(); ++it) {
        auto entry = read_entry(kept, it->where, room);
        // The newest is gone because the record was past its last day; what stood before it must not come back.
        if (!entry && entry.error().code == Code::batch_expired) break;
        XW_TRY(read, std::move(entry));
        // The index holds 64 bits of a keyed hash: another record may share them.
        if (!read.entry || read.entry->record != record) continue;
        latest.read = std::move(read);
        break;
    }
    return latest;
}

Result<std::optional<ReadEntry>> read_latest(const Snapshot& kept, const RecordId& record,
                                             const JobRoom& room) {
    XW_TRY(latest, find_latest(kept, record, room));
    return std::move(latest.read);
}

}  // namespace xinwang
