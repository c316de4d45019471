// Entries into compressed chunks, and chunks into batches (envelope.h).
#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/compress.h"
#include "protocol/suite_1.h"

namespace xinwang {

using namespace suite_1_parts;

namespace {

static_assert(EntryBlock::length_bytes == length_bytes);
static_assert(limits::chunk_plain_bytes_max >= length_bytes + limits::entry_bytes_max);

struct Cut {
    std::size_t frame_bytes = 0, entries = 0, plain_bytes = 0;
};

// How many entries from `first` on one chunk may hold by number and plain size.
std::size_t chunk_prefix(const EntryBlock& entries, std::size_t first) {
    std::size_t count = std::min(entries.size() - first, limits::chunk_entries);
    // Nearly always all of them: entries much larger than records are rare.
    while (entries.framed(first, count).size() > limits::chunk_plain_bytes_max) --count;
    return count;
}

bool fits_chunk(std::size_t frame_bytes) {
    return sealed_chunk_bytes(frame_bytes) <= limits::chunk_sealed_bytes_max;
}

// Compresses the next chunk into `room`. What hardly compresses is cut smaller: one entry always fits.
Cut compress_chunk(std::span<std::uint8_t> room, const EntryBlock& entries, std::size_t first) {
    std::size_t count = chunk_prefix(entries, first);
    for (;;) {
        const View plain = entries.framed(first, count);
        const std::size_t size = compress(room, plain);
        if (fits_chunk(size)) return {size, count, plain.size()};
        XW_CHECK(count > 1);
        count = (count + 1) / 2;
    }
}

}  // namespace

Packed pack(const EntryBlock& entries, const std::function<void(std::uint32_t position, View entry)>& visit) {
    // Into a buffer that keeps its memory, and from there into one that is just large enough.
    thread_local Bytes room;
    std::vector<Cut> cuts;
    std::size_t used = 0;
    for (std::size_t first = 0; first < entries.size(); first += cuts.back().entries) {
        room.resize(std::max(room.size(), used + compressed_bytes_bound(limits::chunk_plain_bytes_max)));
        cuts.push_back(compress_chunk(std::span(room).subspan(used), entries, first));
        used += cuts.back().frame_bytes;
        for (std::size_t i = first; visit && i < first + cuts.back().entries; ++i)
            visit(static_cast<std::uint32_t>(i), entries[i]);
    }
    Packed packed;
    packed.frames.assign(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(used));
    packed.chunks.reserve(cuts.size());
    std::size_t at = 0;
    for (const Cut& cut : cuts) {
        packed.chunks.push_back({View(packed.frames).subspan(at, cut.frame_bytes),
                                 static_cast<std::uint32_t>(cut.plain_bytes),
                                 static_cast<std::uint16_t>(cut.entries)});
        at += cut.frame_bytes;
    }
    return packed;
}

std::size_t batch_prefix(std::span<const PackedChunk> chunks) {
    // With room for the largest header of so many chunks.
    std::size_t bytes = header_bytes(0, limits::batch_stanzas_max), plain = 0, entries = 0, fit = 0;
    while (fit < chunks.size() && fit < limits::batch_chunks_max) {
        const PackedChunk& next = chunks[fit];
        bytes += chunk_row_bytes + sealed_chunk_bytes(next.frame.size());
        plain += next.plain_bytes;
        entries += next.entries;
        if (bytes > limits::batch_sealed_bytes_max || plain > limits::batch_plain_bytes_max ||
            entries > limits::batch_entries_max)
            break;
        ++fit;
    }
    if (fit == chunks.size()) return fit;
    XW_CHECK(fit > 0);
    const std::size_t batches = (chunks.size() + fit - 1) / fit;
    return (chunks.size() + batches - 1) / batches;
}

}  // namespace xinwang
