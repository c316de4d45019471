#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/compress.h"
#include "protocol/suite_1.h"

namespace xinwang {

using namespace suite_1_parts;

namespace suite_1_parts {

Result<ChunkText> parse_chunk_text(View text, bool first) {
    Reader in(text, "chunk");
    ChunkText chunk;
    if (first) chunk.inner = in.raw(inner_bytes);
    chunk.compressed = in.bytes32();
    XW_TRY_VOID(in.so_far());
    const View padding = in.rest();
    if (padding.size() >= limits::chunk_padding_bytes ||
        std::any_of(padding.begin(), padding.end(), [](std::uint8_t b) { return b != 0; }))
        return refuse(Code::bad_chunk_text, "padding", std::to_string(padding.size()), "fewer than 64 zeros");
    return chunk;
}

Result<void> decompress_onto(Bytes& plain, View compressed, std::size_t bytes_max) {
    XW_TRY(size, frame_plain_bytes(compressed));
    const std::size_t most =
        std::min({bytes_max, limits::chunk_plain_bytes_max, compressed.size() * limits::chunk_growth_max});
    if (size > most) return refuse(Code::bad_chunk_text, "size", std::to_string(size), std::to_string(most));
    const std::size_t before = plain.size();
    plain.resize(before + size);
    return decompress(std::span(plain).subspan(before), compressed);
}

Result<void> split_onto(std::vector<View>& entries, View chunk_plain, std::size_t count) {
    Reader in(chunk_plain, "chunk");
    const std::size_t before = entries.size();
    while (!in.rest().empty()) {
        const View entry = in.bytes32();
        XW_TRY_VOID(in.so_far());
        if (entry.empty() || entry.size() > limits::entry_bytes_max)
            return refuse(Code::bad_chunk_text, "entry", std::to_string(entry.size()), "1..24576 bytes");
        entries.push_back(entry);
    }
    if (const std::size_t found = entries.size() - before; found != count)
        return refuse(Code::bad_chunk_text, "entries", std::to_string(found), std::to_string(count));
    return {};
}

}  // namespace suite_1_parts

namespace {

Result<ContentKey> unwrap_stanza(const Stanza& stanza, const OpeningKey& key, const Hash256& commitment) {
    XW_TRY(shared, key.agree(stanza.ephemeral));
    const WrapKey wrapper =
        wrap_key(shared, stanza.ephemeral, key.public_key(), stanza.recipient, stanza.epoch, commitment);
    ContentKey content;
    if (!unwrap_with(wrapper, stanza.wrapped, content))
        return refuse(Code::stanza_not_opening, "stanza", stanza.recipient.hex());
    return content;
}

// Opens a chunk's seal into `text`, of just its size, which the parsed view looks into.
Result<ChunkText> unseal(std::span<std::uint8_t> text, const BatchHeader& h, std::uint32_t chunk, View sealed,
                         const PayloadKey& key, const Context& context) {
    if (!open_text(text, sealed, key, context, chunk, chunk + 1 == h.chunks.size()))
        return refuse(Code::chunk_not_opening, "chunk", std::to_string(chunk));
    return parse_chunk_text(text, chunk == 0);
}

Result<OpenedBatch> decompress_batch(const BatchHeader& h, std::span<const View> compressed) {
    OpenedBatch opened;
    opened.plain.reserve(h.plain_bytes);
    opened.entries.reserve(h.entries);
    for (std::size_t i = 0; i < compressed.size(); ++i) {
        // Never beyond what was reserved: the entries split so far look into it.
        const std::size_t before = opened.plain.size();
        XW_TRY_VOID(decompress_onto(opened.plain, compressed[i], h.plain_bytes - before));
        XW_TRY_VOID(split_onto(opened.entries, View(opened.plain).subspan(before), h.chunks[i].entries));
    }
    if (opened.plain.size() != h.plain_bytes)
        return refuse(Code::bad_chunk_text, "plain_bytes", std::to_string(opened.plain.size()),
                      std::to_string(h.plain_bytes));
    return opened;
}

}  // namespace

Result<ContentKey> unwrap(const BatchHeader& h, const NodeId& me, const OpeningKey* key) {
    const Stanza* stanza = h.stanza_for(me);
    if (stanza == nullptr) return refuse(Code::not_a_recipient, "batch", me.hex());
    Result<ContentKey> content;
    if (h.policy_id == policy_open)
        std::copy_n(stanza->wrapped.begin(), ContentKey::size, content->bytes.begin());
    else if (key == nullptr)
        return refuse(Code::opening_key_missing, "batch", std::to_string(stanza->epoch));
    else
        content = unwrap_stanza(*stanza, *key, h.commitment);
    if (content && commitment_of(*content, h.fixed) != h.commitment)
        return refuse(Code::commitment_broken, "batch", h.id.hex());
    return content;
}

Result<Bytes> open_chunk(const BatchHeader& h, std::uint32_t chunk, View sealed, const ContentKey& key) {
    XW_CHECK(chunk < h.chunks.size());
    thread_local Bytes text;
    text.resize(h.chunks[chunk].bytes - tag_bytes);
    XW_TRY(parsed, unseal(text, h, chunk, sealed, payload_key(key), context_of(h.fixed, h.commitment)));
    Bytes plain;
    XW_TRY_VOID(decompress_onto(plain, parsed.compressed, h.plain_bytes));
    std::vector<View> entries;
    XW_TRY_VOID(split_onto(entries, plain, h.chunks[chunk].entries));
    return plain;
}

std::vector<View> split_entries(View chunk_plain) {
    std::vector<View> entries;
    Reader in(chunk_plain, "chunk");
    while (!in.rest().empty()) entries.push_back(in.bytes32());
    XW_CHECK(in.good());
    return entries;
}

Result<OpenedBatch> open_batch(const BatchHeader& h, std::span<const View> pieces, const ContentKey& key) {
    XW_CHECK(pieces.size() == h.piece_bytes.size());
    const PayloadKey payload = payload_key(key);
    const Context context = context_of(h.fixed, h.commitment);
    thread_local Bytes texts;
    texts.resize(h.sealed_bytes);
    std::span<std::uint8_t> room(texts);
    std::vector<View> compressed;
    View inner;
    for (std::uint32_t i = 0; i < h.chunks.size(); ++i) {
        const auto [piece, offset] = h.places[i];
        const View sealed = pieces[piece - 1].subspan(offset, h.chunks[i].bytes);
        const auto text = room.first(sealed.size() - tag_bytes);
        room = room.subspan(text.size());
        XW_TRY(parsed, unseal(text, h, i, sealed, payload, context));
        if (i == 0) inner = parsed.inner;
        compressed.push_back(parsed.compressed);
    }
    if (!equal(inner_hash(h.log.origin, h.fixed, compressed).view(), inner))
        return refuse(Code::inner_hash_broken, "batch", h.id.hex());
    return decompress_batch(h, compressed);
}

}  // namespace xinwang
