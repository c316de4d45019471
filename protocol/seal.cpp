#include <sodium.h>

#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/suite_1.h"

namespace xinwang {

using namespace suite_1_parts;

namespace {

Bytes fixed_of(const SealRequest& r, std::span<const PackedChunk> chunks) {
    std::uint32_t plain = 0, entries = 0;
    for (const PackedChunk& chunk : chunks) {
        plain += chunk.plain_bytes;
        entries += chunk.entries;
    }
    Writer out;
    out.raw(view(magic));
    out.u16(suite_1);
    out.u16(envelope_version);
    r.log.write(out);
    out.u64(r.seq);
    out.block(r.previous);
    out.i64(r.created_ms);
    out.u64(r.directory_version);
    out.block(r.directory_hash);
    out.u16(r.policy_id);
    out.u32(entries);
    out.u32(plain);
    out.u8(compression_zstd);
    out.u16(static_cast<std::uint16_t>(chunks.size()));
    XW_CHECK(out.bytes().size() == fixed_bytes);
    return out.take();
}

// u32 length | frame | zeros
void write_text(std::span<std::uint8_t> text, View frame) {
    auto to = text.begin();
    for (unsigned shift = 0; shift < 32; shift += 8) *to++ = static_cast<std::uint8_t>(frame.size() >> shift);
    std::fill(std::copy(frame.begin(), frame.end(), to), text.end(), std::uint8_t{0});
}

// Seals every chunk, end to end, into `sealed`. Returns their rows.
std::vector<ChunkRow> seal_chunks(Bytes& sealed, std::span<const PackedChunk> chunks, const PayloadKey& key,
                                  const Context& context) {
    std::vector<ChunkRow> rows;
    std::size_t total = 0;
    for (const PackedChunk& chunk : chunks) {
        const std::size_t bytes = sealed_chunk_bytes(chunk.frame.size());
        rows.push_back({static_cast<std::uint32_t>(bytes), chunk.entries, {}});
        total += bytes;
    }
    sealed.resize(total);
    std::span<std::uint8_t> rest(sealed);
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
        const auto to = rest.first(rows[i].bytes);
        rest = rest.subspan(to.size());
        const auto text = to.first(to.size() - tag_bytes);
        write_text(text, chunks[i].frame);
        seal_text(to, text, key, context, i, i + 1 == rows.size());
        rows[i].hash = chunk_hash(to);
    }
    return rows;
}

std::vector<Bytes> cut_pieces(View sealed) {
    std::vector<Bytes> pieces;
    for (; !sealed.empty(); sealed = sealed.subspan(pieces.back().size()))
        pieces.push_back(to_bytes(sealed.first(std::min(sealed.size(), limits::piece_bytes_max))));
    return pieces;
}

void write_stanza(Writer& out, const Recipient& to, const ContentKey& content, const Hash256& commitment) {
    SharedSecret secret, shared;
    OpenPublicKey ephemeral;
    randombytes_buf(secret.bytes.data(), SharedSecret::size);
    crypto_scalarmult_base(ephemeral.bytes.data(), secret.bytes.data());
    XW_CHECK(crypto_scalarmult(shared.bytes.data(), secret.bytes.data(), to.key.bytes.data()) == 0);
    std::array<std::uint8_t, Stanza::wrapped_bytes> wrapped;
    wrap(wrapped, wrap_key(shared, ephemeral, to.key, to.node, to.epoch, commitment), content);
    out.block(to.node);
    out.u32(to.epoch);
    out.block(ephemeral);
    out.raw(wrapped);
}

void write_stanzas(Writer& out, const SealRequest& request, const ContentKey& content,
                   const Hash256& commitment) {
    if (request.policy_id == policy_open) {
        out.u16(1);
        out.block(NodeId{});
        out.u32(0);
        out.block(OpenPublicKey{});
        out.raw(content.view());
        out.raw(std::array<std::uint8_t, Stanza::wrapped_bytes - ContentKey::size>{});
        return;
    }
    std::vector<Recipient> recipients = request.recipients;
    std::sort(recipients.begin(), recipients.end(),
              [](const Recipient& a, const Recipient& b) { return a.node < b.node; });
    XW_CHECK(!recipients.empty() && recipients.size() <= limits::batch_stanzas_max);
    for (std::size_t i = 0; i < recipients.size(); ++i)
        XW_CHECK(i == 0 ? !recipients[i].node.is_zero() : recipients[i - 1].node < recipients[i].node);
    out.u16(static_cast<std::uint16_t>(recipients.size()));
    for (const Recipient& r : recipients) write_stanza(out, r, content, commitment);
}

}  // namespace

SealedBatch seal(const SealRequest& request, std::span<const PackedChunk> chunks, const SigningKey& key) {
    XW_CHECK(!chunks.empty());
    ContentKey content;
    randombytes_buf(content.bytes.data(), ContentKey::size);
    const Bytes fixed = fixed_of(request, chunks);
    const Hash256 commitment = commitment_of(content, fixed);
    thread_local Bytes stream;
    const auto rows = seal_chunks(stream, chunks, payload_key(content), context_of(fixed, commitment));
    SealedBatch batch;
    batch.pieces = cut_pieces(stream);

    Writer table;
    for (const ChunkRow& row : rows) {
        table.u32(row.bytes);
        table.u16(row.entries);
        table.block(row.hash);
        batch.entries += row.entries;
    }
    Writer out;
    out.raw(fixed);
    out.block(commitment);
    out.u32(static_cast<std::uint32_t>(stream.size()));
    out.block(root_of(table.bytes()));
    out.raw(table.bytes());
    write_stanzas(out, request, content, commitment);
    out.block(key.public_key());
    batch.id = id_of(out.bytes());
    out.block(key.sign(signed_message(out.bytes())));
    batch.header = out.take();
    // Our own rules, checked where they would otherwise be found out by every receiver.
    XW_CHECK(parse_header(batch.header).has_value());
    batch.sealed_bytes = batch.header.size() + stream.size();
    return batch;
}

}  // namespace xinwang
