#include <sodium.h>

#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/compress.h"
#include "protocol/suite_1.h"

namespace xinwang {

using namespace suite_1_parts;

namespace {

struct Group {
    std::size_t first = 0, count = 0, plain = 0;
};

// The most that a chunk of so many bytes of entries can become.
std::size_t sealed_bound(std::size_t plain) {
    return padded(inner_bytes + length_bytes + compressed_bytes_bound(plain)) + tag_bytes;
}

// Cuts the leading entries into chunks, as many as surely fit one batch.
std::vector<Group> plan(std::span<const Bytes> entries) {
    std::vector<Group> groups;
    // Sealed bytes of the header, at its largest, and of all closed groups; plain bytes of all.
    std::size_t sealed = header_bytes(limits::batch_chunks_max, limits::batch_stanzas_max), plain = 0;
    for (std::size_t i = 0; i < entries.size() && i < limits::batch_entries_max; ++i) {
        const std::size_t size = length_bytes + entries[i].size();
        XW_CHECK(size > length_bytes && size <= length_bytes + limits::entry_bytes_max);
        const bool opens = groups.empty() || groups.back().count == limits::chunk_entries ||
                           groups.back().plain + size > limits::chunk_plain_bytes_max;
        const std::size_t closed = opens && !groups.empty() ? sealed_bound(groups.back().plain) : 0;
        const std::size_t open = sealed_bound(opens ? size : groups.back().plain + size);
        if (sealed + closed + open > limits::batch_sealed_bytes_max ||
            plain + size > limits::batch_plain_bytes_max ||
            (opens && groups.size() == limits::batch_chunks_max))
            break;
        if (opens) groups.push_back({i, 0, 0});
        groups.back().count += 1;
        groups.back().plain += size;
        sealed += closed;
        plain += size;
    }
    return groups;
}

std::size_t entries_of(const std::vector<Group>& groups) {
    return groups.empty() ? 0 : groups.back().first + groups.back().count;
}

static_assert(limits::chunk_plain_bytes_max >= length_bytes + limits::entry_bytes_max);

// Buffers that keep their memory from batch to batch.
struct Bench {
    Bytes plain;
    Bytes compressed;          // all chunks' frames, one after another
    std::vector<View> frames;  // looking into `compressed`
    Bytes text;
};

void compress_groups(Bench& bench, std::span<const Bytes> entries, const std::vector<Group>& groups) {
    std::size_t bound = 0;
    for (const Group& g : groups) bound += compressed_bytes_bound(g.plain);
    if (bench.compressed.size() < bound) bench.compressed.resize(bound);
    bench.frames.clear();
    std::size_t at = 0;
    for (const Group& g : groups) {
        bench.plain.clear();
        for (const Bytes& entry : entries.subspan(g.first, g.count)) {
            for (unsigned shift = 0; shift < 32; shift += 8)
                bench.plain.push_back(static_cast<std::uint8_t>(entry.size() >> shift));
            append(bench.plain, entry);
        }
        const std::size_t size = compress(std::span(bench.compressed).subspan(at), bench.plain);
        bench.frames.push_back(View(bench.compressed).subspan(at, size));
        at += size;
    }
}

Bytes fixed_of(const SealRequest& r, const std::vector<Group>& groups) {
    std::size_t plain = 0;
    for (const Group& g : groups) plain += g.plain;
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
    out.u32(static_cast<std::uint32_t>(entries_of(groups)));
    out.u32(static_cast<std::uint32_t>(plain));
    out.u8(compression_zstd);
    out.u16(static_cast<std::uint16_t>(groups.size()));
    XW_CHECK(out.bytes().size() == fixed_bytes);
    return out.take();
}

// inner (first chunk only) | u32 length | compressed | zeros
void build_text(Bytes& text, View inner, View compressed) {
    text.assign(inner.begin(), inner.end());
    for (unsigned shift = 0; shift < 32; shift += 8)
        text.push_back(static_cast<std::uint8_t>(compressed.size() >> shift));
    append(text, compressed);
    text.resize(padded(text.size()));
}

// Seals every chunk into its place; fills in the rows' hashes.
std::vector<Bytes> seal_chunks(Bench& bench, const std::vector<Group>& groups, const Hash256& inner,
                               const PayloadKey& key, const Context& context, std::vector<ChunkRow>& rows) {
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const std::size_t front = (i == 0 ? inner_bytes : 0) + length_bytes;
        rows.push_back({static_cast<std::uint32_t>(padded(front + bench.frames[i].size()) + tag_bytes),
                        static_cast<std::uint16_t>(groups[i].count),
                        {}});
    }
    const Packing packing = pack_chunks(rows);
    std::vector<Bytes> pieces;
    for (const std::uint32_t bytes : packing.piece_bytes) pieces.emplace_back(bytes);
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
        build_text(bench.text, i == 0 ? inner.view() : View{}, bench.frames[i]);
        const auto [piece, offset] = packing.places[i];
        const auto to = std::span(pieces[piece - 1]).subspan(offset, rows[i].bytes);
        seal_text(to, bench.text, key, context, i, i + 1 == rows.size());
        rows[i].hash = chunk_hash(to);
    }
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

std::size_t batch_prefix(std::span<const Bytes> encoded_entries) {
    return entries_of(plan(encoded_entries));
}

SealedBatch seal(const SealRequest& request, std::span<const Bytes> encoded_entries, const SigningKey& key) {
    thread_local Bench bench;
    const std::vector<Group> groups = plan(encoded_entries);
    XW_CHECK(!groups.empty() && entries_of(groups) == encoded_entries.size());
    compress_groups(bench, encoded_entries, groups);

    ContentKey content;
    randombytes_buf(content.bytes.data(), ContentKey::size);
    const Bytes fixed = fixed_of(request, groups);
    const Hash256 commitment = commitment_of(content, fixed);
    std::vector<ChunkRow> rows;
    SealedBatch batch;
    batch.pieces = seal_chunks(bench, groups, inner_hash(request.log.origin, fixed, bench.frames),
                               payload_key(content), context_of(fixed, commitment), rows);

    Writer table;
    std::uint32_t sealed = 0;
    for (const ChunkRow& row : rows) {
        table.u32(row.bytes);
        table.u16(row.entries);
        table.block(row.hash);
        sealed += row.bytes;
    }
    Writer out;
    out.raw(fixed);
    out.block(commitment);
    out.u32(sealed);
    out.block(root_of(table.bytes()));
    out.raw(table.bytes());
    write_stanzas(out, request, content, commitment);
    out.block(key.public_key());
    batch.id = id_of(out.bytes());
    out.block(key.sign(signed_message(out.bytes())));
    batch.header = out.take();
    // Our own rules, checked where they would otherwise be found out by every receiver.
    XW_CHECK(parse_header(batch.header).has_value());
    batch.entries = static_cast<std::uint32_t>(encoded_entries.size());
    batch.sealed_bytes = batch.header.size() + sealed;
    return batch;
}

}  // namespace xinwang
