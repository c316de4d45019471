// The envelope, suite 1: a run of entries sealed together as a batch (WIRE.md section 4; why:
// node/DESIGN.md section 6.1).
//
//   entries ──pack──> chunks ──seal──> SealedBatch ~~ wire, store ~~> verify_batch ──> unwrap ──> scan_batch or
//                     compressed       header | pieces                no key needed    CEK for me   open_chunk
//
// Encrypt, commit, then sign. The content key (CEK) is fresh for every sealing and never derived: seal,
// store, sync, then send the stored bytes; never seal a sent batch again. A carrier verifies everything but
// the plaintext without a key. A recipient opens nothing before it has recomputed the commitment, so that one
// batch cannot give two recipients different contents. The caller checks that the audience is the one that
// the directory's policy names.
//
// Compressing is most of the work and needs nothing from the chain: pack() may run for several blocks at
// once, and seal() then encrypts, hashes and signs in the order of the log. A batch takes as many chunks as
// fit by their compressed sizes.
//
// A batch travels and is stored as pieces: piece 0 is the header; the sealed chunks, laid end to end, are cut
// every limits::piece_bytes_max, and any other cutting is refused. (Version 1 of the envelope is still read:
// WIRE.md section 4.7.) Pure but for the randomness that seal() draws. Any thread; contexts and buffers of
// compression are thread-local.
#pragma once

#include <functional>

#include "protocol/entry_block.h"
#include "protocol/keys.h"

namespace xinwang {

inline constexpr std::uint16_t suite_1 = 1;  // X25519, XChaCha20-Poly1305, BLAKE2b, Ed25519
inline constexpr std::uint16_t suite_2 = 2;  // SM2, SM3, SM4: reserved, refused

// The audience, as a rule that the directory gives meaning to: a bit for each tier of the origin's ancestors,
// or `policy_toward`, the one node that the log is addressed to. The origin always belongs to it.
inline constexpr std::uint16_t policy_open = 0;  // no secrecy: the key travels in clear
inline constexpr std::uint16_t policy_tiers = 0x000F;
inline constexpr std::uint16_t policy_toward = 0x8000;

using ContentKey = Secret<struct ContentKeyTag>;

struct Recipient {
    NodeId node;
    std::uint32_t epoch = 0;  // of its opening key
    OpenPublicKey key;
};

struct SealRequest {
    LogId log;
    Seq seq = 0;
    BatchId previous;  // zero exactly when seq is 0
    std::int64_t created_ms = 0;
    std::uint64_t directory_version = 0;
    Hash256 directory_hash;
    std::uint16_t policy_id = policy_open;
    std::vector<Recipient> recipients;  // in any order; ignored under policy_open
};

struct SealedBatch {
    Bytes header;               // piece 0
    std::vector<Bytes> pieces;  // [0] is piece 1
    BatchId id;
    std::uint32_t entries = 0;
    std::size_t sealed_bytes = 0;  // header and pieces
};

// One chunk before it is sealed. `frame` looks into its Packed.
struct PackedChunk {
    View frame;
    std::uint32_t plain_bytes = 0;  // of the entries with their lengths
    std::uint16_t entries = 0;
};
// Movable only: the chunks look into the frames.
struct Packed {
    Bytes frames;  // one after another
    std::vector<PackedChunk> chunks;

    Packed() = default;
    Packed(Packed&&) = default;
    Packed& operator=(Packed&&) = default;
};
// Packs entries into compressed chunks. `visit` is shown each entry with its position while the processor's
// cache holds its chunk, so that a caller who needs the plain entry does not fetch it again.
Packed pack(const EntryBlock& entries,
            const std::function<void(std::uint32_t position, View entry)>& visit = {});

// The number of leading chunks that make the next batch: all that fit, or an even share of all chunks when
// the remaining batch would be small. 0 only for no chunks.
std::size_t batch_prefix(std::span<const PackedChunk> chunks);

// Seals chunks as a batch. Requires at least one chunk, no more than batch_prefix() says, a legal request
// (parse_header's rules), and, but for policy_open, 1..limits::batch_stanzas_max distinct recipients with
// usable() keys.
SealedBatch seal(const SealRequest& request, std::span<const PackedChunk> chunks, const SigningKey& key);

struct ChunkRow {
    std::uint32_t bytes = 0;  // sealed
    std::uint16_t entries = 0;
    Hash256 hash;  // of the sealed bytes
};

struct Stanza {
    static constexpr std::size_t wrapped_bytes = 48;
    NodeId recipient;
    std::uint32_t epoch = 0;
    OpenPublicKey ephemeral;
    std::array<std::uint8_t, wrapped_bytes>
        wrapped{};  // CEK with its tag; in clear before zeros under policy_open
};

struct BatchHeader {
    // The place where a sealed chunk begins; the chunk may go on in the next piece. Pieces count from 1.
    struct Place {
        std::uint16_t piece = 0;
        std::uint32_t offset = 0;
    };

