// The envelope, suite 1: a run of entries sealed together as a batch (WIRE.md section 4; RELIABILITY.md section
// 4).
//
//   entries ──seal──> SealedBatch ~~ wire, store ~~> verify_batch ──> unwrap ──> open_batch or open_chunk
//                     header | pieces                no key needed    CEK for me    plaintext
//
// Encrypt, commit, then sign. The content key (CEK) is fresh for every sealing and never derived: seal, store,
// sync, then send the stored bytes; never seal again what was sent. A carrier verifies everything but the
// plaintext without a key. A recipient opens nothing before it has recomputed the commitment, so that no two
// recipients can be given different contents by one batch. Whether the audience is what the directory's policy
// says is the caller's question.
//
// A batch travels and is stored as pieces: piece 0 is the header; piece i >= 1 is a run of whole sealed chunks,
// packed greedily into limits::piece_bytes_max: there is one packing and any other is refused. Pure but for the
// randomness that seal() draws. Any thread; contexts and buffers of compression are thread-local.
#pragma once

#include "protocol/keys.h"

namespace xinwang {

inline constexpr std::uint16_t suite_1 = 1;  // X25519, XChaCha20-Poly1305, BLAKE2b, Ed25519
inline constexpr std::uint16_t suite_2 = 2;  // SM2, SM3, SM4: reserved, refused

// Who is of the audience, as a rule that the directory gives meaning to: a bit for each tier of the origin's
// ancestors, or `policy_toward`, the one node that the log is addressed to. The origin always is.
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

// How many of the leading entries fit one batch, whatever their contents compress to. Never 0 unless there are
// none. Requires every entry's size in 1..limits::entry_bytes_max.
std::size_t batch_prefix(std::span<const Bytes> encoded_entries);

// Requires at least one entry, no more than batch_prefix() says, a legal request (parse_header's rules), and,
// but for policy_open, 1..limits::batch_stanzas_max distinct recipients with usable() keys.
SealedBatch seal(const SealRequest& request, std::span<const Bytes> encoded_entries, const SigningKey& key);

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
    // Where a sealed chunk lies. Pieces count from 1.
    struct Place {
        std::uint16_t piece = 0;
        std::uint32_t offset = 0;
    };

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
    // Of the header and the chunks: how many pieces the batch has.
    std::size_t pieces() const { return 1 + piece_bytes.size(); }
    // nullptr when `node` has none. Under policy_open, the one stanza, whoever asks.
    const Stanza* stanza_for(const NodeId& node) const;
};

// Structure and limits only. Refuses not_a_batch, unsupported_suite, unsupported_envelope, bad_header,
// truncated, trailing_bytes, too_large.
Result<BatchHeader> parse_header(View header);

// The signature and that `origin_key` made it; nothing of the pieces. Refuses what parse_header does,
// wrong_signer, bad_batch_signature.
Result<BatchHeader> verify_header(View header, const SignPublicKey& origin_key);

// A whole batch, pieces[0] being piece 1. Also refuses bad_pieces and chunk_damaged.
Result<BatchHeader> verify_batch(View header, std::span<const View> pieces, const SignPublicKey& origin_key);

// The content key for `me`, checked against the commitment. `key` is the one of stanza_for(me)->epoch; under
// policy_open none is needed. Refuses not_a_recipient, opening_key_missing (none given), weak_key,
// stanza_not_opening, commitment_broken.
Result<ContentKey> unwrap(const BatchHeader& header, const NodeId& me, const OpeningKey* key);

// The plaintext of one chunk: as many entries as its row says, each `u32 length | msgpack`. Requires chunk <
// chunks.size() and a header that was verified when it came. Refuses chunk_not_opening, bad_chunk_text.
Result<Bytes> open_chunk(const BatchHeader& header, std::uint32_t chunk, View sealed, const ContentKey& key);

// The entries of a chunk that open_chunk() gave, looking into it.
std::vector<View> split_entries(View chunk_plain);

// All entries of a batch, in order. Movable only: the entries look into the plaintext.
struct OpenedBatch {
    Bytes plain;
    std::vector<View> entries;

    OpenedBatch() = default;
    OpenedBatch(OpenedBatch&&) = default;
    OpenedBatch& operator=(OpenedBatch&&) = default;
};

// Opens every chunk and checks the inner hash. `pieces` as verify_batch accepted them. Also refuses
// inner_hash_broken.
Result<OpenedBatch> open_batch(const BatchHeader& header, std::span<const View> pieces, const ContentKey& key);

}  // namespace xinwang
