#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/compress.h"
#include "protocol/suite_1.h"

namespace xinwang {

using namespace suite_1_parts;

namespace suite_1_parts {

Result<ChunkText> parse_chunk_text(View text, Front front) {
    Reader in(text, "chunk");
    ChunkText chunk;
    if (front == Front::inner) chunk.inner = in.raw(inner_bytes);
    chunk.compressed = in.bytes32();
    XW_TRY_VOID(in.so_far());
    const View padding = in.rest();
    if (padding.size() >= limits::chunk_padding_bytes ||
        std::any_of(padding.begin(), padding.end(), [](std::uint8_t b) { return b != 0; }))
        return refuse(Code::bad_chunk_text, "padding", std::to_string(padding.size()), "fewer than 64 zeros");
    return chunk;
}

Result<View> decompress_into(Bytes& room, View compressed, std::size_t bytes_max) {
    XW_TRY(size, frame_plain_bytes(compressed));
    const std::size_t most =
        std::min({bytes_max, limits::chunk_plain_bytes_max, compressed.size() * limits::chunk_growth_max});
    if (size > most) return refuse(Code::bad_chunk_text, "size", std::to_string(size), std::to_string(most));
    room.resize(std::max(room.size(), size));
    XW_TRY_VOID(decompress(std::span(room).first(size), compressed));
    return View(room).first(size);
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
    return parse_chunk_text(text, h.version == 1 && chunk == 0 ? Front::inner : Front::none);
}

// Shows the entries of one chunk after another, of which only one is in memory.
Result<void> show_entries(const BatchHeader& h, std::span<const View> frames, const EntryVisitor& visit) {
    thread_local Bytes plain;
    std::vector<View> entries;
    std::size_t total = 0;
    for (std::uint32_t i = 0; i < frames.size(); ++i) {
        XW_TRY(chunk, decompress_into(plain, frames[i], h.plain_bytes - total));
        total += chunk.size();
        entries.clear();
        XW_TRY_VOID(split_onto(entries, chunk, h.chunks[i].entries));
        std::uint32_t position = h.first_entry[i];
        for (const View entry : entries) XW_TRY_VOID(visit(position++, entry));
    }
    if (total != h.plain_bytes)
        return refuse(Code::bad_chunk_text, "plain_bytes", std::to_string(total),
                      std::to_string(h.plain_bytes));
    return {};
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

Result<ContentKey> unwrap(const BatchHeader& h, const NodeId& me, const OpeningKeys& keys) {
    const Stanza* stanza = h.stanza_for(me);
    const auto key = stanza == nullptr ? std::nullopt : keys.find(stanza->epoch);
    return unwrap(h, me, key ? &*key : nullptr);
}

Result<Bytes> open_chunk(const BatchHeader& h, std::uint32_t chunk, View sealed, const ContentKey& key) {
    XW_CHECK(chunk < h.chunks.size());
    thread_local Bytes text;
    text.resize(h.chunks[chunk].bytes - tag_bytes);
    XW_TRY(parsed, unseal(text, h, chunk, sealed, payload_key(key), context_of(h.fixed, h.commitment)));
    Bytes room;
    XW_TRY(plain, decompress_into(room, parsed.compressed, h.plain_bytes));
    std::vector<View> entries;
    XW_TRY_VOID(split_onto(entries, plain, h.chunks[chunk].entries));
    return room;
}

std::vector<View> split_entries(View chunk_plain) {
    std::vector<View> entries;
    Reader in(chunk_plain, "chunk");
    while (!in.rest().empty()) entries.push_back(in.bytes32());
    XW_CHECK(in.good());
    return entries;
}

Result<void> scan_batch(const BatchHeader& h, std::span<const View> pieces, const ContentKey& key,
                        const EntryVisitor& visit) {
    XW_CHECK(pieces.size() == h.piece_bytes.size());
    const PayloadKey payload = payload_key(key);
    const Context context = context_of(h.fixed, h.commitment);
    thread_local Bytes texts;
    texts.resize(std::max<std::size_t>(texts.size(), h.sealed_bytes));
    std::span<std::uint8_t> rest(texts);
    Bytes room;
    std::vector<View> frames;
    View inner;
    for (std::uint32_t i = 0; i < h.chunks.size(); ++i) {
        const View sealed = h.sealed_chunk(i, pieces, room);
        const auto text = rest.first(sealed.size() - tag_bytes);
        rest = rest.subspan(text.size());
        XW_TRY(parsed, unseal(text, h, i, sealed, payload, context));
        if (i == 0) inner = parsed.inner;
        frames.push_back(parsed.compressed);
    }
    if (h.version == 1 && !equal(inner_hash(h.log.origin, h.fixed, frames).view(), inner))
        return refuse(Code::inner_hash_broken, "batch", h.id.hex());
    return show_entries(h, frames, visit);
}

}  // namespace xinwang