    std::uint16_t version = 0;
    LogId log;
    Seq seq = 0;
    BatchId previous;
    std::int64_t created_ms = 0;
    std::uint64_t directory_version = 0;
    Hash256 directory_hash;
    std::uint16_t policy_id = 0;
    std::uint32_t entries = 0;
    std::uint32_t plain_bytes = 0;  // of all entries with their lengths
    Hash256 commitment;
    std::uint32_t sealed_bytes = 0;  // of all chunks
    Hash256 ciphertext_root;
    std::vector<ChunkRow> chunks;
    std::vector<Stanza> stanzas;
    SignPublicKey signer;
    Signature signature;

    BatchId id;
    Bytes fixed;                             // the leading fields as they were signed
    std::vector<std::uint32_t> first_entry;  // position of each chunk's first entry
    std::vector<Place> places;               // of each chunk
    std::vector<std::uint32_t> piece_bytes;  // of piece 1, 2, ...

    // Requires position < entries.
    std::uint32_t chunk_of(std::uint32_t position) const;
    // The number of the batch's pieces, the header included.
    std::size_t pieces() const { return 1 + piece_bytes.size(); }
    // A sealed chunk from pieces of the right sizes, pieces[0] being piece 1: a view into one piece, or into
    // `room`, where its parts are put together.
    View sealed_chunk(std::uint32_t chunk, std::span<const View> pieces, Bytes& room) const;
    // The stanza of `node`; nullptr when it has none. Under policy_open, the one stanza for every node.
    const Stanza* stanza_for(const NodeId& node) const;
};

// A batch's place, time and audience, from a header that was verified when it came: the rest of the header is
// not read. Refuses not_a_batch, unsupported_suite, unsupported_envelope, truncated, bad_number.
struct HeaderGlance {
    LogId log;
    Seq seq = 0;
    std::int64_t created_ms = 0;
    std::uint16_t policy = 0;
};
Result<HeaderGlance> glance_header(View header);

// Checks structure and limits only. Refuses not_a_batch, unsupported_suite, unsupported_envelope, bad_header,
// truncated, trailing_bytes, too_large.
Result<BatchHeader> parse_header(View header);
// Parses a header that was verified when it came and whose hash, `id`, was kept with it: nothing is hashed
// again.
Result<BatchHeader> parse_known_header(View header, const BatchId& id);

// Verifies that one of `origin_keys`, the keys that the origin has had, made the header's signature; looks at
// no piece. The caller checks that this key was in force at this place of the log. Requires one key at least.
// Refuses as parse_header does, wrong_signer, bad_batch_signature.
Result<BatchHeader> verify_header(View header, std::span<const SignPublicKey> origin_keys);

inline Result<BatchHeader> verify_header(View header, const SignPublicKey& origin_key) {
    return verify_header(header, std::span(&origin_key, 1));
}

// Verifies a whole batch, pieces[0] being piece 1. Also refuses bad_pieces and chunk_damaged.
Result<BatchHeader> verify_batch(View header, std::span<const View> pieces,
                                 std::span<const SignPublicKey> origin_keys);
inline Result<BatchHeader> verify_batch(View header, std::span<const View> pieces,
                                        const SignPublicKey& origin_key) {
    return verify_batch(header, pieces, std::span(&origin_key, 1));
}

// The content key for `me`, checked against the commitment. `key` is the opening key of
// stanza_for(me)->epoch; policy_open needs none. Refuses not_a_recipient, opening_key_missing (none given),
// weak_key, stanza_not_opening, commitment_broken.
Result<ContentKey> unwrap(const BatchHeader& header, const NodeId& me, const OpeningKey* key);
// Unwraps with the key of the stanza's epoch.
Result<ContentKey> unwrap(const BatchHeader& header, const NodeId& me, const OpeningKeys& keys);

// The plaintext of one chunk: as many entries as its row says, each `u32 length | msgpack`. Requires chunk <
// chunks.size() and a header that was verified when it came. Refuses chunk_not_opening, bad_chunk_text.
Result<Bytes> open_chunk(const BatchHeader& header, std::uint32_t chunk, View sealed, const ContentKey& key);

// The entries of a chunk that open_chunk() gave, as views into it.
std::vector<View> split_entries(View chunk_plain);

// Opens every chunk, and only then shows the entries in order, each with its position. Chunks are
// decompressed one by one: a view lives until the visitor returns. Requires `pieces` that verify_batch
// accepted. Ends with the visitor's first refusal. Also refuses inner_hash_broken (version 1).
using EntryVisitor = std::function<Result<void>(std::uint32_t position, View entry)>;
Result<void> scan_batch(const BatchHeader& header, std::span<const View> pieces, const ContentKey& key,
                        const EntryVisitor& visit);

}  // namespace xinwang
