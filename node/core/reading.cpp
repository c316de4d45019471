#include "node/core/reading.h"

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

Result<bool> visit_batch(const Snapshot& kept, std::uint64_t ordinal, const JobRoom& room,
                         const EntryVisitor& visit) {
    XW_TRY(row, kept.at(ordinal));
    XW_TRY(opened, opening(kept, ordinal, row.id, room));
    if (!opened.key) return false;
    for (std::uint32_t chunk = 0; chunk < opened.header.chunks.size(); ++chunk) {
        XW_TRY(plain, read_chunk(kept, ordinal, opened, chunk));
        std::uint32_t position = opened.header.first_entry[chunk];
        for (const View encoded : split_entries(plain)) XW_TRY_VOID(visit(position++, encoded));
    }
    return true;
}

Result<std::vector<Entry>> read_batch(const Snapshot& kept, std::uint64_t ordinal, const JobRoom& room) {
    std::vector<Entry> entries;
    XW_TRY_VOID(visit_batch(kept, ordinal, room, [&](std::uint32_t, View encoded) -> Result<void> {
        XW_TRY(entry, decode_entry(encoded));
        entries.push_back(std::move(entry));
        return {};
    }));
    return entries;
}

}  // namespace xinwang
