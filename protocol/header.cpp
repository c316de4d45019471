#include <fmt/format.h>

#include <algorithm>

#include "protocol/base/check.h"
#include "protocol/suite_1.h"

namespace xinwang {

using namespace suite_1_parts;

namespace {

enum class Hashing { checked, known };

tl::unexpected<Refusal> bad(const char* field, std::uint64_t value, std::string_view limit) {
    return refuse(Code::bad_header, field, std::to_string(value), limit);
}

// Magic, suite and version, before anything else is believed.
Result<void> check_front(View header) {
    Reader in(header, "batch header");
    const View front = in.raw(magic.size());
    const std::uint16_t suite = in.u16(), version = in.u16();
    XW_TRY_VOID(in.so_far());
    if (text(front) != magic) return refuse(Code::not_a_batch, "batch header", hex(front));
    if (suite != suite_1) return refuse(Code::unsupported_suite, "suite", std::to_string(suite), "1");
    if (version < envelope_version_min || version > envelope_version)
        return refuse(Code::unsupported_envelope, "version", std::to_string(version), "1..2");
    return {};
}

bool policy_has_form(std::uint16_t policy) {
    return policy == policy_toward || (policy & ~policy_tiers) == 0;
}

// Everything up to the chunk table. Returns the number of chunks.
Result<std::uint16_t> read_fixed(Reader& in, BatchHeader& h) {
    in.raw(magic.size() + sizeof suite_1);
    h.version = in.u16();
    XW_TRY(log, LogId::read(in));
    h.log = log;
    h.seq = in.u64();
    h.previous = in.block<BatchId>();
    h.created_ms = in.i64();
    h.directory_version = in.u64();
    h.directory_hash = in.block<Hash256>();
    h.policy_id = in.u16();
    h.entries = in.u32();
    h.plain_bytes = in.u32();
    const std::uint8_t compression = in.u8();
    const std::uint16_t chunks = in.u16();
    h.commitment = in.block<Hash256>();
    h.sealed_bytes = in.u32();
    h.ciphertext_root = in.block<Hash256>();
    XW_TRY_VOID(in.so_far());
    if (compression != compression_zstd) return bad("compression", compression, "1");
    if (chunks == 0 || chunks > limits::batch_chunks_max) return bad("chunks", chunks, "1..512");
    return chunks;
}

Result<void> check_fixed(const BatchHeader& h) {
    if ((h.seq == 0) != h.previous.is_zero())
        return refuse(Code::bad_header, "previous", h.previous.hex(), "zero exactly in the first batch");
    if (h.seq >> 63 != 0) return bad("seq", h.seq, "below 2^63");
    if (h.created_ms < 0)
        return refuse(Code::bad_header, "created_ms", std::to_string(h.created_ms), "not negative");
    if (!policy_has_form(h.policy_id)) return bad("policy_id", h.policy_id, "0..15 or 0x8000");
    if (h.entries == 0 || h.entries > limits::batch_entries_max) return bad("entries", h.entries, "1..65536");
    if (h.plain_bytes < h.entries * std::uint64_t{length_bytes + 1} ||
        h.plain_bytes > limits::batch_plain_bytes_max ||
        h.plain_bytes > h.sealed_bytes * std::uint64_t{limits::chunk_growth_max})
        return bad("plain_bytes", h.plain_bytes, "what its entries and chunks can hold");
    return {};
}

Result<void> read_chunks(Reader& in, std::uint16_t count, BatchHeader& h, Hashing hashing) {
    const View table = in.raw(count * chunk_row_bytes);
    XW_TRY_VOID(in.so_far());
    if (hashing == Hashing::checked && root_of(table) != h.ciphertext_root)
        return refuse(Code::bad_header, "ciphertext_root", h.ciphertext_root.hex(), "the chunk table's hash");
    Reader rows(table, "chunk table");
    std::uint64_t entries = 0, sealed = 0;
    h.chunks.reserve(count);
    h.first_entry.reserve(count);
    for (std::uint16_t i = 0; i < count; ++i) {
        ChunkRow row{rows.u32(), rows.u16(), rows.block<Hash256>()};
        if (row.bytes < limits::chunk_padding_bytes + tag_bytes || row.bytes > limits::chunk_sealed_bytes_max ||
            (row.bytes - tag_bytes) % limits::chunk_padding_bytes != 0)
            return bad("chunk.bytes", row.bytes, "64 n + 16, at most 61440");
        if (row.entries == 0) return bad("chunk.entries", row.entries, "at least 1");
        h.first_entry.push_back(static_cast<std::uint32_t>(entries));
        entries += row.entries;
        sealed += row.bytes;
        h.chunks.push_back(row);
    }
    if (entries != h.entries) return bad("entries", h.entries, std::to_string(entries) + " as its chunks say");
    if (sealed != h.sealed_bytes)
        return bad("sealed_bytes", h.sealed_bytes, std::to_string(sealed) + " as its chunks say");
    return {};
}

Result<void> read_stanzas(Reader& in, BatchHeader& h) {
    const std::uint16_t count = in.u16();
    XW_TRY_VOID(in.so_far());
    if (count == 0 || count > limits::batch_stanzas_max) return bad("stanzas", count, "1..64");
    for (std::uint16_t i = 0; i < count; ++i) {
        Stanza s;
        s.recipient = in.block<NodeId>();
        s.epoch = in.u32();
        s.ephemeral = in.block<OpenPublicKey>();
        const View wrapped = in.raw(Stanza::wrapped_bytes);
        XW_TRY_VOID(in.so_far());
        std::copy(wrapped.begin(), wrapped.end(), s.wrapped.begin());
        const bool rises = i == 0 || h.stanzas.back().recipient < s.recipient;
        if (!rises) return refuse(Code::bad_header, "stanza.recipient", s.recipient.hex(), "rising order");
        h.stanzas.push_back(s);
    }
    return {};
}

// Under policy_open: one stanza, for nobody, with the key in clear and zeros after it. Else: none for nobody.
Result<void> check_stanzas(const BatchHeader& h) {
    const Stanza& first = h.stanzas.front();
    const bool for_nobody = first.recipient.is_zero();
    if (h.policy_id != policy_open) {
        if (for_nobody) return refuse(Code::bad_header, "stanza.recipient", "0", "a node");
        return {};
    }
    const auto tail = View(first.wrapped).subspan(ContentKey::size);
    const bool blank = for_nobody && first.epoch == 0 && first.ephemeral.is_zero() &&
                       std::all_of(tail.begin(), tail.end(), [](std::uint8_t b) { return b == 0; });
    if (h.stanzas.size() != 1 || !blank)
        return refuse(Code::bad_header, "stanza", "other", "the one open stanza of policy 0");
    return {};
}

}  // namespace

std::uint32_t BatchHeader::chunk_of(std::uint32_t position) const {
    XW_CHECK(position < entries);
    const auto after = std::upper_bound(first_entry.begin(), first_entry.end(), position);
    return static_cast<std::uint32_t>(after - first_entry.begin() - 1);
}

const Stanza* BatchHeader::stanza_for(const NodeId& node) const {
    if (policy_id == policy_open) return &stanzas.front();
    const auto at = std::lower_bound(stanzas.begin(), stanzas.end(), node,
                                     [](const Stanza& s, const NodeId& n) { return s.recipient < n; });
    return at != stanzas.end() && at->recipient == node ? &*at : nullptr;
}

View BatchHeader::sealed_chunk(std::uint32_t chunk, std::span<const View> all, Bytes& room) const {
    auto [piece, offset] = places[chunk];
    const std::size_t bytes = chunks[chunk].bytes;
    const View here = all[piece - 1].subspan(offset);
    if (here.size() >= bytes) return here.first(bytes);
    room = to_bytes(here);
    append(room, all[piece].first(bytes - here.size()));
    return room;
}

namespace {

// All but the id.
Result<BatchHeader> parse(View header, Hashing hashing) {
    XW_TRY_VOID(check_front(header));
    if (header.size() > limits::piece_bytes_max)
        return refuse(Code::too_large, "batch header", std::to_string(header.size()),
                      std::to_string(limits::piece_bytes_max));
    Reader in(header, "batch header");
    BatchHeader h;
    XW_TRY(chunks, read_fixed(in, h));
    XW_TRY_VOID(check_fixed(h));
    XW_TRY_VOID(read_chunks(in, chunks, h, hashing));
    XW_TRY_VOID(read_stanzas(in, h));
    XW_TRY_VOID(check_stanzas(h));
    h.signer = in.block<SignPublicKey>();
    h.signature = in.block<Signature>();
    XW_TRY_VOID(in.finish());

    Packing packing = pack_chunks(h.chunks, h.version);
    if (header.size() + h.sealed_bytes > limits::batch_sealed_bytes_max)
        return refuse(Code::too_large, "batch", std::to_string(header.size() + h.sealed_bytes),
                      std::to_string(limits::batch_sealed_bytes_max));
    h.places = std::move(packing.places);
    h.piece_bytes = std::move(packing.piece_bytes);
    XW_CHECK(h.pieces() <= limits::batch_pieces_max);  // follows from the sizes (limits.h)
    h.fixed = to_bytes(header.first(fixed_bytes));
    return h;
}

}  // namespace

Result<HeaderGlance> glance_header(View header) {
    XW_TRY_VOID(check_front(header));
    Reader in(header, "batch header");
    in.raw(magic.size() + sizeof suite_1 + sizeof envelope_version);
    XW_TRY(log, LogId::read(in));
    HeaderGlance seen{log, in.u64(), 0, 0};
    in.raw(BatchId::size);
    seen.created_ms = in.i64();
    in.raw(sizeof(std::uint64_t) + Hash256::size);  // the directory's version and hash
    seen.policy = in.u16();
    XW_TRY_VOID(in.so_far());
    return seen;
}

Result<BatchHeader> parse_header(View header) {
    XW_TRY(h, parse(header, Hashing::checked));
    h.id = id_of(header.first(header.size() - Signature::size));
    return h;
}

Result<BatchHeader> parse_known_header(View header, const BatchId& id) {
    XW_TRY(h, parse(header, Hashing::known));
    h.id = id;
    return h;
}

}  // namespace xinwang
