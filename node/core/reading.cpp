#include "node/core/reading.h"

#include <algorithm>

namespace xinwang {
namespace {

struct Opening {
    BatchHeader header;
    std::optional<ContentKey> key;  // none at a carrier
};

Result<Opening> opening(const Snapshot& kept, std::uint64_t ordinal, const JobRoom& room) {
    XW_TRY(bytes, kept.header(ordinal));
    XW_TRY(header, parse_header(bytes));
    if (auto held = room.content_keys->find(header.id)) return Opening{std::move(header), std::move(held)};
    auto key = unwrap(header, room.self, &room.open_key);
    if (key) {
        room.content_keys->keep(header.id, *key);
        return Opening{std::move(header), *key};
    }
    if (key.error().code == Code::not_a_recipient) return Opening{std::move(header), std::nullopt};
    return tl::unexpected(key.error());
}

// A sealed chunk out of the one or two pieces that hold it, opened.
Result<Bytes> read_chunk(const Snapshot& kept, std::uint64_t ordinal, const Opening& opened,
                         std::uint32_t chunk) {
    auto [piece, offset] = opened.header.places[chunk];
    const std::size_t bytes = opened.header.chunks[chunk].bytes;
    Bytes sealed;
    while (sealed.size() < bytes) {
        XW_TRY(held, kept.piece(ordinal, piece));
        if (held.size() <= offset) return refuse(Code::bad_pieces, "size", std::to_string(held.size()));
        append(sealed, View(held).subspan(offset, std::min(held.size() - offset, bytes - sealed.size())));
        ++piece;
        offset = 0;
    }
    return open_chunk(opened.header, chunk, sealed, *opened.key);
}

}  // namespace

Result<ReadEntry> read_entry(const Snapshot& kept, const Locator& at, const JobRoom& room) {
    XW_TRY(row, kept.at(at.ordinal));
    XW_TRY(opened, opening(kept, at.ordinal, room));
    ReadEntry read{row.log, row.seq, at.position, row.at_ms, std::nullopt};
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
    XW_TRY(opened, opening(kept, ordinal, room));
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

Result<std::optional<ReadEntry>> read_latest(const Snapshot& kept, const RecordId& record,
                                             const JobRoom& room) {
    XW_TRY(found, kept.find_record(record));
    for (auto it = found.rbegin(); it != found.rend(); ++it) {
        auto entry = read_entry(kept, *it, room);
        // The newest is gone because the record was past its last day; what stood before it must not come back.
        if (!entry && entry.error().code == Code::batch_expired) return std::optional<ReadEntry>();
        XW_TRY(read, std::move(entry));
        // The index holds 64 bits of a keyed hash: another record may share them.
        if (read.entry && read.entry->record == record) return std::optional(std::move(read));
    }
    return std::optional<ReadEntry>();
}

}  // namespace xinwang
